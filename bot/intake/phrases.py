"""Every sentence a resident reads, from cities/<city>/phrases/{zh,en}.yml."""

import string
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.intake.errors import CityError
from bot.intake.say import Button, Say
from bot.intake.words import Both, localised

LANGUAGES = ("zh", "en")

__all__ = ["LANGUAGES", "Both", "Phrases", "localised", "placeholders"]


@dataclass(frozen=True)
class Phrases:
    """`words[language][key]` is a template with {placeholders}."""

    words: dict[str, dict[str, str]]

    @classmethod
    def load(cls, folder: Path) -> "Phrases":
        """Reads phrases/zh.yml and phrases/en.yml below the city's folder. Raises CityError."""
        words = {}
        for language in LANGUAGES:
            path = folder / "phrases" / f"{language}.yml"
            try:
                document = yaml.safe_load(path.read_text(encoding="utf-8"))
            except (OSError, ValueError, yaml.YAMLError) as error:
                raise CityError(f"{path} cannot be read: {error}") from error
            if not isinstance(document, dict):
                raise CityError(f"{path} must hold keys with their phrases")
            words[language] = {str(key): str(text).rstrip("\n") for key, text in document.items()}
        return cls(words)

    def text(self, key: str, language: str, **params: Any) -> str:
        """The phrase in words. A key that is missing in the language raises: a test keeps that from happening."""
        table = self.words[language if language in self.words else "zh"]
        if key not in table:
            raise CityError(f"phrases/{language}.yml has no '{key}'; add it in every language")
        return table[key].format_map(_Localised(params, language))

    def body(self, say: Say, language: str) -> dict[str, Any]:
        """The message as interfaces.md §3 describes it, without `seq`."""
        return {
            "text": self.text(say.key, language, **say.params),
            "buttons": [{"title": self._title(b, language), "payload": b.payload} for b in say.buttons],
            "expects": say.expects,
            "card": localised(say.card, language),
            "ticket": say.ticket,
            "emergency": say.emergency,
        }

    def _title(self, button: Button, language: str) -> str:
        if button.literal:
            return str(localised(button.title, language))
        return self.text(str(button.title), language, **button.params)


class _Localised(dict[str, Any]):
    """Picks the language of values that come in several, such as a service's name."""

    def __init__(self, params: dict[str, Any], language: str) -> None:
        super().__init__(params)
        self._language = language

    def __getitem__(self, key: str) -> Any:
        return localised(super().__getitem__(key), self._language)


def placeholders(template: str) -> set[str]:
    """The names between braces in a phrase."""
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}
