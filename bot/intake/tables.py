"""All tables of the service. Times are aware UTC; JSON documents carry their own version where they live long."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment stored as UTC; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored; pass an aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self, 'id', '?')})"


class Conversation(Base):
    """One resident on one channel: a Telegram chat, a web session, a terminal."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "address"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)  # random, opaque
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(128))  # chat id, or SHA-256 of a web session's token
    language: Mapped[str] = mapped_column(String(8), default="zh")
    language_set: Mapped[bool] = mapped_column(default=False)  # chosen by the resident: messages no longer change it
    next_seq: Mapped[int] = mapped_column(default=1)  # the seq the next outgoing message gets
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]  # the address no longer takes messages (blocked, erased)


class InboxItem(Base):
    """One thing a resident sent. Stored before it is acknowledged; handled once, in order for each conversation."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("conversation_id", "update_id"),
        Index("ix_inbox_waiting", "state", "next_attempt_at"),
        Index("ix_inbox_conversation", "conversation_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    update_id: Mapped[str] = mapped_column(String(128))  # the channel's own id: the same one again is the same thing
    kind: Mapped[str] = mapped_column(String(16))  # text, button, location, photo, edit, command, other
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(8), default="waiting")  # waiting, claimed, done
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    apologised: Mapped[bool] = mapped_column(default=False)  # told "a moment" while the engine was away
    warned: Mapped[bool] = mapped_column(default=False)  # danger answer already given before the turn was done
    received_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    understood: Mapped[dict[str, Any] | None]  # the engine's document; None for buttons, pins, photos
    trouble: Mapped[str | None] = mapped_column(String(64))  # name of the last failure, never its text


class Draft(Base):
    """The request being written; one for each conversation. The document carries its version."""

    __tablename__ = "drafts"

    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    version: Mapped[int]
    document: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class Message(Base):
    """One message to a resident. `seq` counts from 1 within the conversation."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        Index("ix_messages_unsent", "state", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    seq: Mapped[int]
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))  # None: news without being asked
    body: Mapped[dict[str, Any]]  # the message of interfaces.md §3 without seq
    state: Mapped[str] = mapped_column(String(8))  # pulled (the web reads it), waiting, claimed, sent, failed
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Upload(Base):
    """A picture a resident sent, stored without metadata."""

    __tablename__ = "uploads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    path: Mapped[str] = mapped_column(String(255))  # below the uploads folder of the data directory
    media_type: Mapped[str] = mapped_column(String(32))
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]


class Ticket(Base):
    """A service request that a resident confirmed."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_conversation_id", "conversation_id"),
        Index("ix_tickets_service", "service_code", "status"),
        Index("ix_tickets_case", "backend", "case_id"),
        Index("ix_tickets_created", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)  # what residents and backends see
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))  # the confirming turn
    service_code: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))  # see states.py
    text: Mapped[str] = mapped_column(Text)  # the resident's words about this problem
    address: Mapped[str] = mapped_column(Text)  # as the resident named it; "" where no place is needed
    place_code: Mapped[str | None] = mapped_column(String(16))
    lat: Mapped[float | None]  # WGS-84
    lon: Mapped[float | None]
    occurred: Mapped[str | None] = mapped_column(String(255))  # when, in the resident's words
    contact_name: Mapped[str | None] = mapped_column(String(64))
    contact_phone: Mapped[str | None] = mapped_column(String(32))
    anonymous: Mapped[bool] = mapped_column(default=False)  # nothing of the resident goes to the backend
    confidential: Mapped[bool] = mapped_column(default=False)  # kept from the unit complained about
    language: Mapped[str] = mapped_column(String(8), default="zh")
    urgency: Mapped[str] = mapped_column(String(16))
    photos: Mapped[list[Any]]  # upload ids
    backend: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[str | None] = mapped_column(String(128))  # the backend's id, once accepted
    status_at: Mapped[datetime | None]  # the backend's time of the last applied status
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class TicketEvent(Base):
    """What happened to a ticket, in order; those a backend must hear of have an outbox item."""

    __tablename__ = "ticket_events"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    seq: Mapped[int]
    type: Mapped[str] = mapped_column(
        String(32)
    )  # ticket.created, .corrected, .supplemented, .withdrawn, .reopened, .rated, .status
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class OutboxItem(Base):
    """One ticket event on its way to the backend. The id is the idempotency key, the same on every try."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("event_id", "backend"),
        Index("ix_outbox_due", "backend", "state", "ready", "next_attempt_at"),
        Index("ix_outbox_ticket", "ticket_id", "seq"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    backend: Mapped[str] = mapped_column(String(32))
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("ticket_events.id"))
    seq: Mapped[int]  # the event's; items of one ticket leave in this order
    # waiting; claimed (leased, nothing sent yet); sending (the request may be on the wire); unknown (may have arrived:
    # look before sending again); accepted; dead
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    ready: Mapped[bool] = mapped_column(default=True)  # no earlier event of its ticket is in its way: lineup.py
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(String(128))  # an Open311 token to be resumed, never posted again
    reason: Mapped[str | None] = mapped_column(Text)  # of the last failure, for the operator
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # when the last request went out
    done_at: Mapped[datetime | None]


