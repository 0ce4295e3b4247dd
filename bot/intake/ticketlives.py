"""One ticket's whole life for people to read: what happened, what was sent where, what came back, who follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.intake.orders import SNAPSHOT
from bot.intake.tables import (
    Delivery,
    Follower,
    InboxItem,
    OutboxItem,
    Review,
    StatusUpdate,
    Ticket,
    TicketEvent,
    Upload,
)
from language.pii import mask


@dataclass(frozen=True)
class Sent:
    """One event's way to the backend, with every try."""

    item: OutboxItem
    tries: tuple[Delivery, ...]


@dataclass(frozen=True)
class Step:
    """An event; `facts` is what went along, personal data masked."""

    event: TicketEvent
    facts: dict[str, Any]
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Life:
    ticket: Ticket
    steps: tuple[Step, ...]
    updates: Sequence[StatusUpdate]  # of the backend, as they came
    reviews: Sequence[Review]
    followers: int
    photos: tuple[str, ...]  # upload ids that are still kept
    understood: dict[str, Any] | None  # the engine's document of the message that told of it


def find_life(session: Session, number: str) -> Life | None:
    ticket = session.scalar(select(Ticket).where(Ticket.number == number))
    if ticket is None:
        return None
    events = session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)
    ).all()
    items = session.scalars(select(OutboxItem).where(OutboxItem.ticket_id == ticket.id)).all()
    tries = session.scalars(
        select(Delivery).where(Delivery.outbox_id.in_([item.id for item in items])).order_by(Delivery.id)
    ).all()
    sent = [Sent(item, tuple(one for one in tries if one.outbox_id == item.id)) for item in items]
    followers = select(func.count()).where(Follower.ticket_id == ticket.id)
    updates = select(StatusUpdate).where(StatusUpdate.ticket_id == ticket.id).order_by(StatusUpdate.id)
    reviews = select(Review).where(Review.ticket_id == ticket.id).order_by(Review.created_at)
    return Life(
        ticket=ticket,
        steps=tuple(
            Step(event, _facts(event), tuple(one for one in sent if one.item.event_id == event.id)) for event in events
        ),
        updates=session.scalars(updates).all(),
        reviews=session.scalars(reviews).all(),
        followers=session.scalar(followers) or 0,
        photos=tuple(session.scalars(select(Upload.id).where(Upload.id.in_(ticket.photos)))) if ticket.photos else (),
        understood=_understood(session, ticket),
    )


def _facts(event: TicketEvent) -> dict[str, Any]:
    """What the event tells the backend, flat; what is empty is left out."""
    told = {**event.data.get(SNAPSHOT, {}), **{name: value for name, value in event.data.items() if name != SNAPSHOT}}
    return {
        name: mask(value) if isinstance(value, str) else value
        for name, value in told.items()
        if value not in (None, "", [], False)
    }


def _understood(session: Session, ticket: Ticket) -> dict[str, Any] | None:
    """Of the latest message before the confirmation in which the engine saw the ticket's words or service."""
    if ticket.inbox_id is None:
        return None
    query = (
        select(InboxItem.understood)
        .where(
            InboxItem.conversation_id == ticket.conversation_id,
            InboxItem.id <= ticket.inbox_id,
            InboxItem.understood.is_not(None),
        )
        .order_by(InboxItem.id.desc())
        .limit(20)
    )
    for document in session.scalars(query):
        found: dict[str, Any] = document or {}
        if any(ticket.service_code in dict(one["ranking"]) for one in found.get("requests") or []):
            return found
    return None
