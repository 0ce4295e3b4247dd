"""Which turns a person should look at: from what was understood and what the conversation made of it. Pure."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from bot.intake.conversation.heard import AskPerson, Heard, Outcome
from bot.intake.understanding import Understanding
from language.abuse import is_abusive

HANDOFF = "handoff"  # somebody who wants a person has a queue of their own


@dataclass(frozen=True)
class ReviewRules:
    """What a city has looked at, by share (0 to 1) and confidence."""

    below: float = 0.6  # a problem less sure than this is looked at
    sample: float = 0.02  # of the sure ones, so that silent errors are seen
    twice: float = 0.05  # of the items, by a second person as well


@dataclass(frozen=True)
class Doubts:
    """Why to look at a turn, and how sure the engine was of its least sure problem."""

    reasons: tuple[str, ...]
    pair: str = ""
    confidence: float | None = None
    margin: float | None = None
    data: dict[str, Any] = field(default_factory=dict)


def lot(key: str) -> float:
    """A number from 0 up to 1 that the same key always draws."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def find_doubts(heard: Heard, outcome: Outcome, draw: float, rules: ReviewRules) -> Doubts:
    """`draw` is the turn's lot. Without reasons there is nothing to look at."""
    asked = [e for e in outcome.effects if isinstance(e, AskPerson) and e.reason != HANDOFF]
    reasons = [effect.reason for effect in asked]
    data = {key: value for effect in asked for key, value in effect.data.items()}
    understood = heard.understood
    if understood is None:
        return Doubts(tuple(dict.fromkeys(reasons)), data=data)
    reasons += _from_words(heard, understood, outcome, rules)
    if not reasons and understood.act == "request" and draw < rules.sample:
        reasons.append("sample")
    confidence, pair, margin = _least_sure(understood)
    return Doubts(tuple(dict.fromkeys(reasons)), pair, confidence, margin, data)


def _from_words(heard: Heard, understood: Understanding, outcome: Outcome, rules: ReviewRules) -> list[str]:
    reasons = []
    if heard.danger:
        reasons.append("danger")
    if any(request.confidence < rules.below for request in understood.requests):
        reasons.append("low_confidence")
    if any(say.expects == "which_service" for say in outcome.says):
        reasons.append("several")
    if understood.act == "out_of_scope":
        reasons.append("out_of_scope")
    if is_abusive(heard.text):
        reasons.append("abuse")
    return reasons


def _least_sure(understood: Understanding) -> tuple[float | None, str, float | None]:
    rankings = [request.ranking for request in understood.requests] or [understood.ranking]
    ranking = min((r for r in rankings if r), key=lambda r: r[0][1], default=())
    if not ranking:
        return None, "", None
    second = ranking[1] if len(ranking) > 1 else ("", 0.0)
    pair = f"{ranking[0][0]}|{second[0]}"
    return ranking[0][1], pair, ranking[0][1] - second[1]
