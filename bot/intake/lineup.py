"""Who of a ticket's events is at the head of the line. Kept as a flag, so that a claim need not look at the whole line.

Whoever changes a line holds the ticket's row: two transactions would otherwise each miss what the other one adds.
Rows are always locked in the order ticket, then outbox item.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake.orders import CREATED
from bot.intake.tables import OutboxItem, Ticket, TicketEvent


@dataclass(frozen=True)
class Place:
    """One item of a line that is not accepted yet. `birth`: it is the ticket itself, without which nothing follows."""

    item_id: str
    line: tuple[str, str]  # ticket and backend
    seq: int
    dead: bool
    birth: bool


def at_the_head(places: Iterable[Place]) -> set[str]:
    """The ids of the items that may go now: in each line the first that is open, nothing behind a dead birth. Pure."""
    heads: set[str] = set()
    closed: set[tuple[str, str]] = set()
    for place in sorted(places, key=lambda place: place.seq):
        if place.line in closed or (place.dead and not place.birth):
            continue
        closed.add(place.line)
        if not place.dead:
            heads.add(place.item_id)
    return heads


def hold_tickets(session: Session, ticket_ids: Collection[str]) -> None:
    """Locks the tickets' rows, in one order for everybody. SQLite's writers are alone anyway."""
    query = select(Ticket.id).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)
    session.execute(query.with_for_update(key_share=True)).all()


def line_up(session: Session, ticket_ids: Collection[str]) -> None:
    """Sets the flags of these tickets' lines anew. The caller holds the tickets and has flushed what it changed."""
    query = (
        select(OutboxItem, TicketEvent.type)
        .join(TicketEvent, TicketEvent.id == OutboxItem.event_id)
        .where(OutboxItem.ticket_id.in_(ticket_ids), OutboxItem.state != "accepted")
        .execution_options(populate_existing=True)
    )
    rows = session.execute(query).all()
    heads = at_the_head(
        Place(item.id, (item.ticket_id, item.backend), item.seq, item.state == "dead", type_ == CREATED)
        for item, type_ in rows
    )
    for item, _ in rows:
        if item.ready != (item.id in heads):
            item.ready = item.id in heads
    session.flush()