class Delivery(Base):
    """One try to deliver an outbox item: what was asked, what came back."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_outbox_id", "outbox_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    outbox_id: Mapped[str] = mapped_column(ForeignKey("outbox.id"))
    kind: Mapped[str] = mapped_column(String(16))  # send, look_up, resume
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(
        String(16)
    )  # accepted, temporary, permanent, ambiguous, not_found, token
    http_status: Mapped[int | None]
    detail: Mapped[str | None] = mapped_column(Text)  # first 2,048 characters of the answer


class StatusUpdate(Base):
    """A word from the backend about a case, kept as it came; applied at most once."""

    __tablename__ = "status_updates"
    __table_args__ = (
        UniqueConstraint("backend", "update_id"),
        Index("ix_status_updates_stray", "backend", "ticket_id"),  # NULL: news that waits for its ticket
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    backend: Mapped[str] = mapped_column(String(32))
    update_id: Mapped[str] = mapped_column(String(128))
    case_id: Mapped[str | None] = mapped_column(String(128))
    ticket_number: Mapped[str | None] = mapped_column(String(64))
    ticket_id: Mapped[str | None] = mapped_column(
        ForeignKey("tickets.id")
    )  # None: no ticket of ours, kept for a person
    word: Mapped[str] = mapped_column(String(64))  # the backend's own status word
    status: Mapped[str | None] = mapped_column(String(16))  # what the profile makes of it; None: unknown word
    note: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime]  # the backend's time
    received_at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(String(16))  # applied, stale, unchanged, unknown_word, unknown_ticket


class Cursor(Base):
    """How far a poller has read."""

    __tablename__ = "cursors"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(255))
    updated_at: Mapped[datetime]


class BackendState(Base):
    """Whether a backend is paused, and how it has answered lately."""

    __tablename__ = "backend_states"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    paused_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    reason: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime]


class Review(Base):
    """Something a person should look at."""

    __tablename__ = "reviews"
    __table_args__ = (
        Index("ix_reviews_state", "state", "created_at"),
        Index("ix_reviews_score", "state", "score"),
        Index("ix_reviews_reason", "state", "reason", "score"),
        Index("ix_reviews_pair", "state", "pair", "score"),
        Index("ix_reviews_conversation_id", "conversation_id"),
        Index("ix_reviews_ticket_id", "ticket_id"),
        UniqueConstraint("dedup_key"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    dedup_key: Mapped[str] = mapped_column(String(128))  # the same doubt again is the same item
    reason: Mapped[str] = mapped_column(
        String(32)
    )  # low_confidence, danger, corrected, stuck, refused, unknown_delivery, …
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversations.id"))
    inbox_id: Mapped[int | None] = mapped_column(ForeignKey("inbox.id"))
    ticket_id: Mapped[str | None] = mapped_column(ForeignKey("tickets.id"))
    data: Mapped[dict[str, Any]]
    # open; second (decided, a second person is asked blind); disputed (the two differ: a reviewer says); decided
    state: Mapped[str] = mapped_column(String(8), default="open")
    score: Mapped[float] = mapped_column(default=0.0)  # higher is looked at sooner: queue_order.py
    due_at: Mapped[datetime | None]  # by when somebody should have looked; None: from before there was a queue
    pair: Mapped[str] = mapped_column(String(40), default="")  # the two services in question, such as UM-G02|UM-G08
    twice: Mapped[bool] = mapped_column(default=False)  # drawn for a second opinion
    held_by: Mapped[str | None] = mapped_column(String(32))  # an account that has it before its eyes …
    held_until: Mapped[datetime | None]  # … until then
    assigned_to: Mapped[str | None] = mapped_column(String(32))  # an account it was handed to
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Follower(Base):
    """Another resident who joined a ticket and hears its news."""

    __tablename__ = "followers"
    __table_args__ = (UniqueConstraint("ticket_id", "conversation_id"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets.id"))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversations.id"))
    created_at: Mapped[datetime]
