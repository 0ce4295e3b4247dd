"""The golden messages of data/golden: frozen, written by hand, never trained on; models are compared on them.

Three files: services.yml (code -> messages), acts.yml (intent -> messages), danger.yml (`now` and `not`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path("data/golden")


class GoldenError(ValueError):
    """A golden file cannot be used; the message names it."""


@dataclass(frozen=True)
class Golden:
    """One message. Exactly one of `service`, `intent` and `danger` is set."""

    id: str
    text: str
    service: str | None = None
    intent: str | None = None
    danger: bool | None = None


def load_golden(folder: Path = FOLDER) -> list[Golden]:
    """All messages; ids are made of the group and the place in it. Raises GoldenError."""
    found = [Golden(i, text, service=group) for group, i, text in _read(folder / "services.yml")]
    found += [Golden(i, text, intent=group) for group, i, text in _read(folder / "acts.yml")]
    for group, i, text in _read(folder / "danger.yml"):
        if group not in ("now", "not"):
            raise GoldenError(f"{folder / 'danger.yml'}: unknown group {group!r}; allowed: now, not.")
        found.append(Golden(f"danger-{i}", text, danger=group == "now"))
    return found


def _read(path: Path) -> list[tuple[str, str, str]]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise GoldenError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise GoldenError(f"{path} must hold groups of messages.")
    found = []
    for group, texts in content.items():
        if not isinstance(texts, list) or not texts or not all(isinstance(t, str) and t.strip() for t in texts):
            raise GoldenError(f"{path}: {group} must list messages (quote texts such as 'yes').")
        found += [(str(group), f"{group}-{number}", text) for number, text in enumerate(texts, start=1)]
    return found
