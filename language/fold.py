"""A view of a text for matching: marks ignored, widths and scripts unified, each character traceable."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from language.clean import clean
from language.traditional import TO_SIMPLIFIED

_IGNORABLE = frozenset(
    [0x00AD, 0x034F, 0x061C, 0x180E, 0xFEFF]
    + list(range(0x200B, 0x2010))
    + list(range(0x202A, 0x202F))
    + list(range(0x2060, 0x2070))
    + list(range(0xFE00, 0xFE10))
)


@dataclass(frozen=True)
class Folded:
    """The folded text and, for each of its characters, the index of its origin."""

    text: str
    origins: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of a non-empty stretch of the folded text."""
        return self.origins[start], self.origins[end - 1] + 1


@lru_cache(maxsize=20_000)
def _fold_character(character: str) -> str:
    code = ord(character)
    if code < 0x80:
        return character.lower()
    if code in _IGNORABLE:
        return ""
    simplified = TO_SIMPLIFIED.get(code)
    if simplified is not None:
        return chr(simplified)
    if code == 0x3000 or 0xFF01 <= code <= 0xFF5E or unicodedata.category(character) in {"Nd", "Lu", "Ll", "Lo"}:
        wide = unicodedata.normalize("NFKC", character)
        if len(wide) == 1:
            return wide.lower() if len(wide.lower()) == 1 else wide
    return character


def fold(text: str) -> Folded:
    """Fold a text: simplified characters, half width, lower case, no zero-width or direction marks.

    Each remaining character stands for exactly one of the original, so every span maps back.
    """
    characters = [_fold_character(character) for character in clean(text)]
    joined = "".join(characters)
    if len(joined) == len(text):
        return Folded(joined, tuple(range(len(text))))
    return Folded(joined, tuple(index for index, character in enumerate(characters) if character))
