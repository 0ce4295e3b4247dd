"""What follows when a delivery has come to an end: news that waited is applied, a person is called, the resident told."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import outbox, statuses
from bot.intake.news import Newsroom
from bot.intake.orders import CREATED
from bot.intake.reviews import open_review
from bot.intake.tables import OutboxItem, Ticket, TicketEvent

RATED = "ticket.rated"  # a rating that a backend does not take is ours to count; nobody need do anything


def follow_up(session: Session, newsroom: Newsroom, items: Iterable[OutboxItem], now: datetime) -> None:
    """After `outbox.finish_all`, in the same transaction."""
    accepted: dict[str, list[str]] = {}
    for item in items:
        if item.state == "accepted":
            accepted.setdefault(item.backend, []).append(item.ticket_id)
            continue
        if item.state == "dead":
            _refused(session, newsroom, item, now)
        report_stuck(session, item, now)
    for backend, ticket_ids in accepted.items():
        query = select(Ticket).where(Ticket.id.in_(ticket_ids)).execution_options(populate_existing=True)
        for ticket in statuses.find_kept(session, backend, session.scalars(query)):
            statuses.apply_kept(session, newsroom, ticket, now)


def report_stuck(session: Session, item: OutboxItem, now: datetime) -> None:
    """Calls a person where an item may have arrived and nothing but a look by hand can tell."""
    if item.state == "unknown" and item.next_attempt_at >= outbox.NEVER:
        _call(session, item, "unknown_delivery", now)


def _refused(session: Session, newsroom: Newsroom, item: OutboxItem, now: datetime) -> None:
    event = session.get_one(TicketEvent, item.event_id)
    if event.type == RATED:
        return
    _call(session, item, "refused", now)
    if event.type != CREATED:
        newsroom.tell(session, session.get_one(Ticket, item.ticket_id), "news_not_forwarded", now)


def _call(session: Session, item: OutboxItem, reason: str, now: datetime) -> None:
    data = {"outbox_id": item.id, "backend": item.backend, "reason": item.reason, "attempts": item.attempts}
    open_review(session, f"{reason}:{item.id}:{item.attempts}", reason, now, ticket_id=item.ticket_id, data=data)
