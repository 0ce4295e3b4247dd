"""From what was understood to lines of the draft: which problem lies where. Pure."""

from dataclasses import replace

from bot.intake.addresses import compose
from bot.intake.conversation.dangers import KINDS
from bot.intake.draft import NOWHERE, Line, Place
from bot.intake.understanding import Mention, Request, Understanding


def lines_from(text: str, understood: Understanding) -> tuple[Line, ...]:
    """One line for each problem. A place inside a problem's own words is its own; others are shared by their side."""
    requests = understood.requests
    places = places_of(text, understood)
    return tuple(
        Line(
            text=text if len(requests) == 1 else request.text,
            service_code=request.service_code,
            confidence=request.confidence,
            ranking=request.ranking,
            place=place,
        )
        for request, place in zip(requests, places, strict=True)
    )


def line_from_ranking(text: str, understood: Understanding) -> Line:
    """A line for words that the engine took for something else than a report, such as the answer to a question."""
    best = understood.ranking[0] if understood.ranking else (None, 0.0)
    return Line(text, best[0], best[1], understood.ranking, place=compose(text, understood.places))


def lines_or_guess(text: str, understood: Understanding) -> tuple[Line, ...]:
    """The lines of a message that must be about a problem, though the engine may have seen none in it; never empty."""
    return lines_from(text, understood) or (line_from_ranking(text, understood),)


def places_of(text: str, understood: Understanding) -> list[Place]:
    """The place of each request, in order; a request without one of its own lies where the one before it does."""
    requests = understood.requests
    if not requests:
        return []
    if len(requests) == 1:
        return [compose(text, understood.places)]
    owned: list[list[Mention]] = [[] for _ in requests]
    for mention in understood.places:
        owned[_owner(mention, requests)].append(mention)
    places = [compose(text, tuple(mentions)) for mentions in owned]
    shared = next((place for place in places if place.enough), next((p for p in places if p.text), NOWHERE))
    last = shared
    for i, place in enumerate(places):
        if place.enough or (place.text and not last.enough):
            last = place
        elif place.text and last.text and place.text not in last.text:
            places[i] = replace(last, text=f"{last.text}{place.text}")  # "明诚苑" + "北门口"
        else:
            places[i] = last
    return places


def danger_line(text: str, kind: str, understood: Understanding) -> Line | None:
    """A line for a danger in which the engine saw no request; None where no ticket is made of this kind."""
    service = KINDS[kind].service
    if service is None:
        return None
    return Line(text=text, service_code=service, confidence=1.0, settled=True, place=compose(text, understood.places))


def _owner(mention: Mention, requests: tuple[Request, ...]) -> int:
    """The request that holds the mention; else the one that follows it soonest; else the last."""
    for i, request in enumerate(requests):
        if request.start <= mention.start < request.end:
            return i
    following = [i for i, request in enumerate(requests) if request.start >= mention.end]
    before = [i for i, request in enumerate(requests) if request.end <= mention.start]
    if following and before:
        gap_after = requests[following[0]].start - mention.end
        gap_before = mention.start - requests[before[-1]].end
        return before[-1] if gap_before < gap_after else following[0]
    return following[0] if following else len(requests) - 1
