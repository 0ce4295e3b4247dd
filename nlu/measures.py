"""Scores of parse documents against labelled messages, each with a 95 % bootstrap interval. Pure.

Most figures are shares: every message adds to a numerator and a denominator, so that messages can be drawn again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nlu.labelled import ACT_OF_KIND

DRAWS = 1000
BINS = 10
Line = dict[str, Any]
Document = dict[str, Any]
Share = tuple[float, float]


def share_of(
    name: str, lines: Sequence[Line], documents: Sequence[Document], seed: int = 1
) -> tuple[float | None, float | None, float | None, int]:
    """One figure of SHARES: value, lower and upper bound, and the size of its denominator."""
    pairs = np.array([SHARES[name](line, document) for line, document in zip(lines, documents, strict=True)])
    top, bottom = pairs[:, 0], pairs[:, 1]
    if not bottom.sum():
        return None, None, None, 0
    draws = np.random.default_rng(seed).multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=DRAWS)
    tops, bottoms = draws @ top, draws @ bottom
    values = tops[bottoms > 0] / bottoms[bottoms > 0]
    low, high = np.percentile(values, [2.5, 97.5])
    return float(top.sum() / bottom.sum()), float(low), float(high), int(bottom.sum())


def is_single(line: Line) -> bool:
    """A message with exactly one problem."""
    return line["kind"] in ("request", "emergency") and len(line["requests"]) == 1


def first_code(document: Document) -> str | None:
    """The service of the first request; None where there is none."""
    return document["requests"][0]["service_code"] if document["requests"] else None


def top_first(line: Line, document: Document) -> Share:
    """Messages with one problem whose first request is right."""
    if not is_single(line):
        return 0, 0
    return first_code(document) in line["requests"][0]["accept"], 1


def top_all(line: Line, document: Document) -> Share:
    """Problems of all messages that some request answers; each request answers one problem."""
    return matched(line, document), len(line["requests"])


def top_three(line: Line, document: Document) -> Share:
    """Messages with one problem whose first request has a right service among its three best."""
    if not is_single(line):
        return 0, 0
    best = {code for code, _ in (document["requests"][0]["ranking"][:3] if document["requests"] else [])}
    return bool(best & set(line["requests"][0]["accept"])), 1


def ranking_first(line: Line, document: Document) -> Share:
    """As top_first, but by the ranking of the whole message, whatever its act: the ranker by itself."""
    if not is_single(line):
        return 0, 0
    ranking = document.get("ranking") or []
    return bool(ranking) and ranking[0][0] in line["requests"][0]["accept"], 1


def matched(line: Line, document: Document) -> int:
    """Size of a greatest pairing of labelled problems and predicted requests."""
    accepts = [set(request["accept"]) for request in line["requests"]]
    codes = [request["service_code"] for request in document["requests"]]
    partner: dict[int, int] = {}

    def place(problem: int, seen: set[int]) -> bool:
        for index, code in enumerate(codes):
            if code in accepts[problem] and index not in seen:
                seen.add(index)
                if index not in partner or place(partner[index], seen):
                    partner[index] = problem
                    return True
        return False

    return sum(place(problem, set()) for problem in range(len(accepts)))


def several_f1(line: Line, document: Document) -> Share:
    """F1 over the problems of messages with several: twice the pairs, by labelled plus predicted problems."""
    if line["kind"] != "several":
        return 0, 0
    return 2 * matched(line, document), len(line["requests"]) + len(document["requests"])


def wrongly_split(line: Line, document: Document) -> Share:
    """Messages with one problem from which several requests were made."""
    return (len(document["requests"]) > 1, 1) if is_single(line) else (0, 0)


def act_right(line: Line, document: Document) -> Share:
    """Messages whose act is right."""
    return document["act"] == ACT_OF_KIND[line["kind"]], 1


def scope_recall(line: Line, document: Document) -> Share:
    """Messages out of scope that were recognised as such."""
    return (document["act"] == "out_of_scope", 1) if line["kind"] == "out_of_scope" else (0, 0)


def false_rejection(line: Line, document: Document) -> Share:
    """Messages in scope that were taken for out of scope."""
    return (document["act"] == "out_of_scope", 1) if line["kind"] != "out_of_scope" else (0, 0)


def danger_recall(line: Line, document: Document) -> Share:
    """Dangers that were seen."""
    return (document["emergency"]["is"], 1) if line["emergency"] else (0, 0)


def danger_false(line: Line, document: Document) -> Share:
    """Harmless messages that raised an alarm."""
    return (document["emergency"]["is"], 1) if not line["emergency"] else (0, 0)


def negated_false(line: Line, document: Document) -> Share:
    """Messages with hazard words but no danger now that raised an alarm."""
    return (document["emergency"]["is"], 1) if line["negated_hazard"] and not line["emergency"] else (0, 0)


def overlaps(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two spans share a character."""
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def places_recall(line: Line, document: Document) -> Share:
    """Labelled places that some found place overlaps."""
    return sum(any(overlaps(p, q) for q in document["places"]) for p in line["places"]), len(line["places"])


def places_precision(line: Line, document: Document) -> Share:
    """Found places that some labelled place overlaps."""
    return sum(any(overlaps(p, q) for q in line["places"]) for p in document["places"]), len(document["places"])


def places_exact(line: Line, document: Document) -> Share:
    """F1 of exact spans."""
    gold = {(p["start"], p["end"]) for p in line["places"]}
    found = {(p["start"], p["end"]) for p in document["places"]}
    return 2 * len(gold & found), len(gold) + len(found)


