"""Is someone in danger now, and which number helps."""

from __future__ import annotations

import re
from dataclasses import dataclass

from language.fold import fold


@dataclass(frozen=True)
class Danger:
    """The verdict on one message.

    `numbers` are what to dial, first one first ("119"); `lines` are local lines by their key in the city's
    hotlines (such as gas_repair), to be shown before the numbers where the city has set them. `negated` tells
    that hazard words stand in the text but nothing dangerous is going on now. `spans` are offsets in the text.
    """

    is_now: bool
    kind: str | None = None
    numbers: tuple[str, ...] = ()
    negated: bool = False
    spans: tuple[tuple[int, int], ...] = ()
    lines: tuple[str, ...] = ()


_FIRST = re.compile(r"着火|起火|漏气|煤气味|井盖.{0,4}(?:没了|丢|不见)|塌|触电")
_NEGATED = re.compile(r"(?:没|没有|不是|上次|去年)$")


def assess(text: str) -> Danger:
    """Judge one message."""
    folded = fold(text)
    match = _FIRST.search(folded.text)
    if not match:
        return Danger(False)
    if _NEGATED.search(folded.text[max(0, match.start() - 3) : match.start()]):
        return Danger(False, negated=True)
    return Danger(True, "fire", ("119",), spans=(folded.span(*match.span()),))
