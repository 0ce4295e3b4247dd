"""One message's parse document, put together from what the parts found. Pure; see docs/reference for the format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from language.danger import Danger
from language.danger_numbers import numbers
from language.pii import Pii
from nlu.acts import ACT_OF_INTENT, FALLBACK, OUT_OF_SCOPE, REQUEST
from nlu.evidence import Evidence
from nlu.examples import REPORT
from nlu.hazards import CALM
from nlu.places import PlaceMention
from nlu.text.split import Part

RANKED = 5  # services named for each problem
# The danger head alone says danger from here on; where the rules hear danger too, far less will do. Recall first: the
# thresholds lie low because the probabilities are calibrated and a missed danger weighs more than a needless number.
DANGER = 0.1
DANGER_HEARD_BY_RULES = 0.02
# A part of a message counts as a problem when a report is at least this likely in it.
LIKELY_REPORT = 0.5


@dataclass(frozen=True)
class Judgement:
    """What the heads said about one stretch of text: probabilities of intents, and of services if it is a report."""

    intents: Mapping[str, float]
    services: Sequence[tuple[str, float]]  # best first
    dangers: Mapping[str, float]  # kinds of danger, and calm
    evidence: Evidence | None = None  # what spoke for the first service


@dataclass(frozen=True)
class Problem:
    """One part of the message and what it is about."""

    part: Part
    judgement: Judgement


@dataclass(frozen=True)
class Found:
    """All that is known of one message before it is put together."""

    text: str
    language: str
    whole: Judgement | None  # None: nothing in the text to judge
    problems: Sequence[Problem]
    places: Sequence[PlaceMention]
    danger: Danger
    pii: Sequence[Pii]


def assemble(found: Found) -> dict[str, Any]:
    """The document without id and model."""
    intent, confidence = choose_intent(found)
    act = ACT_OF_INTENT[intent]
    emergency = judge_danger(found)
    if emergency["is"] and act != REQUEST:
        # Danger is never lost to a wrong act: it is a problem.
        intent, act, confidence = REPORT, REQUEST, max(confidence, LIKELY_REPORT)
    if is_outside(found.places) and act == REQUEST:
        act = OUT_OF_SCOPE
    return {
        "language": found.language,
        "act": act,
        "intent": intent,
        "intent_confidence": round(confidence, 4),
        "requests": [request(problem) for problem in chosen_problems(found)] if act == REQUEST else [],
        "ranking": ranking(found.whole) if found.whole else [],
        "places": [place(mention) for mention in found.places],
        "emergency": emergency,
        "pii": [{"text": p.text, "kind": p.kind, "start": p.start, "end": p.end} for p in found.pii],
    }


def choose_intent(found: Found) -> tuple[str, float]:
    """The intent and its probability. A report wins where the whole is unclear and one part states a problem."""
    if found.whole is None:
        return FALLBACK, 1.0
    intents = found.whole.intents
    best = max(intents, key=lambda name: intents[name])
    if best != REPORT and len(found.problems) > 1:
        likeliest = max(problem.judgement.intents.get(REPORT, 0.0) for problem in found.problems)
        if likeliest >= LIKELY_REPORT:
            return REPORT, likeliest
    return best, intents[best]


def chosen_problems(found: Found) -> list[Problem]:
    """The problems that become requests: never none, since doubt shows in the confidence alone."""
    problems = list(found.problems)
    if len(problems) < 2:
        return problems
    likely = [p for p in problems if p.judgement.intents.get(REPORT, 0.0) >= LIKELY_REPORT]
    return likely or [max(problems, key=lambda p: p.judgement.intents.get(REPORT, 0.0))]


def judge_danger(found: Found) -> dict[str, Any]:
    """Rules and danger head together. `reason`: rules, model, or overruled (the rules heard danger, the head knows
    better); where there was nothing to judge, the rules stand alone."""
    heard = found.danger
    share = 1 - found.whole.dangers.get(CALM, 0.0) if found.whole else 1.0
    if heard.is_now:
        if share < DANGER_HEARD_BY_RULES:
            return {"is": False, "numbers": [], "reason": "overruled", "kind": None}
        return {"is": True, "numbers": list(heard.numbers), "reason": "rules", "kind": heard.kind}
    if found.whole is not None and share >= DANGER:
        kind = max((name for name in found.whole.dangers if name != CALM), key=found.whole.dangers.__getitem__)
        return {"is": True, "numbers": list(numbers([kind], found.text)), "reason": "model", "kind": kind}
    return {"is": False, "numbers": [], "reason": None, "kind": None}


def is_outside(places: Sequence[PlaceMention]) -> bool:
    """Whether the message is about a place outside the county: named, and no place inside beside it."""
    return any(not p.inside for p in places) and not any(p.inside and p.code for p in places)


def request(problem: Problem) -> dict[str, Any]:
    """One item of `requests`."""
    ranked = ranking(problem.judgement)
    part = problem.part
    return {
        "service_code": ranked[0][0],
        "confidence": ranked[0][1],
        "ranking": ranked,
        "text": part.text,
        "start": part.start,
        "end": part.end,
    }


def ranking(judgement: Judgement) -> list[list[Any]]:
    """The best services with their probabilities; they sum to at most 1."""
    return [[code, int(probability * 10_000) / 10_000] for code, probability in judgement.services[:RANKED]]


def place(mention: PlaceMention) -> dict[str, Any]:
    """One item of `places`."""
    item: dict[str, Any] = {
        "text": mention.text,
        "start": mention.start,
        "end": mention.end,
        "kind": mention.kind,
        "code": mention.code,
        "candidates": [dict(candidate) for candidate in mention.candidates],
        "inside": mention.inside,
    }
    name = getattr(mention, "name", None)
    if name:
        item["name"] = name
    return item
