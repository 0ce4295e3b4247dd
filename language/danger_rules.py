"""The danger rules, read from danger_rules.tsv beside this module (its head explains the form)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from language.danger_words import CLASSES

EVENT, STATE, SMOKE, SMELL = "event", "state", "smoke", "smell"
KINDS = (
    "selfharm",
    "fire",
    "gas",
    "tree",
    "electric",
    "water",
    "injury",
    "crash",
    "crime",
    "child",
    "manhole",
    "collapse",
    "falling",
)
"""The kinds of danger, the most serious first."""

_FILE = Path(__file__).with_name("danger_rules.tsv")


@dataclass(frozen=True)
class Rule:
    """One pattern of one kind of danger; `lasts` tells which cues end it."""

    kind: str
    lasts: str
    pattern: re.Pattern[str]


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a file's text. Raises ValueError with the line where one is not understood."""
    rules = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] not in KINDS or fields[1] not in {EVENT, STATE, SMOKE, SMELL}:
            raise ValueError(f"danger_rules.tsv line {number}: expected kind, lasts and pattern, got {line[:40]!r}")
        rules.append(Rule(fields[0], fields[1], _compiled(fields[2], number)))
    return tuple(rules)


def _compiled(source: str, number: int) -> re.Pattern[str]:
    for name, value in CLASSES.items():
        source = source.replace("{" + name + "}", value)
    try:
        return re.compile(source)
    except re.error as error:
        raise ValueError(f"danger_rules.tsv line {number}: {error}") from error


RULES = read_rules(_FILE.read_text(encoding="utf-8"))
