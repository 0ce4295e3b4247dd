"""What a decision does to live tickets, and how it is taken back: events for the backend, words for the resident.

In the caller's transaction. Every deed is noted with what was there before, so that undoing needs no guess.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import states, tickets
from bot.intake.city import City
from bot.intake.conversation.dangers import KINDS
from bot.intake.conversations import get_conversation
from bot.intake.draft import Draft, Line, Place
from bot.intake.errors import BadInput
from bot.intake.news import Newsroom
from bot.intake.rulings import PlaceRuling, Ruling
from bot.intake.tables import Follower, Ticket

PLACE = ("address", "place_code", "lat", "lon")


@dataclass(frozen=True)
class Office:
    """What deciding needs of the service. `delivers`: the backends that really take tickets; None: all do."""

    city: City
    newsroom: Newsroom
    backend: str
    delivers: tuple[str, ...] | None = None


@dataclass
class Mended:
    """`why` says why nothing was mended or told: not_filed, closed, nothing_changed, dry_backend; None: it was."""

    effects: list[dict[str, Any]] = field(default_factory=list)
    told: int = 0
    why: str | None = None


def mend(session: Session, office: Office, ruling: Ruling, filed: list[Ticket], now: datetime) -> Mended:
    """Brings the tickets of a message to what was decided. Raises BadInput for a merge with what cannot be joined."""
    done = Mended()
    if not filed:
        done.why = "not_filed"
        return done
    live = [ticket for ticket in filed if ticket.status in states.OPEN]
    if not live:
        done.why = "closed"
        return done
    match ruling.outcome:
        case "out_of_scope":
            for ticket in live:
                _withdraw(session, office, ticket, "review_not_ours", office.city.hotlines.fallback, done, now)
        case "merge":
            other = _other(session, ruling, filed)
            for ticket in live:
                _join(session, ticket, other, done, now)
                _withdraw(session, office, ticket, "review_merged", other.number, done, now)
        case _:
            _correct(session, office, ruling, filed, done, now)
    if not done.effects:
        done.why = "nothing_changed"
    elif office.delivers is not None and any(ticket.backend not in office.delivers for ticket in live):
        done.why = "dry_backend"
    return done


def take_back(session: Session, office: Office, effects: list[dict[str, Any]], tell: bool, now: datetime) -> Mended:
    """Undoes what was noted, last deed first. What somebody has changed since stays as it is (`why`: changed_since)."""
    done = Mended()
    for effect in reversed(effects):
        ticket = tickets.get_ticket(session, effect["ticket"])
        match effect["do"]:
            case "corrected":
                if any(getattr(ticket, name) != value for name, value in effect["after"].items()):
                    done.why = "changed_since"
                    continue
                _set(session, ticket, effect["before"], now)
                done.told += _tell(session, office, ticket, "review_undone", now) if tell else 0
            case "withdrawn":
                if ticket.status != states.WITHDRAWN:
                    done.why = "changed_since"
                    continue
                tickets.change_ticket(session, ticket, "ticket.reopened", {}, now)
                done.told += _tell(session, office, ticket, "review_undone", now) if tell else 0
            case "filed":
                if ticket.status in states.OPEN:
                    _withdraw(session, office, ticket, "news_withdrawn" if tell else None, "", done, now)
            case "followed":
                known = select(Follower).where(
                    Follower.ticket_id == ticket.id, Follower.conversation_id == effect["conversation"]
                )
                if (follower := session.scalar(known)) is not None:
                    session.delete(follower)
    return done


def _correct(
    session: Session, office: Office, ruling: Ruling, filed: list[Ticket], done: Mended, now: datetime
) -> None:
    services = ruling.services
    if ruling.outcome == "emergency" and not services and ruling.kind and (code := KINDS[ruling.kind].service):
        services = (code,)
    for i, ticket in enumerate(filed):
        if ticket.status not in states.OPEN:
            continue
        facts: dict[str, Any] = {}
        if i < len(services) and services[i] != ticket.service_code:
            facts |= {"service_code": services[i], "urgency": office.city.catalogue[services[i]].urgency}
        place = ruling.places[i] if i < len(ruling.places) else None
        facts |= _place_facts(place) if place else {}
        if ruling.outcome == "emergency":
            facts["urgency"] = "emergency"
        facts = {name: value for name, value in facts.items() if getattr(ticket, name) != value}
        if facts:
            before = {name: getattr(ticket, name) for name in facts}
            done.effects.append({"do": "corrected", "ticket": ticket.id, "before": before, "after": facts})
            _set(session, ticket, facts, now)
            done.told += _tell(session, office, ticket, _phrase(facts), now)
    for code, place in zip(services[len(filed) :], _behind(ruling, len(filed), len(services)), strict=True):
        _add(session, office, filed[0], code, place, done, now)


def _place_facts(place: PlaceRuling) -> dict[str, Any]:
    """Words without a code belong to no official place any more; a pin stays until another is set."""
    facts: dict[str, Any] = {}
    if place.text is not None:
        facts |= {"address": place.text, "place_code": place.code}
    if place.lat is not None:
        facts |= {"lat": place.lat, "lon": place.lon}
    return facts


def _behind(ruling: Ruling, start: int, end: int) -> list[PlaceRuling | None]:
    places = [*ruling.places, *[None] * end][:end]
    return places[start:end]


def _set(session: Session, ticket: Ticket, facts: dict[str, Any], now: datetime) -> None:
    for name, value in facts.items():
        setattr(ticket, name, value)
    data = {name: value for name, value in facts.items() if name != "urgency"}
    tickets.change_ticket(session, ticket, "ticket.corrected", data, now)


def _phrase(facts: dict[str, Any]) -> str:
    place = any(name in facts for name in PLACE)
    if "service_code" in facts:
        return "review_service_place" if place else "review_service"
    return "review_place" if place else "review_urgent"


def _add(
    session: Session, office: Office, beside: Ticket, code: str, place: PlaceRuling | None, done: Mended, now: datetime
) -> None:
    """A further problem of the same message becomes a ticket of its own, from the same resident."""
    where = Place(beside.address, beside.place_code, (), beside.lat, beside.lon)
    if place is not None:
        where = Place(place.text or "", place.code, (), place.lat, place.lon)
    draft = Draft(
        photos=tuple(beside.photos),
        occurred=beside.occurred,
        name=beside.contact_name,
        phone=beside.contact_phone,
        anonymous=beside.anonymous,
        confidential=beside.confidential,
    )
    conversation = get_conversation(session, beside.conversation_id)
    line = Line(beside.text, code, 1.0, settled=True, place=where)
    added = tickets.file_ticket(session, conversation, beside.inbox_id, draft, line, office.city, office.backend, now)
    done.effects.append({"do": "filed", "ticket": added.id})
    done.told += _tell(session, office, added, "review_added", now)


def _other(session: Session, ruling: Ruling, filed: list[Ticket]) -> Ticket:
    other = tickets.find_ticket(session, ruling.ticket or "")
    if other is None:
        raise BadInput(f"there is no ticket {ruling.ticket}")
    if other.id in {ticket.id for ticket in filed} or other.status not in states.OPEN:
        raise BadInput(f"{other.number} cannot be joined: it is this very case, or closed")
    return other


def _join(session: Session, ticket: Ticket, other: Ticket, done: Mended, now: datetime) -> None:
    """Everybody who hears of the one hears of the other from now on."""
    known = {conversation.id for conversation in tickets.listeners(session, other)}
    for conversation in tickets.listeners(session, ticket):
        if conversation.id not in known:
            tickets.follow(session, other.id, conversation.id, now)
            done.effects.append({"do": "followed", "ticket": other.id, "conversation": conversation.id})


def _withdraw(
    session: Session, office: Office, ticket: Ticket, key: str | None, word: str, done: Mended, now: datetime
) -> None:
    tickets.change_ticket(session, ticket, "ticket.withdrawn", {}, now)
    done.effects.append({"do": "withdrawn", "ticket": ticket.id})
    done.told += _tell(session, office, ticket, key, now, word=word) if key else 0


def _tell(session: Session, office: Office, ticket: Ticket, key: str, now: datetime, **params: Any) -> int:
    return office.newsroom.tell(session, ticket, key, now, **params)
