"""Find and mask personal data in a message: phone, id_card, plate, bank, wechat, name.

Every finder is linear in the length of the text. Recall comes first: a masked number too many costs nothing,
a phone number in a log does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from language.fold import fold
from language.names import find_english_names, find_names

Span = tuple[int, int]


@dataclass(frozen=True)
class Pii:
    """One piece of personal data; offsets count code points in the text as received."""

    text: str
    kind: str
    start: int
    end: int


_GAP = r"[ \t\-_.·]"
_SPOKEN_DIGIT = "0-9〇零一幺二两三四五六七八九"
_DIGIT_VALUES = str.maketrans("〇零一幺二两三四五六七八九", "0011223456789")
_DIGIT_RUN = re.compile(rf"(?<![0-9a-z_])(?:\+?86{_GAP}?)?[0-9](?:{_GAP}{{0,2}}[0-9]){{6,22}}x?(?![0-9a-z_])")
_SPOKEN_RUN = re.compile(rf"[{_SPOKEN_DIGIT}](?:[ ,、\-]?[{_SPOKEN_DIGIT}]){{10}}(?![{_SPOKEN_DIGIT}])")
_MOBILE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(
    rf"(?<![0-9])(?:0\d{{2,3}}{_GAP}{{0,2}}|\(0\d{{2,3}}\) ?)[2-8]\d{{6,7}}(?:(?:转|-)\d{{1,5}})?(?![0-9])"
)
_LOCAL_PHONE = re.compile(r"(?:电话|座机|号码|打|tel|phone)[^0-9\n]{0,6}([2-8]\d{6,7})(?![0-9])")
_ID_CARD = re.compile(r"[1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx]")
_OLD_ID_CARD = re.compile(r"[1-8]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_ID_CUE = re.compile(r"身份证|证件号|id ?card|id ?number")
_BANK_CUE = re.compile(r"卡号|银行|账号|帐号|储蓄|信用卡|社保卡|她卡|他卡|我卡|bank|card|account")
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = re.compile(
    rf"[{_PROVINCES}] ?[a-z][ ·.\-]{{0,2}}[0-9a-z](?:[ ·\-]?[0-9a-z]){{3,4}}(?:[ ·\-]?[0-9a-z学警港澳挂])?(?![0-9a-z])"
)
_WECHAT = re.compile(
    r"(?:微信号?码?|威信|薇信|加v信?|v信|vx|wx号?|wechat(?: id)?|weixin)"
    r"(?:号|账号|是|叫|同号|:|=|加我|加|搜|is|me|at|\s|,|\"|“|'){0,4}([a-z][a-z0-9_\-]{4,19}|[1-9]\d{4,9}(?![0-9]))"
)
_BARE_WECHAT = re.compile(r"(?<![a-z0-9_])(?:wx|wxid|vx)[_\-][a-z0-9_\-]{3,19}")


def is_valid_id_card(number: str) -> bool:
    """Whether the check character of an 18-character identity number (GB 11643) is right."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    if len(number) != 18 or not number[:17].isdigit():
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10x98765432"[total % 11] == number[17].lower()


def passes_luhn(number: str) -> bool:
    """Whether a string of digits passes the Luhn check of bank cards."""
    total = 0
    for index, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return bool(number) and total % 10 == 0


def _digit_kind(digits: str, before: str) -> str | None:
    """What a run of digits is, given the words before it; None where it is no personal data."""
    if _MOBILE.fullmatch(digits):
        return "phone"
    if _ID_CARD.fullmatch(digits):
        return "id_card"
    if _ID_CUE.search(before) and (_OLD_ID_CARD.fullmatch(digits) or 15 <= len(digits) <= 18):
        return "id_card"
    bare = digits.rstrip("x")
    if 15 <= len(bare) <= 19 and (bare.startswith(("62", "60", "4", "5", "35", "37")) or _BANK_CUE.search(before)):
        return "bank"
    if 12 <= len(bare) <= 23 and _BANK_CUE.search(before):
        return "bank"
    if re.fullmatch(r"400\d{7}|800\d{7}|95\d{3,6}", digits):
        return None
    return None


