"""Tickets: filed, changed, found. Ticket, event and outbox item are always written in one transaction."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.intake import outbox, states
from bot.intake.city import City
from bot.intake.conversation.card import address_of
from bot.intake.conversation.heard import TicketView
from bot.intake.draft import Draft, Line
from bot.intake.ids import new_id
from bot.intake.tables import Conversation, Cursor, Follower, Ticket, TicketEvent

NEARBY_DAYS = 60
NEARBY_LIMIT = 200


def file_ticket(
    session: Session,
    conversation: Conversation,
    inbox_id: int | None,
    draft: Draft,
    line: Line,
    city: City,
    backend: str,
    now: datetime,
) -> Ticket:
    """One line of a confirmed draft becomes a ticket, its first event and its way to the backend."""
    code = line.service_code or ""
    service = city.catalogue[code]
    ticket = Ticket(
        id=new_id(),
        number=_next_number(session, city, now),
        conversation_id=conversation.id,
        inbox_id=inbox_id,
        service_code=code,
        status=states.SUBMITTED,
        text=line.text,
        address=address_of(line.place, city),
        place_code=line.place.code,
        lat=line.place.lat,
        lon=line.place.lon,
        occurred=draft.occurred,
        contact_name=None if draft.anonymous else draft.name,
        contact_phone=None if draft.anonymous else draft.phone,
        anonymous=draft.anonymous,
        confidential=draft.confidential,
        language=conversation.language,
        urgency=service.urgency,
        photos=list(draft.photos),
        backend=backend,
        created_at=now,
        updated_at=now,
    )
    session.add(ticket)
    session.flush()
    add_event(session, ticket, "ticket.created", {}, now, send=True)
    return ticket


def change_ticket(session: Session, ticket: Ticket, type_: str, data: dict[str, Any], now: datetime) -> TicketEvent:
    """An event of the resident's or an operator's, sent to the backend; statuses follow where the event implies one."""
    if type_ == "ticket.withdrawn" and states.may_become(ticket.status, states.WITHDRAWN):
        ticket.status = states.WITHDRAWN
    elif type_ == "ticket.reopened" and states.may_become(ticket.status, states.SUBMITTED):
        ticket.status = states.SUBMITTED
    if data.get("photos"):
        ticket.photos = [*ticket.photos, *data["photos"]]
    return add_event(session, ticket, type_, data, now, send=True)


def add_event(
    session: Session, ticket: Ticket, type_: str, data: dict[str, Any], now: datetime, *, send: bool
) -> TicketEvent:
    """The next event of this ticket; with `send` the backend will hear of it."""
    last = session.scalar(
        select(TicketEvent.seq).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq.desc()).limit(1)
    )
    event = TicketEvent(id=new_id(), ticket_id=ticket.id, seq=(last or 0) + 1, type=type_, data=data, created_at=now)
    ticket.updated_at = now
    session.add(event)
    session.flush()
    if send:
        outbox.enqueue(session, ticket, event, now)
    return event


def find_ticket(session: Session, number: str) -> Ticket | None:
    return session.scalar(select(Ticket).where(Ticket.number == number))


def get_ticket(session: Session, ticket_id: str) -> Ticket:
    """Raises LookupError where there is none."""
    ticket = session.get(Ticket, ticket_id)
    if ticket is None:
        raise LookupError(f"no ticket {ticket_id}")
    return ticket


def list_own(session: Session, conversation_id: str, limit: int = 20) -> list[Ticket]:
    """The resident's tickets, newest first."""
    query = (
        select(Ticket).where(Ticket.conversation_id == conversation_id).order_by(Ticket.created_at.desc()).limit(limit)
    )
    return list(session.scalars(query))


def list_others_open(session: Session, conversation_id: str, codes: set[str], since: datetime) -> list[Ticket]:
    """Other residents' open tickets for these services, newest first; not those that the resident joined already."""
    joined = select(Follower.ticket_id).where(Follower.conversation_id == conversation_id)
    query = (
        select(Ticket)
        .where(
            Ticket.service_code.in_(codes),
            Ticket.status.in_(states.OPEN),
            Ticket.conversation_id != conversation_id,
            Ticket.created_at >= since,
            Ticket.confidential.is_(False),
            Ticket.id.not_in(joined),
        )
        .order_by(Ticket.created_at.desc())
        .limit(NEARBY_LIMIT)
    )
    return list(session.scalars(query))


def follow(session: Session, ticket_id: str, conversation_id: str, now: datetime) -> None:
    """The resident hears this ticket's news from now on; joining twice is joining once."""
    known = select(Follower).where(Follower.ticket_id == ticket_id, Follower.conversation_id == conversation_id)
    if session.scalar(known) is None:
        session.add(Follower(ticket_id=ticket_id, conversation_id=conversation_id, created_at=now))
        session.flush()


def listeners(session: Session, ticket: Ticket) -> list[Conversation]:
    """Everybody who hears this ticket's news: who filed it first, then who joined."""
    ids = [
        ticket.conversation_id,
        *session.scalars(select(Follower.conversation_id).where(Follower.ticket_id == ticket.id)),
    ]
    found = [session.get(Conversation, conversation_id) for conversation_id in ids]
    return [conversation for conversation in found if conversation is not None]


def view(session: Session, ticket: Ticket) -> TicketView:
    closed_at = (ticket.status_at or ticket.updated_at) if ticket.status in (states.CLOSED, states.REJECTED) else None
    return TicketView(
        id=ticket.id,
        number=ticket.number,
        service_code=ticket.service_code,
        status=ticket.status,
        text=ticket.text,
        address=ticket.address,
        created_at=ticket.created_at,
        closed_at=closed_at,
        lat=ticket.lat,
        lon=ticket.lon,
        place_code=ticket.place_code,
    )


def _next_number(session: Session, city: City, now: datetime) -> str:
    """Prefix, local date and a running number: short enough to be read out over the phone."""
    day = now.astimezone(city.timezone).strftime("%Y%m%d")
    name = f"ticket:{day}"
    cursor = session.get(Cursor, name, with_for_update=True) or _start_day(session, name, now)
    cursor.value = str(int(cursor.value) + 1)
    cursor.updated_at = now
    session.flush()
    return f"{city.ticket_prefix}-{day}-{int(cursor.value):04d}"


def _start_day(session: Session, name: str, now: datetime) -> Cursor:
    """The counter of a new day; who comes second at the very same moment takes the first one's."""
    with suppress(IntegrityError), session.begin_nested():
        session.add(Cursor(name=name, value="0", updated_at=now))
        session.flush()
    return session.get_one(Cursor, name, with_for_update=True, populate_existing=True)