def codes_right(line: Line, document: Document) -> Share:
    """Labelled places with an official code whose overlapping found place carries it."""
    gold = [p for p in line["places"] if p.get("code")]
    return sum(any(overlaps(p, q) and q["code"] == p["code"] for q in document["places"]) for p in gold), len(gold)


def ambiguous_kept(line: Line, document: Document) -> Share:
    """Labelled places that may be several: no code was chosen and all of them are candidates."""
    gold = [p for p in line["places"] if p.get("ambiguous")]
    return sum(any(_kept(p, q) for q in document["places"]) for p in gold), len(gold)


def outside_seen(line: Line, document: Document) -> Share:
    """Labelled places outside the county that were recognised as such."""
    gold = [p for p in line["places"] if p.get("kind") == "outside"]
    return sum(any(overlaps(p, q) and not q["inside"] for q in document["places"]) for p in gold), len(gold)


def pii_recall(line: Line, document: Document) -> Share:
    """Labelled personal data found with the right kind (the found text holds the labelled one or lies in it)."""
    found = document["pii"]
    hits = sum(
        any(q["kind"] == p["kind"] and (p["text"] in q["text"] or q["text"] in p["text"]) for q in found)
        for p in line["pii"]
    )
    return hits, len(line["pii"])


SHARES: dict[str, Callable[[Line, Document], Share]] = {
    "top-1, first problem": top_first,
    "top-1, all problems": top_all,
    "top-3": top_three,
    "top-1 of the ranker alone": ranking_first,
    "acts": act_right,
    "out of scope, recall": scope_recall,
    "out of scope, false rejection": false_rejection,
    "several problems, F1": several_f1,
    "one problem, wrongly split": wrongly_split,
    "danger, recall": danger_recall,
    "danger, false alarm": danger_false,
    "negated hazard, false alarm": negated_false,
    "places by overlap, recall": places_recall,
    "places by overlap, precision": places_precision,
    "places, exact F1": places_exact,
    "place codes": codes_right,
    "ambiguous places kept": ambiguous_kept,
    "outside the county seen": outside_seen,
    "personal data, recall": pii_recall,
}


def macro_f1(lines: Sequence[Line], documents: Sequence[Document], seed: int = 1) -> tuple[float, float, float, int]:
    """Mean F1 of the services over messages with one problem; an accepted alternative counts as the label."""
    pairs = labelled_pairs(lines, documents)
    names = sorted({code for pair in pairs for code in pair})
    index = {name: i for i, name in enumerate(names)}
    true = np.array([index[a] for a, _ in pairs])
    said = np.array([index[b] for _, b in pairs])

    def value(weights: np.ndarray) -> float:
        hits = np.bincount(true[true == said], weights=weights[true == said], minlength=len(names))
        golds = np.bincount(true, weights=weights, minlength=len(names))
        both = golds + np.bincount(said, weights=weights, minlength=len(names))
        present = golds > 0
        return float((2 * hits[present] / both[present]).mean())

    draws = np.random.default_rng(seed).multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=DRAWS)
    low, high = np.percentile([value(draw.astype(float)) for draw in draws], [2.5, 97.5])
    return value(np.ones(len(pairs))), float(low), float(high), len(pairs)


def labelled_pairs(lines: Sequence[Line], documents: Sequence[Document]) -> list[tuple[str, str]]:
    """(label, prediction) of messages with one problem; '' where no request was made."""
    pairs = []
    for line, document in zip(lines, documents, strict=True):
        if is_single(line):
            accept, code = line["requests"][0]["accept"], first_code(document) or ""
            pairs.append((code if code in accept else accept[0], code))
    return pairs


def calibration(lines: Sequence[Line], documents: Sequence[Document]) -> tuple[float, list[dict[str, float]]]:
    """Expected calibration error of the first request's confidence, and its bins (mean confidence, accuracy, size)."""
    asked = [(line, d) for line, d in zip(lines, documents, strict=True) if is_single(line) and d["requests"]]
    if not asked:
        return 0.0, []
    confidence = np.array([d["requests"][0]["confidence"] for _, d in asked])
    right = np.array([first_code(d) in line["requests"][0]["accept"] for line, d in asked], dtype=float)
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = [
        {
            "confidence": float(confidence[place == b].mean()),
            "accuracy": float(right[place == b].mean()),
            "count": int((place == b).sum()),
        }
        for b in range(BINS)
        if (place == b).any()
    ]
    error = sum(b["count"] * abs(b["confidence"] - b["accuracy"]) for b in bins) / len(asked)
    return float(error), bins


def service_recall(lines: Sequence[Line], documents: Sequence[Document]) -> dict[str, tuple[int, int]]:
    """For each labelled service: how many were right, of how many."""
    pairs = labelled_pairs(lines, documents)
    total = Counter(a for a, _ in pairs)
    right = Counter(a for a, b in pairs if a == b)
    return {code: (right[code], total[code]) for code in sorted(total)}


def confusions(lines: Sequence[Line], documents: Sequence[Document]) -> list[tuple[str, str, int]]:
    """(label, prediction, count) of wrong answers, most frequent first."""
    wrong = Counter((a, b) for a, b in labelled_pairs(lines, documents) if a != b)
    return [(a, b, n) for (a, b), n in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))]


def _kept(gold: dict[str, Any], found: dict[str, Any]) -> bool:
    codes = {candidate["code"] for candidate in found["candidates"]}
    return overlaps(gold, found) and found["code"] is None and set(gold["ambiguous"]) <= codes
