"""The table of hand-overs: residents who asked for a person."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.intake.tables import Base


class Handover(Base):
    """One call for a person, from the asking to the end. At most one of a conversation is not ended."""

    __tablename__ = "handovers"
    __table_args__ = (
        Index("ix_handovers_state", "state", "asked_at"),
        Index(
            "uq_handovers_open",
            "conversation_id",
            unique=True,
            sqlite_where=text("state <> 'ended'"),
            postgresql_where=text("state <> 'ended'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))  # the message that asked
    review_id: Mapped[str | None] = mapped_column(ForeignKey("reviews.id"))
    state: Mapped[str] = mapped_column(String(8))  # waiting; taken (the bot is silent); ended
    account_id: Mapped[str | None] = mapped_column(String(32))  # who took it, the last one
    account_name: Mapped[str | None] = mapped_column(String(64))
    ending: Mapped[str | None] = mapped_column(String(16))  # answered, idle, resident, missed, left
    said_key: Mapped[str | None] = mapped_column(String(64))  # of the person's last message: the same again is the same
    asked_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    last_at: Mapped[datetime]  # when either side last wrote, or something of the above happened
    ended_at: Mapped[datetime | None]
