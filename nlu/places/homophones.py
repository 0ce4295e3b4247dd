"""Names as they sound: voice input writes 鸡子台 for 箕子台."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, pinyin


@lru_cache(maxsize=20_000)
def sounds(character: str) -> tuple[str, ...]:
    """Readings of one character without tones; empty where it has none."""
    readings = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(readings[0])) if readings else ()


def key(text: str) -> str:
    """First reading of each character, joined: the sound of a name."""
    return " ".join((sounds(character) or (character,))[0] for character in text)


class HomophoneIndex:
    """Names by sound."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        for name in names:
            self._by_sound[key(name)].append(name)

    def names(self, text: str) -> list[str]:
        """Names that sound like the text."""
        return self._by_sound.get(key(text), [])
