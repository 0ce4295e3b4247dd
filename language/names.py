"""Personal names in a message, found by the words around them.

A name is a surname and one or two characters after a cue ("我叫", "联系人", "业主"), or before a phone number.
Titles alone ("王大爷", "老李头") do not identify a person and are left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from language.surnames import COMPOUND_SURNAMES, GIVEN, SURNAMES
from language.wordlist import words

# Characters that hardly occur in given names; a name ends before them.
_NO_NAME = frozenset(
    "的了在有是就不也都还很把被给和跟与及或但而我你他她它俺恁您咱们这那哪谁啥什么怎咋吗呢吧啊呀哦嘞嗯个位只说讲问叫打电话手机号码住家里外上下前后左右门路街村楼层"
    "单元室栋户座弄拿找没无人签收发回复请帮能可会要想去来到从对向往于为因所以已经又再才刚正岁年月日时点分钟多少几一二两三四五六七八九十百千万0123456789"
    "先女男您老板娘师傅主任书记队长局领导同志同学邻居业主房东租客摊贩店铺厂司机车身证卡微信地址联系投诉举报反映咨询"
)
# Of these, the characters that do occur as given names where a cue is strong.
_STILL_NAMES = frozenset(
    "有万千百年月日时正向为于对可能家里门路街村楼上前多少七八九十一二三四五六车师书长同学业主地收发回娘女男请复会"
)
_CUE = re.compile(
    r"(?:(?:我|俺|本人|他|她|老板|包工头|房主|房东|业主|户主|邻居|店主|司机|娃|孩子|闺女|儿子|爹|爸|妈"
    r"|娘|奶奶?|爷爷?|媳妇|老公|负责人|经理|主任|人|像|好像|就|名字|姓名|小名)"
    r"(?:的?(?:名字|姓名))?(?:就|好像)?(?:叫做|叫|名叫|是叫)(?:什么|个)?"
    r"|(?:姓名|名字|真名|大名)(?:可以|能)?(?:就留|留|写|是|为|叫|好像叫|:)*"
    r"|(?:联系人|投诉人|举报人|反映人|申请人|报修人|来电人|当事人|牵头人|负责人|户主|业主|房主|房东"
    r"|车主|法人|班主任|承包人|承包户|店主|老板|户名|持卡人|包工头|群主|经办人|受害人|署名|落款|签名)"
    r"(?:姓名|名字)?(?:就?是|为|叫|留|写|:)*"
    r"|(?:我|俺|本人|这边)(?:就?是)"
    r"|同车间|同村|同事|老乡|工友)"
    r"[\s:,\"“(的]{0,2}"
)
_FROM_SHOP = re.compile(r"(?:联系人|投诉人|负责人|牵头人|老板|反映人)(?:是|叫|:)?[\u4e00-\u9fff]{1,8}的")
_HOUSEHOLD = re.compile(r"(?:\d{3,4}室?|[一二三四五六七八九十]楼|楼上|楼下|对门|隔壁|邻居)的?")
_BEFORE_CONTACT = re.compile(
    r"([\u4e00-\u9fff]{2,4})[\s,。;:、(]*(?:(?:的?(?:联系)?(?:电话|手机号?码?|方式)|号码|tel|phone)[是为]?)?[\s:,]*$"
)
_CONTACT = re.compile(r"1[3-9]\d{9}|\d{17}[\dx]")
_RANKED = re.compile(r"老[大一二三四五六七八九幺]")
_CAPITALISED = r"((?:(?:Mr|Mrs|Ms|Miss|Dr)\.? )?[A-Z][a-z'\-]+(?: [A-Z][a-z'\-]+){1,2})"
_ENGLISH = (
    re.compile(
        rf"(?:[Mm]y name(?:'s| is)|[Nn]ame(?: is|:)|[Cc]ontact(?: person)?:?|[Aa]sk for|[Rr]egards,?"
        rf"|[Ss]igned,?|I am|I'm|[Tt]his is)\s+{_CAPITALISED}"
    ),
    re.compile(rf"\d{{7}},?\s+(?:\(|ask for |for )?{_CAPITALISED}"),
    re.compile(rf"{_CAPITALISED},?\s*(?:[Tt]el|[Pp]hone|[Mm]obile)?[:,]?\s*(?=1[3-9]\d{{9}})"),
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
    if strong and _RANKED.match(text, start + 1):
        return start, start + 3
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
    yield from _plain_names(text)


_WEAK_LEFT = re.compile(
    r"(?:^|[\s,。;:!?、()\"“”'…—\-]|人|主|师傅|老师|同学|书记|主任|队长|村长|支书|经理|保安|司机|邻居"
    r"|对门|隔壁|楼上|楼下|大哥|大姐|大爷|大娘|叔|婶|姑娘|媳妇|儿子|闺女|村民|居民|女士|先生|那个|这个"
    r"|有个|就是|是|叫|姓|找|给|跟|让|被|问|向|的|俺村|我村|庄的|工号\d+)$"
)
_WEAK_RIGHT = re.compile(
    r"^(?:$|[\s,。;:!?、()\"“”'…—\-]|家|的|说|他|她|俺|我|反映|投诉|举报|来|在|住|把|天天|这|那|两口子|老师"
    r"|师傅|先生|女士|同志|队长|主任|书记|医生|大夫|\d)"
)


def _plain_names(text: str) -> Iterator[tuple[int, int]]:
    """Three characters that look like a name throughout, with an edge on either side."""
    for index in range(len(text) - 2):
        if text[index] not in SURNAMES or text[index + 1] not in GIVEN or text[index + 2] not in GIVEN:
            continue
        if text[index : index + 3] in _NOT_NAMES or text[index : index + 2] in _NOT_NAMES:
            continue
        if _WEAK_LEFT.search(text[max(0, index - 4) : index]) and _WEAK_RIGHT.match(text[index + 3 : index + 6]):
            yield index, index + 3


_NOT_NAMES = words(
    "金水 高山 马上 白杨 黄河 江河 江南 海河 石家 龙湖 龙泉 万达 万科 安全 安康 平安 高新 华山 方正 方圆 "
    "水平 成功 成立 成长 成年 年年 时光 曲阳 温泉 温水 洪水 江水 苗木 石子 石山 金山 黄金 黄土 "
    "白天 白水 花园 花木 雷雨 全会 武林 高远 高达 高大 强大 康乐 莫大 于是 车水 车门 路通 路亮 路平 "
    "齐全 金花 银花 柳树 杨树 松树 柏树 党员 高中 文明 文化 党中 万水 解放 解决 管通 管道 包子 单子 "
    "井水 连连 常常 时时 方方 车辆 毛毛 金桂 桂花 桂林 梅花 兰花 荣华 华泰 景明 青山 青海 葛根 柳林 "
    "林木 水库 江湖 池水 汪洋 海洋 鲁山 安阳 洛阳 沈阳 信阳 南阳 东湖 西湖 黄山 泰山 华中 华东 华南 "
    "华北 高铁 宁波 祝福 祝你 幸福 和平 和谐 向前 向西 向东 向南 向北 管理 路南 路北 路东 路西 路中 "
    "路灯 易发 雷锋 关心 关门 盛夏 寿康 方山 金星 金光 阳光 曾经 阳春 年来"
)


def find_english_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield spans of English names in a text as received: capitals matter."""
    for pattern in _ENGLISH:
        for match in pattern.finditer(text):
            yield match.start(1), match.end(1)


def _names_before_contact(text: str) -> Iterator[tuple[int, int]]:
    """Names right before a phone or identity number."""
    for match in _CONTACT.finditer(text):
        base = max(0, match.start() - 14)
        head = _BEFORE_CONTACT.search(text[base : match.start()])
        if not head:
            continue
        end = base + head.end(1)
        for size in (3, 2, 4):
            start = end - size
            span = _name_at(text, start, False) if start >= base + head.start(1) else None
            if span and span[1] == end:
                yield span
                break
