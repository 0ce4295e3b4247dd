"""The console's own words, from phrases/<language>/<area>.yml; operators' words are the product's, not a city's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.intake.errors import IntakeError
from bot.intake.phrases import LANGUAGES

FOLDER = Path(__file__).parent / "phrases"


@dataclass(frozen=True)
class Words:
    tables: dict[str, dict[str, str]]  # by language, by key

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Words":
        """Raises IntakeError where two areas use the same key."""
        tables: dict[str, dict[str, str]] = {}
        for language in LANGUAGES:
            table: dict[str, str] = {}
            for path in sorted((folder / language).glob("*.yml")):
                found = yaml.safe_load(path.read_text(encoding="utf-8"))
                if twice := table.keys() & found.keys():
                    raise IntakeError(f"{path.name} says '{min(twice)}' again; give the phrase another key")
                table |= {str(key): str(text).rstrip("\n") for key, text in found.items()}
            tables[language] = table
        return cls(tables)

    def text(self, key: str, language: str, **params: Any) -> str:
        """The phrase in words. A missing key raises: a test keeps that from happening."""
        return self.tables[language][key].format_map(params)
