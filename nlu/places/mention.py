"""What `find` returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict


class Candidate(TypedDict):
    """An official place that may be meant; the scores of one mention sum to at most 1."""

    code: str
    score: float


@dataclass(frozen=True)
class PlaceMention:
    """One place in a message. Offsets count code points in the text as received.

    `code` is set only where exactly one official place is meant. `inside` is False only for places named as
    outside the county.
    """

    text: str
    start: int
    end: int
    kind: str
    code: str | None = None
    candidates: list[Candidate] = field(default_factory=list)
    inside: bool = True
