"""Corrections in words: "不是东门，是西门", "说错了，是将军路口不是富华路", "not the east gate but the west gate". Pure."""

import re
from dataclasses import dataclass

# Runs of spaces are taken whole ("++"): giving them back one by one took minutes over a text of nothing else.
_STOP = r"[^，,。.;；!！?？\n]"
_PATTERNS = (
    re.compile(rf"不是(?P<wrong>{_STOP}{{1,20}}?)[，,、\s]*(?:而)?是(?P<right>{_STOP}{{1,60}})"),
    re.compile(
        rf"(?:应该是|应该?|改成|改为|换成|更正为|(?:^|[，,。\s错])是)(?P<right>{_STOP}{{1,40}}?)[，,、\s]*不是(?P<wrong>{_STOP}{{1,20}})"
    ),
    re.compile(
        rf"(?!(?:写|说|打|搞|弄)错了)(?P<wrong>{_STOP}{{1,20}}?)(?:写|说|打|搞|弄)?错了[，,。、\s]*(?:应该|其实)?是?(?P<right>{_STOP}{{1,40}})"
    ),
    re.compile(
        rf"(?:说错|写错|打错|搞错|弄错|错|更正|纠正)(?:一下)?(?:了|啦)?[，,。、:：\s]*(?:应该|其实)?是(?P<right>{_STOP}{{1,40}})"
    ),
    re.compile(rf"(?:应该是|改成|改为|换成|更正为)(?P<right>{_STOP}{{1,40}})"),
    re.compile(
        rf"\bnot\s++(?:at\s++|the\s++)?(?P<wrong>{_STOP}{{1,40}}?)[,\s]++(?:but|it'?s|it is)\s++(?P<right>{_STOP}{{1,60}})",
        re.I,
    ),
    re.compile(
        rf"\b(?:it'?s|it is|i mean|should be)\s++(?P<right>{_STOP}{{1,60}}?)[,\s]++not\s++(?:the\s++)?(?P<wrong>{_STOP}{{1,40}})",
        re.I,
    ),
    re.compile(rf"\b(?:i mean|i meant|should be|change (?:it|that) to|make that)\s++(?P<right>{_STOP}{{1,60}})", re.I),
)
_FILLER = re.compile(r"^(?:那个|这个|在|的|我|俺|他|她|它|这|那|就)+|(?:吧|啊|呀|嘞|哦|哈|了)+$")
_REPAIR = re.compile(r"不是|不对|错了|应该是|no wait|i mean|sorry", re.I)


@dataclass(frozen=True)
class Correction:
    """`wrong` is None where only the right thing is said. `start` is where `right` begins in the text."""

    wrong: str | None
    right: str
    start: int


def find_correction(text: str) -> Correction | None:
    """The correction that a message makes, None where it makes none."""
    for pattern in _PATTERNS:
        found = pattern.search(text)
        if not found:
            continue
        wrong = found.groupdict().get("wrong")
        wrong = _FILLER.sub("", wrong.strip()) if wrong else None
        right = _FILLER.sub("", found.group("right").strip())
        if right and wrong != right:
            return Correction(wrong or None, right, found.start("right"))
    return None


def repairs_between(text: str, start: int, end: int) -> bool:
    """Whether the speaker takes back what stands before, between two offsets ("长平路……哎不是，建设路")."""
    return bool(_REPAIR.search(text, start, end))


def swap(address: str, wrong: str, right: str) -> str | None:
    """`address` with the wrong part replaced; None where the wrong part does not stand in it.

    "富华路口东" with 富华路 → 将军路口 gives "将军路口东": what the right part already ends with is not repeated.
    """
    if wrong not in address:
        return None
    before, after = address.split(wrong, 1)
    for length in range(min(3, len(right), len(after)), 0, -1):
        if after.startswith(right[-length:]):
            after = after[length:]
            break
    return before + right + after
