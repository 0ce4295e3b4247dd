"""Which number helps with which danger, the first to dial first."""

from __future__ import annotations

import re

_BASE: dict[str, tuple[str, ...]] = {
    "fire": ("119",),
    "gas": ("119",),
    "electric": ("95598",),
    "manhole": ("110", "122"),
    "collapse": ("110", "122"),
    "water": ("119", "110"),
    "tree": ("119",),
    "injury": ("120",),
    "crash": ("122", "120"),
    "crime": ("110",),
    "selfharm": ("110", "12356"),
    "child": ("110",),
    "falling": ("110",),
}
# Local lines by their key in the city's hotlines, named before the national numbers where the city has set them.
_LOCAL: dict[str, tuple[str, ...]] = {"gas": ("gas_repair",), "electric": ("power_station",)}

_HURT = re.compile(
    r"伤|血|昏|晕|叫不醒|没反应|没呼吸|起不来|不动|骨折|断了腿|中毒|电[着到倒死晕]|触电|栽|摔断|砸[着到住中]人|头晕|恶心|吐|救护|喝了?药|农药|割腕"
    r"|hurt|injur|bleed|unconscious|shock|dizzy|faint|breath|pills|electrocuted"
)
_TRAPPED = re.compile(
    r"困|压[住在着]|卡[住在]|出不来|埋|掉[进到下]|里头有人|里面有人|喊救命|关[着在住]|trapped|stuck|fell in|buried"
)
_TRAFFIC = re.compile(r"路|街|车|桥|道|堵|挡|road|street|avenue|lane|traffic|car")
_WIRES = re.compile(r"线|变压器|电|wire|cable|line")
_LIFT = re.compile(r"电梯|lift|elevator")


def lines(kind: str) -> tuple[str, ...]:
    """Local lines that come before the national numbers."""
    return _LOCAL.get(kind, ())


def numbers(kinds: list[str], text: str) -> tuple[str, ...]:
    """Numbers for the kinds of danger found, the most serious kind first; at most four, none twice."""
    wanted: list[str] = []
    for kind in kinds:
        if kind == "tree" and _WIRES.search(text):
            wanted += ["95598"] if not _TRAPPED.search(text) else ["119", "95598"]
        elif kind == "injury" and _LIFT.search(text):
            wanted += ["119"]
        wanted += _BASE[kind]
        if kind == "electric" and re.search(r"路中|马路|横|挡|过不|车|行人|road|street|block", text):
            wanted.append("110")
        if kind == "tree" and _TRAFFIC.search(text):
            wanted.append("122")
        if kind in {"manhole", "collapse", "crash", "falling"} and _TRAPPED.search(text):
            wanted.append("119")
    if kinds and _HURT.search(text):
        wanted.append("120")
    return tuple(dict.fromkeys(wanted))[:4]
