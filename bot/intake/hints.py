"""What a resident's words say beside the problem itself: contact, time, anonymity, yes and no. Pure."""

import re
from dataclasses import dataclass

from language import pii
from language.fold import fold

_ANONYMOUS = re.compile(
    r"匿名|不(?:要|能|想)?(?:透露|暴露|公开)(?:我|俺|身份|姓名)|(?:别|不要|千万别|不想|不能|甭)[^，。,]{0,6}(?:知道是|说是|让人知道|让他们知道|让.{0,4}知道)"
    r"|别说(?:是)?(?:我|俺)|(?:不|别)(?:署|留)名|不想(?:说|留)(?:名|姓)"
    r"|anonym|(?:don'?t|do not|without)\b.{0,20}\b(?:name|tell|identity|who)",
    re.I,
)
_CONFIDENTIAL = re.compile(r"保密|举报|confidential|whistle", re.I)
_NO_CONTACT = re.compile(
    r"(?:不|别|没法|不想|不方便|不愿)(?:给|留|说|填)(?:我|俺)?(?:的)?(?:电话|号码?|手机|联系方式)|(?:没|没有|木有)(?:电话|手机|号)"
    r"|要啥电话|电话.{0,4}(?:就)?(?:不留|不用|算了|免了)|不留了?$|no phone|(?:don'?t|rather not|not).{0,20}(?:phone|number)",
    re.I,
)
_TIME = re.compile(
    r"(?:从|打|自从)?(?:今天|今儿个?|今早|今晚|昨天|昨儿个?|昨晚|昨夜|夜儿个?|前天|前儿个?|大前天|刚才|刚刚|将将|这会儿|现在|眼下|"
    r"上(?:个)?(?:礼拜|星期|周|月)[一二三四五六日天]?|这(?:个)?(?:礼拜|星期|周|月|几天|两天|阵子)|每天|天天|见天|每晚|国庆|过年|春节|麦收|"
    r"\d{1,2}月\d{1,2}[日号]|\d{1,2}月(?:份)?|去年|今年)"
    r"(?:凌晨|清早|早上|早晨|早起|上午|中午|晌午|下午|后晌|傍晚|傍黑|挨黑|晚上|黑喽|黑老|夜里|半夜)?"
    r"(?:大概|大约)?(?:[一二两三四五六七八九十\d]{1,3}点(?:半|多|钟)?)?(?:左右)?"
    r"|(?:都|有|快|已经|得有|大概|差不多)?(?:[一二两三四五六七八九十半几好多俩仨\d]{1,3})(?:来)?(?:个)?(?:多)?"
    r"(?:天|礼拜|星期|周|月|年|小时|钟头|分钟)(?:多)?(?:了|前)?"
    r"|(?:凌晨|清早|早上|上午|中午|下午|傍晚|晚上|黑喽|夜里|半夜)(?:[一二两三四五六七八九十\d]{1,3}点(?:半|多|钟)?)?"
    r"|\b(?:since|for|about|after|every|this|last)\s+(?:the\s+)?(?:past\s+)?(?:\w+\s+){0,2}(?:day|night|week|month|year|hour|morning|evening|afternoon)s?\b"
    r"|\b(?:yesterday|today|tonight|right now|just now|a (?:week|month|few days))\b",
    re.I,
)
_CANCEL = re.compile(
    r"算了|不报了|别报了|不用(?:登记|报|管|来|了)|不要(?:登记|报)|取消|作罢|别弄了|不弄了|甭报|不登记|(?:^|[，,。\s])撤了?吧?$"
    r"|never ?mind|cancel|forget (?:it|about)|don'?t (?:file|report|send|submit)|no need",
    re.I,
)
_YES = re.compile(
    r"^(?:对+(?:的|对|嘞|啊|呀)*|是(?:的|嘞|啊|呀)?|嗯+|恩+|中+(?:啊|嘞|呗)?|行+(?:吧|啊|呗)?|好+(?:的|嘞|吧|啊|呀)?|可以(?:的|了)?|没错|没问题|"
    r"确认(?:提交|无误)?|确定|提交(?:吧|了)?|报(?:吧|上吧|上去吧)|就(?:这样|这么)(?:吧|报吧|报)?|同意|得劲|妥|沾|"
    r"yes+|yeah|yep|y|ok(?:ay)?|sure|correct|right|confirm(?:ed)?|submit(?: it)?|go ahead|please do|👌|👍|✅)"
    r"(?=$|[\s，,。.!！~～、…]|(?:就|没|提交|确认|报|登记|对|是|中|行|好|的|吧|了|please|thanks|that))",
    re.I,
)
_NO = re.compile(
    r"^(?:不(?:对|是|中|行|要|用|可以|同意|好|沾)?|没有?|别|错了?|否|no+|nope|n|wrong|not right|not quite|👎)(?=$|[\s，,。.!！~、]|(?:的|了|啊|吧|呀|嘞|这|that))",
    re.I,
)
_NONE_OF_THESE = re.compile(r"都不(?:是|对)|没有?一个|哪个都不|不在里[头面]|none|neither|something else", re.I)
_LAST = re.compile(r"最后|末了|下面那|the last", re.I)
_ORDINALS = {
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "first": 1,
    "second": 2,
    "third": 3,
    "头": 1,
    "上面": 1,
}
_ORDINAL = re.compile(
    r"第\s*([一二三四五1-5])|选\s*([一二三四五1-5])|^\s*([1-5一二三四五])\s*(?:号|个|吧|。)?\s*$|(头)一?个|(上面)那|\b(first|second|third)\b",
    re.I,
)
_UNKNOWN = re.compile(
    r"^(?:说不清|说不上来|不知道|不清楚|不晓得|没(?:有)?地(?:方|址)|没有具体|不好说|i (?:don'?t|do not) know|not sure|no idea)",
    re.I,
)

