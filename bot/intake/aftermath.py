"""What follows when a delivery has come to an end: news that waited is applied, a person is called, the resident told."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.intake import outbox, statuses
from bot.intake.news import Newsroom
from bot.intake.orders import CREATED
from bot.intake.reviews import open_review
from bot.intake.tables import OutboxItem, Ticket, TicketEvent

RATED = "ticket.rated"  # a rating that a backend does not take is ours to count; nobody need do anything


def follow_up(session: Session, newsroom: Newsroom, item: OutboxItem, now: datetime) -> None:
    """After `outbox.finish`, in the same transaction."""
    ticket = session.get_one(Ticket, item.ticket_id)
    if item.state == "accepted":
        session.refresh(ticket)
        statuses.apply_kept(session, newsroom, ticket, now)
        return
    event = session.get_one(TicketEvent, item.event_id)
    if item.state == "dead" and event.type != RATED:
        _call(session, item, "refused", now)
        if event.type != CREATED:
            newsroom.tell(session, ticket, "news_not_forwarded", now)
    report_stuck(session, item, now)


def report_stuck(session: Session, item: OutboxItem, now: datetime) -> None:
    """Calls a person where an item may have arrived and nothing but a look by hand can tell."""
    if item.state == "unknown" and item.next_attempt_at >= outbox.NEVER:
        _call(session, item, "unknown_delivery", now)


def _call(session: Session, item: OutboxItem, reason: str, now: datetime) -> None:
    data = {"outbox_id": item.id, "backend": item.backend, "reason": item.reason, "attempts": item.attempts}
    open_review(session, f"{reason}:{item.id}:{item.attempts}", reason, now, ticket_id=item.ticket_id, data=data)
