"""Find the places of a message."""

from __future__ import annotations

import re

from language.fold import fold
from nlu.places.gazetteer import Entry, Gazetteer
from nlu.places.mention import PlaceMention

_ROAD = re.compile(r"[\u4e00-\u9fff]{2,4}?(?:大道|路|街|巷|胡同)(?!灯|面|口)")


def find(text: str, gazetteer: Gazetteer) -> list[PlaceMention]:
    """Places in the text as received, in order, not overlapping."""
    folded = fold(text)
    found: list[PlaceMention] = []
    index = 0
    while index < len(folded.text):
        hit = gazetteer.longest_at(folded.text, index)
        if hit is None:
            index += 1
            continue
        end, entries = hit
        start, stop = folded.span(index, end)
        found.append(_mention(text, start, stop, entries))
        index = end
    return found


def _mention(text: str, start: int, end: int, entries: tuple[Entry, ...]) -> PlaceMention:
    codes = [entry.code for entry in entries if entry.code]
    code = codes[0] if len(codes) == 1 and len(entries) == 1 else None
    share = round(1 / len(codes), 2) if codes else 0.0
    return PlaceMention(text[start:end], start, end, entries[0].kind, code, [{"code": c, "score": share} for c in codes])
