"""Whether a trained candidate may take the place of the model in use. Pure: two tables of answers in, a verdict out.

Golden sets are small (some four messages for each service), so a drop in points alone would be noise:

- messages that both models answered are compared in pairs. A service is lost where it drops by more than MOST_POINTS,
  at least LEAST_LOST messages net, and a one-sided sign test on the messages that changed stays below the set's level;
- small sets (fewer than SMALL messages of that service) are held to a loose level: refusing costs a person a look,
  a worse model costs residents wrong tickets;
- cross-validation comes as shares from both cards, unpaired: a one-sided test of two shares at LEVEL.

A drop of more than MOST_POINTS that these rules call noise is not hidden: it becomes a warning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from math import comb, erfc, sqrt
from typing import Any

import numpy as np

MOST_POINTS = 0.02  # a service may drop by this much
LEAST_LOST = 2  # messages net; one message is no finding
SMALL = 20  # messages of a service in one set
LEVEL, LOOSE_LEVEL = 0.05, 0.25  # of the one-sided tests, for large and for small sets
MOST_MISCALIBRATION = 0.01  # the calibration error may grow by this much
DRAWS = 1000
BINS = 10


@dataclass(frozen=True)
class Answer:
    """What one model said to one message with a known label. `said` is a service's code or an act's name."""

    id: str
    label: str
    said: str
    right: bool
    confidence: float | None = None  # of a service; None where the answer is an act


@dataclass(frozen=True)
class Share:
    """`right` of `of` examples in cross-validation."""

    right: float
    of: int


@dataclass(frozen=True)
class Figures:
    """Everything known of one model; both models answered the same messages in the same order."""

    golden: Sequence[Answer]
    decisions: Sequence[Answer] = ()  # of operators, each by a model that has not learnt it
    danger: Sequence[tuple[str, bool]] = ()  # (id, seen) of messages that tell of danger
    alarms: int = 0  # false ones, on golden messages without danger
    cross_validation: dict[str, Share] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One reason for or against. `kind`: service, danger, calibration, alarms."""

    kind: str
    refuses: bool  # else a warning
    set: str  # golden, decisions, cross_validation
    label: str
    old: float
    new: float
    of: int


@dataclass(frozen=True)
class Verdict:
    """May the candidate be used without an administrator's reason?"""

    accepted: bool
    findings: Sequence[Finding]

    def as_json(self) -> dict[str, Any]:
        """For the trial's file."""
        return {"accepted": self.accepted, "findings": [asdict(finding) for finding in self.findings]}


def verdict(old: Figures, new: Figures) -> Verdict:
    """All findings, refusals first. Raises ValueError where the models answered different messages."""
    findings = [
        *_paired("golden", old.golden, new.golden),
        *_paired("decisions", old.decisions, new.decisions),
        *_cross_validated(old.cross_validation, new.cross_validation),
        *_danger(old, new),
        *_calibration(old, new),
    ]
    findings.sort(key=lambda finding: (not finding.refuses, finding.kind, finding.new - finding.old, finding.label))
    return Verdict(not any(finding.refuses for finding in findings), findings)


def by_label(old: Sequence[Answer], new: Sequence[Answer]) -> dict[str, tuple[int, int, int, int, int]]:
    """For each label: right before, right now, lost, gained, of. Raises ValueError on different messages."""
    if [(a.id, a.label) for a in old] != [(a.id, a.label) for a in new]:
        raise ValueError("both models must have answered the same messages")
    table: dict[str, list[int]] = {}
    for before, now in zip(old, new, strict=True):
        row = table.setdefault(before.label, [0, 0, 0, 0, 0])
        row[0] += before.right
        row[1] += now.right
        row[2] += before.right and not now.right
        row[3] += now.right and not before.right
        row[4] += 1
    return {label: (row[0], row[1], row[2], row[3], row[4]) for label, row in sorted(table.items())}


def confusion_changes(old: Sequence[Answer], new: Sequence[Answer]) -> list[tuple[str, str, int, int]]:
    """(label, wrong answer, times before, times now) where the number changed, largest change first."""
    before = Counter((a.label, a.said) for a in old if not a.right)
    now = Counter((a.label, a.said) for a in new if not a.right)
    changed = [(a, b, before[a, b], now[a, b]) for a, b in {*before, *now} if before[a, b] != now[a, b]]
    return sorted(changed, key=lambda item: (-abs(item[3] - item[2]), item[0], item[1]))


