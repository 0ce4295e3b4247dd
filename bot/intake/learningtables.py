"""Tables of the learning loop: examples that people decided or brought, and the work that makes models of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.intake.tables import Base


class Example(Base):
    """A text and what it means, as a person decided. Personal data in the text is masked before it is stored."""

    __tablename__ = "examples"
    __table_args__ = (Index("ix_examples_review_id", "review_id"), Index("ix_examples_inbox_id", "inbox_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    intent: Mapped[str] = mapped_column(String(32))  # report, or the act's intent of domain.yml
    service_code: Mapped[str | None] = mapped_column(String(16))  # of reports only
    source: Mapped[str] = mapped_column(String(16))  # decision, import
    origin: Mapped[str] = mapped_column(String(64), default="")  # of an import: the name it was given
    account_id: Mapped[str | None] = mapped_column(String(32))  # also "terminal", which is no account
    review_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))  # the message it comes from
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]  # the decision was undone, or an administrator set it aside


class LearningJob(Base):
    """A piece of work for the learning loop, asked for by a person or by the schedule; one runs at a time."""

    __tablename__ = "learning_jobs"
    __table_args__ = (
        Index("ix_learning_jobs_state", "state", "asked_at"),
        # Two services on one database cannot both be at it.
        Index(
            "uq_learning_jobs_running",
            "state",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # train, check, promote, rollback
    state: Mapped[str] = mapped_column(String(8), default="waiting")  # waiting, running, done, failed
    data: Mapped[dict[str, Any]]  # what was asked: model, reason
    result: Mapped[dict[str, Any] | None]  # what came of it: model, accepted, trouble
    stage: Mapped[str] = mapped_column(String(32), default="waiting")
    percent: Mapped[int] = mapped_column(default=0)
    account_id: Mapped[str | None] = mapped_column(String(32))  # None: the schedule
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    beat_at: Mapped[datetime | None]  # the last sign of life; a job that is silent too long was killed
    finished_at: Mapped[datetime | None]
