"""Operators' decisions as training examples: JSON lines that the service exports, personal data already masked.

A line: `id`, `text`, `intent`, `service` (null unless the intent is report), `by` (the account's id), `at` (ISO time).
An example of the city or the catalogue that says something else about the very same words gives way to the decision.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nlu.examples import REPORT, Example, load_examples

FILE_VARIABLE = "YIZHAN_DECISIONS"
DEFAULT_FILE = Path("var/learning/learnt.jsonl")  # what the service has learnt from last
SOURCE = "operator"
NEEDED = ("id", "text", "intent", "by", "at")


class DecisionsError(ValueError):
    """The file cannot be used; the message names the line."""


@dataclass(frozen=True)
class Decision:
    """What one person decided about one message."""

    id: str
    text: str
    intent: str
    service: str | None
    by: str
    at: str  # ISO 8601 in UTC, so that texts compare as times do

    @property
    def label(self) -> str:
        """The class it teaches: the service, or the act's intent."""
        return self.service or self.intent


def read_decisions(path: Path) -> list[Decision]:
    """In the file's order. Raises DecisionsError."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionsError(f"{path} cannot be read: {error}") from error
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
            values = {key: str(line[key]) for key in NEEDED}
            service = line.get("service")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DecisionsError(f"{path} line {number} is no decision: {error!r}") from error
        if (service is not None) != (values["intent"] == REPORT) or not values["text"].strip():
            raise DecisionsError(f"{path} line {number}: a report needs a service, other intents none, all a text.")
        found.append(Decision(service=service, **values))
    return found


def write_decisions(path: Path, decisions: Sequence[Decision]) -> None:
    """Whole or not at all, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.touch(mode=0o600)
    partial.write_text("".join(json.dumps(vars(d), ensure_ascii=False) + "\n" for d in decisions), encoding="utf-8")
    partial.replace(path)


def usable(decisions: Sequence[Decision], examples: Sequence[Example]) -> list[Decision]:
    """The last word on each text, about services and acts that the examples know: the city may have given some up."""
    known = {example.service or example.intent for example in examples}
    last = {decision.text.strip(): decision for decision in decisions if decision.label in known}
    return list(last.values())


def merge(examples: Sequence[Example], decisions: Sequence[Decision]) -> list[Example]:
    """The examples with the decisions behind them, less those examples that a decision contradicts word for word."""
    taken = {decision.text.strip(): decision for decision in usable(decisions, examples)}
    kept = [e for e in examples if e.text not in taken or (e.service or e.intent) == taken[e.text].label]
    texts = {(e.text, e.service or e.intent) for e in kept}
    learnt = [Example(text, d.intent, d.service, SOURCE) for text, d in taken.items() if (text, d.label) not in texts]
    return kept + learnt


def training_examples(city: Path) -> list[Example]:
    """Everything to learn from: the city's examples, and the decisions in the file that the environment names."""
    file = os.environ.get(FILE_VARIABLE)
    examples = load_examples(city)
    return merge(examples, read_decisions(Path(file))) if file else examples
