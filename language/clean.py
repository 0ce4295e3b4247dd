"""Make a text safe to store and to match, without moving a single character."""

from __future__ import annotations

REPLACEMENT = "\ufffd"

_TABLE: dict[int, str] = {code: " " for code in range(0x20) if chr(code) not in "\n\t"}
_TABLE[0] = REPLACEMENT
_TABLE[0x7F] = " "
_TABLE.update(dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT))


def clean(text: str) -> str:
    """Return the text at the same length: NUL and lone surrogates become U+FFFD, other controls a space.

    Newline and tab stay. Zero-width and direction marks stay too, since offsets count them;
    `language.fold` ignores them when matching.
    """
    return text.translate(_TABLE)