_LANGUAGE = re.compile(
    r"(?:(?:能不能|可以|请|麻烦)*(?:说|用|讲|换成?|切换?成?|改成?)(?:(?P<zh>中文|汉语|普通话)|(?P<en>英文|英语))(?:行不|中不|好吗|吗|吧)?"
    r"|(?:(?:can|could) (?:you|we)|please|pls|i'?d like to|switch|change)*\W*(?:speak|use|talk|write|answer)?\W*(?:to|in)?\W*"
    r"(?:(?P<en2>english)|(?P<zh2>chinese))(?:\W*please)?)[\s?？。.!！]*$",
    re.I,
)


@dataclass(frozen=True)
class Facts:
    """What stands in a message beside the problem. None or False: nothing said."""

    phone: str | None = None
    name: str | None = None
    occurred: str | None = None
    anonymous: bool = False
    confidential: bool = False
    no_contact: bool = False

    @property
    def any(self) -> bool:
        return bool(self.phone or self.name or self.occurred or self.anonymous or self.confidential or self.no_contact)


def read_facts(text: str) -> Facts:
    found = pii.find(text)
    phone = next((item.text for item in found if item.kind == "phone"), None)
    name = next((item.text for item in found if item.kind == "name"), None)
    moment = _TIME.search(text)
    anonymous = bool(_ANONYMOUS.search(text))
    return Facts(
        phone=phone,
        name=name,
        occurred=moment.group().strip() if moment else None,
        anonymous=anonymous,
        confidential=anonymous or bool(_CONFIDENTIAL.search(text)),
        no_contact=bool(_NO_CONTACT.search(text)),
    )


def says_yes(text: str) -> bool:
    return bool(_YES.match(text.strip())) and not _CANCEL.search(text)


def says_no(text: str) -> bool:
    return bool(_NO.match(text.strip()))


def calls_it_off(text: str) -> bool:
    """Whether the request is to be dropped ("算了不报了"); a long text is about something else."""
    return len(text) <= 40 and bool(_CANCEL.search(text))


def says_none_of_these(text: str) -> bool:
    return bool(_NONE_OF_THESE.search(text))


def asks_language(text: str) -> str | None:
    """The language that a short message asks for: zh or en."""
    found = _LANGUAGE.match(text.strip())
    return next((name[:2] for name, words in found.groupdict().items() if words), None) if found else None


def says_unknown(text: str) -> bool:
    return bool(_UNKNOWN.match(text.strip()))


def ordinal(text: str, count: int) -> int | None:
    """Which of `count` things is meant, from 0 ("第二个" → 1); None where no number is said or it is too high."""
    if len(text) > 20 or count < 1:
        return None
    if _LAST.search(text):
        return count - 1
    found = _ORDINAL.search(text)
    if not found:
        return None
    word = next(group for group in found.groups() if group).lower()
    number = _ORDINALS.get(word) or (int(word) if word.isdigit() else 0)
    return number - 1 if 1 <= number <= count else None


_VENTED_AT = re.compile(
    r"你们|恁们|恁|您们|城管|管不管|有没有人管|没人管|干啥吃|吃干饭|白拿工资|\byou (?:guys|people|lot)\b"
)
_LONGEST_VENT = 22  # characters; longer words of anger name something
_ONLY_ASKING = re.compile(
    r"^(?:我|俺)?(?:就是|只是|就|光|只|随便|先)(?:想)?(?:问问|问一下|问下|了解一下|了解下|咨询一下|咨询下|咨询)(?:而已|罢了|一下|下|的|吧|啊|嘞|哩)*$"
    r"|^(?:just|only) (?:asking|a question|curious)$"
)


def only_vents(text: str) -> bool:
    """No word at all (a face, marks), or a short outburst at the office that names no matter."""
    folded = fold(text).text.strip()
    return not re.search(r"\w", folded) or (len(folded) <= _LONGEST_VENT and _VENTED_AT.search(folded) is not None)


def only_asks(text: str) -> bool:
    """The resident wants to know, not to report ("只是问问")."""
    return _ONLY_ASKING.match(fold(text).text.strip(" ,。.!?~")) is not None
