"""Split a message into the parts that each state one problem."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Scorer = Callable[[list[str]], list[tuple[str, float]]]


@dataclass(frozen=True)
class Part:
    """A stretch of the message that states one problem; offsets count code points in the text as received."""

    text: str
    start: int
    end: int


_MARKS = re.compile(r"[①②③④⑤]|[一二三四]是|另外|还有|再一个|顺便")


def split_problems(text: str, scorer: Scorer | None = None) -> list[Part]:
    """Parts of the text, at least one unless the text is blank."""
    if not text.strip():
        return []
    cuts = [0] + [m.start() for m in _MARKS.finditer(text) if m.start() > 3] + [len(text)]
    return [Part(text[a:b], a, b) for a, b in zip(cuts, cuts[1:]) if text[a:b].strip()]
