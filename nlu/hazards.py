"""What the danger head learns from: hand-written lines, and every example with the rules' verdict on it.

The rules of `language.danger` know many words but not all; they also hear danger where a long letter only mentions it.
The head learns from their verdicts and from lines that people wrote for it, and then corrects the rules where its own
answer, given without having seen the example, is clear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from language.danger import assess
from language.danger_rules import KINDS
from nlu.examples import Example, ExamplesError

FOLDER = Path("data/danger")
CALM = "calm"
BALANCE = 0.2  # kinds have 50 to 300 texts, calm ones 11,000: between counting texts and counting kinds
SURELY_CALM = 0.02  # a left-out answer below this outvotes the rules
SURELY_DANGER = 0.3  # above this, a report of a dangerous service is one
# Every message about these is dangerous, whatever its words: leaking gas, and people hurt or attacked.
ALWAYS = "EM"


@dataclass(frozen=True)
class Hazard:
    """One hand-written line; `kind` is None where nobody is in danger."""

    text: str
    kind: str | None


def load_hazards(folder: Path = FOLDER) -> list[Hazard]:
    """The lines of *danger.txt (kind TAB text) and *calm.txt, in a fixed order, without doubles."""
    found: dict[str, Hazard] = {}
    for path in sorted(folder.glob("*danger.txt")):
        for number, line in _lines(path):
            kind, _, text = line.partition("\t")
            if kind not in KINDS or not text:
                raise ExamplesError(f"{path} line {number}: expected a kind of danger, a tab and a text.")
            found.setdefault(text, Hazard(text, kind))
    for path in sorted(folder.glob("*calm.txt")):
        for _, line in _lines(path):
            found.setdefault(line, Hazard(line, None))
    return list(found.values())


def first_labels(
    examples: Sequence[Example], hazards: Sequence[Hazard], danger_of_service: Mapping[str, str]
) -> list[str]:
    """A kind of danger or CALM for the examples, then for the hazards: people's word, else the rules'."""
    judged = []
    for example in examples:
        kind = assess(example.text).kind or CALM
        if kind == CALM and (example.service or "").startswith(ALWAYS):
            kind = danger_of_service.get(example.service or "", CALM)
        judged.append(kind)
    return judged + [hazard.kind or CALM for hazard in hazards]


def second_labels(
    examples: Sequence[Example],
    labels: Sequence[str],
    classes: Sequence[str],
    left_out: np.ndarray,
    danger_of_service: Mapping[str, str],
) -> list[str]:
    """The labels with the rules' mistakes taken out. `left_out`: the head's probabilities [n, classes] for each text.

    Only examples are corrected, never what people marked.
    """
    corrected = list(labels)
    danger = danger_share(classes, left_out)
    for index, example in enumerate(examples):
        code = example.service or ""
        if code.startswith(ALWAYS):
            continue
        if labels[index] != CALM and danger[index] < SURELY_CALM and code not in danger_of_service:
            corrected[index] = CALM
        elif labels[index] == CALM and danger[index] > SURELY_DANGER and code in danger_of_service:
            corrected[index] = danger_of_service[code]
    return corrected


def danger_share(classes: Sequence[str], probabilities: np.ndarray) -> np.ndarray:
    """How likely each row [n, classes] is dangerous, whatever the kind."""
    if CALM not in classes:
        return np.ones(len(probabilities))
    return np.asarray(1 - probabilities[:, list(classes).index(CALM)])


def _lines(path: Path) -> list[tuple[int, str]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [(n, line.strip()) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
