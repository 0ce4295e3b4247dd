"""Names as they sound: voice input writes 鸡子台 for 箕子台."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from pypinyin import Style, pinyin

# Sounds that the local accent and voice input do not tell apart.
_MERGED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))


@lru_cache(maxsize=20_000)
def sounds(character: str) -> tuple[str, ...]:
    """Readings of one character without tones; empty where it has none."""
    readings = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(dict.fromkeys(readings[0])) if readings else ()


@lru_cache(maxsize=20_000)
def _sound_key(character: str) -> str:
    readings = sounds(character)
    sound = readings[0] if readings else character
    for long, short in _MERGED:
        sound = sound.replace(long, short)
    return sound


class HomophoneIndex:
    """Names by sound; `lookalikes` maps a character to others that are mistaken for it."""

    def __init__(self, names: Iterable[str], lookalikes: Mapping[str, str] | None = None) -> None:
        self._replace = {wrong: right for right, wrongs in (lookalikes or {}).items() for wrong in wrongs}
        self._by_sound: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for name in names:
            self._by_sound[self._key(name)].append(name)
        self._first = frozenset(key[0] for key in self._by_sound)

    def _key(self, text: str) -> tuple[str, ...]:
        return tuple(_sound_key(self._replace.get(character, character)) for character in text)

    def names(self, text: str) -> list[str]:
        """Names that sound, or look, like the text."""
        if _sound_key(self._replace.get(text[0], text[0])) not in self._first:
            return []
        return self._by_sound.get(self._key(text), [])
