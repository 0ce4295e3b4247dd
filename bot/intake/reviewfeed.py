"""Feeds the review queue from live turns, and ties its items to the tickets that come of them. In the turn's transaction."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import decisions, reviews
from bot.intake.conversation.heard import Erase, FileTickets, Heard, Outcome
from bot.intake.doubts import HANDOFF, ReviewRules, find_doubts, lot
from bot.intake.mending import Office
from bot.intake.queue_order import most_urgent
from bot.intake.tables import Conversation, InboxItem, Review, Ticket

SAME_DRAFT = timedelta(days=2)  # a draft that rests longer than this is another matter


def feed(
    session: Session,
    office: Office,
    rules: ReviewRules,
    conversation: Conversation,
    item: InboxItem,
    heard: Heard,
    outcome: Outcome,
    now: datetime,
) -> Review | None:
    """The item that this turn makes, if it makes one; one for a message, by its most urgent reason."""
    if any(isinstance(effect, Erase) for effect in outcome.effects):
        return None
    filed: list[Ticket] = []
    if any(isinstance(effect, FileTickets) for effect in outcome.effects):
        filed = list(session.scalars(select(Ticket).where(Ticket.inbox_id == item.id).order_by(Ticket.number)))
    known = _tie(session, office, conversation, filed, now) if filed else False
    key = f"inbox:{item.id}"
    doubts = find_doubts(heard, outcome, lot(key + item.update_id), rules)
    reasons = [reason for reason in doubts.reasons if not (known and reason == "low_confidence")]
    if not reasons:
        return None
    number = doubts.data.get("ticket")
    rated = session.scalar(select(Ticket).where(Ticket.number == number)) if number else None
    about = filed or ([rated] if rated is not None else [])
    reason = most_urgent(reasons)
    review, _ = reviews.open_review(
        session,
        key,
        reason,
        now,
        conversation_id=conversation.id,
        inbox_id=item.id,
        ticket_id=about[0].id if about else None,
        data={
            **({"kind": heard.danger} if heard.danger else {}),
            **doubts.data,
            "reasons": reasons,
            "tickets": [ticket.id for ticket in about],
        },
        pair=doubts.pair,
        confidence=doubts.confidence,
        margin=doubts.margin,
        twice=heard.understood is not None and reason != "danger" and lot(f"twice:{key}") < rules.twice,
    )
    return review


def _tie(session: Session, office: Office, conversation: Conversation, filed: list[Ticket], now: datetime) -> bool:
    """Ties items of this draft's messages to their tickets; whether one of them is still to be looked at."""
    query = select(Review).where(
        Review.conversation_id == conversation.id,
        Review.ticket_id.is_(None),
        Review.inbox_id.is_not(None),
        Review.reason != HANDOFF,
        Review.created_at >= now - SAME_DRAFT,
    )
    waiting = False
    for review in session.scalars(query).all():
        item = session.get_one(InboxItem, review.inbox_id)
        requests = (item.understood or {}).get("requests") or []
        parts = [part for part in (item.payload.get("text"), *(r["text"] for r in requests)) if part]
        mine = [ticket for ticket in filed if any(part in ticket.text for part in parts)]
        if not mine:
            continue
        review.ticket_id = mine[0].id
        review.data = {**review.data, "tickets": [ticket.id for ticket in mine]}
        waiting = waiting or review.state == "open"
        decisions.catch_up(session, office, review, mine, now)
    session.flush()
    return waiting
