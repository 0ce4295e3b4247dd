"""What a person should look at: doubts, danger, refusals, wishes for a person. The same matter is listed once."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.intake import queue_order
from bot.intake.ids import new_id
from bot.intake.tables import Review


def open_review(
    session: Session,
    dedup_key: str,
    reason: str,
    now: datetime,
    *,
    conversation_id: str | None = None,
    inbox_id: int | None = None,
    ticket_id: str | None = None,
    data: dict[str, Any] | None = None,
    pair: str = "",
    confidence: float | None = None,
    margin: float | None = None,
    twice: bool = False,
) -> tuple[Review, bool]:
    """The review item for this matter and whether it is new.

    `pair` names the two services in question, `confidence` and `margin` how sure the engine was; `twice` asks for a
    second opinion.
    """
    found = session.scalar(select(Review).where(Review.dedup_key == dedup_key))
    if found is not None:
        return found, False
    review = Review(
        id=new_id(),
        dedup_key=dedup_key,
        reason=reason,
        conversation_id=conversation_id,
        inbox_id=inbox_id,
        ticket_id=ticket_id,
        data=data or {},
        state="open",
        score=queue_order.score(reason, now, confidence, margin),
        due_at=queue_order.due(reason, now),
        pair=pair,
        twice=twice,
        created_at=now,
    )
    session.add(review)
    session.flush()
    return review, True


def count_open(session: Session) -> int:
    return session.scalar(select(func.count()).where(Review.state == "open")) or 0
