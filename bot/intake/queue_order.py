"""In which order people look at review items: what is urgent, then what is doubtful, and not ten alike in a row. Pure.

A score is a moment turned round, in hours: when somebody should look at the latest, brought forward by doubt. All items
grow late together, so the score never changes while an item waits and can stand in an index.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = 3600.0
DOUBT_HOURS = 8.0  # an item of which nothing is known is looked at this much sooner than a certain one
DANGER = 1e7  # hours: above everything else, whatever its age
PAIR_HOURS = 1.0  # what an item falls back for each of the last ones with the same two services in question
TWIN_HOURS = 6.0  # what it falls back where one of the last ones says nearly the same
RECENT = 10  # items that the eye still remembers
ALIKE = 0.6  # shared pairs of characters from which two messages say nearly the same

# Hours in which somebody should look at it, by reason; most urgent first. "handoff" has a queue of its own.
REASONS: dict[str, float] = {
    "danger": 0.25,
    "stuck": 0.5,
    "refused": 2,
    "unknown_delivery": 2,
    "unsatisfied": 4,
    "rejected": 4,
    "low_confidence": 8,
    "several": 8,
    "unknown_status": 8,
    "corrected": 24,
    "out_of_scope": 24,
    "unknown_ticket": 24,
    "abuse": 24,
    "unanswered": 48,
    "sample": 72,
}
OTHER_HOURS = 24.0  # for a reason that a part of the service has added since


@dataclass(frozen=True)
class Candidate:
    """An open item, as far as its place in the queue depends on it."""

    id: str
    score: float
    pair: str  # "" where no service is in question
    grams: frozenset[str]  # pairs of characters of the message


def due(reason: str, created_at: datetime) -> datetime:
    """By when somebody should have looked."""
    return created_at + timedelta(hours=REASONS.get(reason, OTHER_HOURS))


def doubt(confidence: float | None, margin: float | None) -> float:
    """0 (certain) to 1 (nothing known), from the best service's probability and its lead over the second."""
    if confidence is None:
        return 0.5
    lead = confidence if margin is None else margin
    return min(1.0, max(0.0, 1.0 - (confidence + lead) / 2))


def score(reason: str, created_at: datetime, confidence: float | None = None, margin: float | None = None) -> float:
    """Higher is sooner."""
    hours = due(reason, created_at).timestamp() / HOUR - DOUBT_HOURS * doubt(confidence, margin)
    return (DANGER if reason == "danger" else 0.0) - hours


def most_urgent(reasons: Iterable[str]) -> str:
    """The one that decides when to look. Raises ValueError where there is none."""
    order = list(REASONS)
    return min(reasons, key=lambda reason: order.index(reason) if reason in order else len(order))


def grams(text: str) -> frozenset[str]:
    """Pairs of neighbouring characters, without spaces and case."""
    plain = "".join(text.lower().split())
    return frozenset(plain[i : i + 2] for i in range(len(plain) - 1)) or frozenset((plain,) if plain else ())


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """0 to 1: Jaccard's index."""
    return len(one & other) / len(one | other) if one and other else 0.0


def diversify(candidates: Iterable[Candidate], limit: int) -> list[Candidate]:
    """The first `limit`, most pressing first, where likes of what was just shown wait a little. Danger never waits."""
    waiting = sorted(candidates, key=lambda c: (-c.score, c.id))
    shown: list[Candidate] = []
    recent: deque[Candidate] = deque(maxlen=RECENT)
    fallen = {c.id: _fall(c, recent) for c in waiting}
    while waiting and len(shown) < limit:
        best = max(waiting, key=lambda c: c.score - fallen[c.id])  # of equals the first, which is the older
        waiting.remove(best)
        shown.append(best)
        leaving = recent[0] if len(recent) == RECENT else None
        recent.append(best)
        for candidate in waiting:
            fallen[candidate.id] += _alike(candidate, best) - (_alike(candidate, leaving) if leaving else 0.0)
    return shown


def _fall(candidate: Candidate, recent: Iterable[Candidate]) -> float:
    return sum(_alike(candidate, other) for other in recent)


def _alike(candidate: Candidate, other: Candidate) -> float:
    """Hours that `candidate` falls back because `other` was just shown."""
    if candidate.score >= DANGER / 2:
        return 0.0
    same = PAIR_HOURS if candidate.pair and candidate.pair == other.pair else 0.0
    return same + (TWIN_HOURS if likeness(candidate.grams, other.grams) >= ALIKE else 0.0)
