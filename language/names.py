"""Personal names in a message, found by the words around them.

A name is a surname and one or two characters after a cue ("我叫", "联系人", "业主"), or before a phone number.
Titles alone ("王大爷", "老李头") do not identify a person and are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from language.surnames import COMPOUND_SURNAMES, SURNAMES

# Characters that hardly occur in given names; a name ends before them.
_NO_NAME = frozenset(
    "的了在有是就不也都还很把被给和跟与及或但而我你他她它俺恁您咱们这那哪谁啥什么怎咋吗呢吧啊呀哦嘞嗯个位只说讲问叫打电话手机号码住家里外上下前后左右门路街村楼层"
    "单元室栋户座弄拿找没无人签收发回复请帮能可会要想去来到从对向往于为因所以已经又再才刚正岁年月日时点分钟多少几一二两三四五六七八九十百千万0123456789"
    "先女男您老板娘师傅主任书记队长局领导同志同学邻居业主房东租客摊贩店铺厂司机车身证卡微信地址联系投诉举报反映咨询"
)
# Of these, the characters that do occur as given names where a cue is strong.
_STILL_NAMES = frozenset("万千百年月日时正向为于对可能家里门路街村楼上前多少七八九十一二三四五六车师书长同学业主地收发回娘女男请复会")
_CUE = re.compile(
    r"(?:(?:我|俺|本人|他|她|老板|包工头|房主|房东|业主|户主|邻居|店主|司机|娃|孩子|闺女|儿子|爹|爸|妈|娘|奶奶?|爷爷?|媳妇|老公|负责人|经理|主任|人|像|好像|就|名字|姓名|小名)"
    r"(?:的?(?:名字|姓名))?(?:就|好像)?(?:叫做|叫|名叫|是叫)(?:什么|个)?"
    r"|(?:姓名|名字|真名|大名)(?:可以留|就留|留|写|是|为|叫|好像叫|:)*"
    r"|(?:联系人|投诉人|举报人|反映人|申请人|报修人|来电人|当事人|牵头人|负责人|户主|业主|房主|房东|车主|法人|班主任|承包人|承包户|店主|老板|户名|持卡人|包工头|群主|经办人|受害人|署名|落款|签名)"
    r"(?:姓名|名字)?(?:就?是|为|叫|留|写|:)*"
    r"|(?:我|俺|本人|这边)(?:就?是)"
    r"|同车间|同村|同事|老乡|工友)"
    r"[\s:,\"“(的]{0,2}"
)
_FROM_SHOP = re.compile(r"(?:联系人|投诉人|负责人|牵头人|老板|反映人)(?:是|叫|:)?[\u4e00-\u9fff]{1,8}的")
_BEFORE_CONTACT = re.compile(r"[\s,。;:、(]*(?:的?(?:电话|手机号?码?|联系电话|联系方式|号码|微信号?|身份证号?码?|tel|phone)[是为:]?)?[\s:,是]*(?=1[3-9]\d|\d{17})")
_HOUSEHOLD = re.compile(r"(?:\d{3,4}室?|[一二三四五六七八九十]楼|楼上|楼下|对门|隔壁|邻居)的?")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(
    r"(?:my name is|my name's|i am|i'm|this is|name:|contact:?|contact person:?|ask for|call me|regards,?|signed,?|\d{7},)\s*"
    r"((?:mr|mrs|ms|miss|dr)\.?\s+)?([a-z][a-z'\-]+(?:\s+[a-z][a-z'\-]+){1,2})"
)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _given(text: str, start: int, strong: bool) -> int:
    """Number of given-name characters from start on: 0, 1 or 2."""
    count = 0
    for index in range(start, min(start + 2, len(text))):
        character = text[index]
        if not _is_han(character):
            break
        if character in _NO_NAME and not (strong and character in _STILL_NAMES):
            break
        count += 1
    return count


def _name_at(text: str, start: int, strong: bool) -> tuple[int, int] | None:
    """The name that begins at start, or None."""
    if text[start : start + 2] in COMPOUND_SURNAMES:
        count = _given(text, start + 2, strong)
        return (start, start + 2 + count) if count else None
    if start >= len(text) or text[start] not in SURNAMES:
        return None
    count = _given(text, start + 1, strong)
    if count == 0:
        return None
    return start, start + 1 + count


def find_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield spans of personal names in a folded text."""
    for pattern in (_CUE, _FROM_SHOP, _HOUSEHOLD):
        for match in pattern.finditer(text):
            span = _name_at(text, match.end(), pattern is not _HOUSEHOLD)
            if span and (pattern is not _HOUSEHOLD or text[span[1] : span[1] + 1] in {"家", ","}):
                yield span
    yield from _names_before_contact(text)


def _names_before_contact(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"1[3-9]\d{9}|\d{17}[\dx]", text):
        window = text[max(0, match.start() - 14) : match.start()]
        head = re.search(r"([\u4e00-\u9fff]{2,4})[\s,。;:、(]*(?:(?:的?(?:联系)?(?:电话|手机号?码?|方式)|号码|tel|phone)[是为]?)?[\s:,]*$", window)
        if not head:
            continue
        base = match.start() - len(window)
        for size in (3, 2, 4):
            start = base + head.end(1) - size
            span = _name_at(text, start, False) if start >= base + head.start(1) else None
            if span and span[1] == base + head.end(1):
                yield span
                break