def flips(old: Sequence[Answer], new: Sequence[Answer]) -> list[tuple[Answer, Answer]]:
    """Messages that were answered rightly by one of the models only: the lost ones first."""
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if a.right != b.right]
    return sorted(pairs, key=lambda pair: (not pair[0].right, pair[0].label, pair[0].id))


def sign_test(lost: int, gained: int) -> float:
    """One-sided: how likely at least so many of the changed messages are lost if change were a coin's toss."""
    total = lost + gained
    return sum(comb(total, k) for k in range(lost, total + 1)) / 2**total


def two_shares(old: Share, new: Share) -> float:
    """One-sided p-value that `new` is not worse than `old`, as if the two were drawn apart."""
    if not old.of or not new.of:
        return 1.0
    a, b = old.right / old.of, new.right / new.of
    pooled = (old.right + new.right) / (old.of + new.of)
    spread = sqrt(pooled * (1 - pooled) * (1 / old.of + 1 / new.of))
    return 0.5 * erfc((a - b) / spread / sqrt(2)) if spread else 1.0


def calibration_error(answers: Sequence[Answer]) -> float:
    """Expected calibration error over answers that carry a confidence."""
    confidence, right = _confidences(answers)
    return _ece(confidence, right, np.ones(len(right)))


def _paired(name: str, old: Sequence[Answer], new: Sequence[Answer]) -> list[Finding]:
    found = []
    for label, (before, now, lost, gained, of) in by_label(old, new).items():
        if (lost - gained) / of <= MOST_POINTS:
            continue
        level = LOOSE_LEVEL if of < SMALL else LEVEL
        refuses = lost - gained >= LEAST_LOST and sign_test(lost, gained) <= level
        found.append(Finding("service", refuses, name, label, before / of, now / of, of))
    return found


def _cross_validated(old: dict[str, Share], new: dict[str, Share]) -> list[Finding]:
    found = []
    for label in sorted(old.keys() & new.keys()):
        before, now = old[label], new[label]
        if not before.of or not now.of:
            continue
        a, b = before.right / before.of, now.right / now.of
        if a - b > MOST_POINTS:
            refuses = two_shares(before, now) <= LEVEL
            found.append(Finding("service", refuses, "cross_validation", label, a, b, now.of))
    return found


def _danger(old: Figures, new: Figures) -> list[Finding]:
    if [i for i, _ in old.danger] != [i for i, _ in new.danger]:
        raise ValueError("both models must have answered the same messages of danger")
    of = len(new.danger)
    before, now = sum(seen for _, seen in old.danger), sum(seen for _, seen in new.danger)
    found = []
    if now < before:
        found.append(Finding("danger", True, "golden", "danger", before / of, now / of, of))
    if new.alarms > old.alarms:
        found.append(Finding("alarms", False, "golden", "danger", old.alarms, new.alarms, len(new.golden)))
    return found


def _calibration(old: Figures, new: Figures) -> list[Finding]:
    # Golden messages only: decisions come from the review queue, which chooses what the model was unsure or wrong of.
    before, now = old.golden, new.golden
    kept = [i for i, (a, b) in enumerate(zip(before, now, strict=True)) if None not in (a.confidence, b.confidence)]
    if not kept:
        return []
    old_confidence, old_right = _confidences([before[i] for i in kept])
    new_confidence, new_right = _confidences([now[i] for i in kept])
    every = np.ones(len(kept))
    a, b = _ece(old_confidence, old_right, every), _ece(new_confidence, new_right, every)
    if b - a <= MOST_MISCALIBRATION:
        return []
    # Both errors rise and fall with the same draw, so the difference is much surer than either.
    draws = np.random.default_rng(1).multinomial(len(kept), np.full(len(kept), 1 / len(kept)), size=DRAWS)
    differences = [
        _ece(new_confidence, new_right, draw) - _ece(old_confidence, old_right, draw) for draw in draws.astype(float)
    ]
    refuses = bool(np.percentile(differences, 100 * LEVEL) > 0)
    return [Finding("calibration", refuses, "golden", "calibration", a, b, len(kept))]


def _confidences(answers: Sequence[Answer]) -> tuple[np.ndarray, np.ndarray]:
    asked = [a for a in answers if a.confidence is not None]
    return np.array([a.confidence for a in asked], dtype=float), np.array([a.right for a in asked], dtype=float)


def _ece(confidence: np.ndarray, right: np.ndarray, weights: np.ndarray) -> float:
    if not len(confidence):
        return 0.0
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(place, weights=weights * (confidence - right), minlength=BINS)
    return float(np.abs(gaps).sum() / weights.sum())