def _digit_runs(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _DIGIT_RUN.finditer(text):
        digits = re.sub(r"[^0-9x]", "", match.group())
        before = text[max(0, match.start() - 12) : match.start()]
        kind = _digit_kind(digits, before)
        if kind:
            yield kind, match.start(), match.end()
            continue
        yield from _mobiles_inside(match)


def _mobiles_inside(match: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """Mobile numbers written one after another, separated by a space or dash only."""
    for inner in re.finditer(r"(?<!\d)1[3-9]\d(?:[ \-]?\d){8}(?!\d)", match.group()):
        yield "phone", match.start() + inner.start(), match.start() + inner.end()


def _spoken_mobiles(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _SPOKEN_RUN.finditer(text):
        digits = re.sub(r"\D", "", match.group().translate(_DIGIT_VALUES))
        if _MOBILE.fullmatch(digits) and not match.group().isascii():
            yield "phone", match.start(), match.end()


def _landlines(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _LANDLINE.finditer(text):
        yield "phone", match.start(), match.end()
    for match in _LOCAL_PHONE.finditer(text):
        yield "phone", match.start(1), match.end(1)


def _plates(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _PLATE.finditer(text):
        if sum(character.isdigit() for character in match.group()) >= 2:
            yield "plate", match.start(), match.end()


def _wechats(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _WECHAT.finditer(text):
        yield "wechat", match.start(1), match.end(1)
    for match in _BARE_WECHAT.finditer(text):
        yield "wechat", match.start(), match.end()


def _names(text: str) -> Iterator[tuple[str, int, int]]:
    for start, end in find_names(text):
        yield "name", start, end


_FINDERS: tuple[Callable[[str], Iterator[tuple[str, int, int]]], ...] = (
    _digit_runs,
    _spoken_mobiles,
    _landlines,
    _plates,
    _wechats,
    _names,
)


def find(text: str) -> list[Pii]:
    """Find personal data in the text as received; no two findings overlap, in order of their start.

    Where two kinds claim the same characters the earlier finder wins (numbers before names). An identity number
    counts by its form; `is_valid_id_card` tells whether its check character is right.
    """
    folded = fold(text)
    taken: list[Span] = []
    found: list[Pii] = []
    spans = [(kind, *folded.span(start, end)) for finder in _FINDERS for kind, start, end in finder(folded.text)]
    spans += [("name", start, end) for start, end in find_english_names(text)]
    for kind, start, end in spans:
        if all(end <= left or right <= start for left, right in taken):
            taken.append((start, end))
            found.append(Pii(text[start:end], kind, start, end))
    return sorted(found, key=lambda item: item.start)


def _mask_one(item: Pii) -> str:
    value = item.text
    if item.kind == "name":
        return value.split()[0][:1] + "*" * max(1, min(2, len(value) - 1))
    if item.kind == "plate":
        return value[:2] + "***" + value[-1:]
    keep = {"phone": (3, 4), "id_card": (3, 2), "bank": (4, 4), "wechat": (2, 0)}[item.kind]
    bare = re.sub(r"[\s\-()·.]", "", value)
    if len(bare) <= sum(keep) + 2:
        keep = (1, 1)
    return bare[: keep[0]] + "****" + (bare[-keep[1] :] if keep[1] else "")


def mask(text: str) -> str:
    """Return the text with every piece of personal data shortened beyond recognition but still readable.

    13800000000 becomes 138****0000, a name keeps its first character. The length may change.
    """
    parts: list[str] = []
    position = 0
    for item in find(text):
        parts += [text[position : item.start], _mask_one(item)]
        position = item.end
    parts.append(text[position:])
    return "".join(parts)
