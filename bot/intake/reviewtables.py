"""The table of operators' decisions on review items."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.intake.tables import Base


class ReviewDecision(Base):
    """What one person decided on one item. Nothing is taken away: what is undone stays, with the moment."""

    __tablename__ = "review_decisions"
    __table_args__ = (
        Index("ix_review_decisions_review", "review_id", "round"),
        Index("ix_review_decisions_person", "person_id", "decided_at"),
        Index("ix_review_decisions_batch_id", "batch_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    review_id: Mapped[str] = mapped_column(ForeignKey("reviews.id"))
    round: Mapped[int]  # 1; 2 the second opinion; 3 the word of a reviewer where the two differ
    person_id: Mapped[str] = mapped_column(String(32))
    person_name: Mapped[str] = mapped_column(String(64))  # at that time
    outcome: Mapped[str] = mapped_column(String(16))  # see rulings.py
    ruling: Mapped[dict[str, Any]]  # as it was asked for: the same again is the same decision
    label: Mapped[str] = mapped_column(String(128))  # what it comes to, such as UM-G02: for agreement
    effects: Mapped[list[Any]]  # what was done to tickets, with what was there before
    answer: Mapped[dict[str, Any]]  # what the person was answered
    batch_id: Mapped[str] = mapped_column(String(32))  # decisions taken in one go are undone in one go
    decided_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
