"""Why a service was named: the examples most like the text, and the n-grams that spoke for it.

Both come from the same numbers as the ranking: a head's score of a class is a sum over examples (likeness × coefficient)
and over n-grams (weight in the text × weight for the class).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlu.examples import Example
from nlu.features import END, START, Views
from nlu.head import Head

NEAREST = 3
WORDS = 5
_EDGES = str.maketrans("", "", START + END)


@dataclass(frozen=True)
class Evidence:
    """For one text: examples as (row, likeness 0 to 1), n-grams as (text, share of the score they brought)."""

    nearest: tuple[tuple[int, float], ...]
    words: tuple[tuple[str, float], ...]


def weigh(
    head: Head, vocabulary: Sequence[str], views: Views, likeness: np.ndarray, named: Sequence[int]
) -> list[Evidence]:
    """Evidence for each row of `views`; `named` is the class to be explained, `likeness` [n, examples] as the head saw it."""
    return [
        Evidence(_nearest(likeness[row]), _words(head, vocabulary, views, row, column))
        for row, column in enumerate(named)
    ]


def document(evidence: Evidence, examples: Sequence[Example]) -> dict[str, Any]:
    """As it is stored with the turn."""
    return {
        "nearest": [
            {"text": examples[row].text, "label": examples[row].service or examples[row].intent, "likeness": likeness}
            for row, likeness in evidence.nearest
        ],
        "words": [{"text": text, "weight": weight} for text, weight in evidence.words],
    }


def _nearest(likeness: np.ndarray) -> tuple[tuple[int, float], ...]:
    if not likeness.size:
        return ()
    count = min(NEAREST, len(likeness))
    best = np.argpartition(-likeness, count - 1)[:count]
    best = best[np.argsort(-likeness[best], kind="stable")]
    return tuple((int(row), round(float(likeness[row]), 3)) for row in best)


def _words(head: Head, vocabulary: Sequence[str], views: Views, row: int, column: int) -> tuple[tuple[str, float], ...]:
    """The strongest n-grams of two characters or more, none inside another that was taken already."""
    grams = views.grams[row]
    brought = grams.data * head.weights[grams.indices, column].astype(np.float32)
    found: list[tuple[str, float]] = []
    for at in np.argsort(-brought, kind="stable"):
        text = vocabulary[grams.indices[at]].translate(_EDGES).strip()
        if brought[at] <= 0 or len(found) == WORDS:
            break
        if len(text) > 1 and not any(text in taken or taken in text for taken, _ in found):
            found.append((text, round(float(brought[at]), 3)))
    return tuple(found)
