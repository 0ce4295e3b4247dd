"""What the desk keeps: cases, their updates, tokens still open, and webhooks already taken."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class UtcMillis(TypeDecorator[datetime]):
    """An aware moment kept as whole milliseconds since 1970, so that it compares and sorts in SQLite."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MILLISECOND


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcMillis, dict[str, Any]: JSON, list[str]: JSON}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {getattr(self, 'id', '')}>"


class Case(Base):
    __tablename__ = "case"
    __table_args__ = (Index("ix_case_updated", "updated_at", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(index=True)
    updated_at: Mapped[datetime]  # grows with every change, never stands still
    service_code: Mapped[str] = mapped_column(String(32))
    ticket_number: Mapped[str | None] = mapped_column(String(255), index=True)  # the sender's own number
    idempotency_key: Mapped[str | None] = mapped_column(String(255), unique=True)
    body_digest: Mapped[str | None] = mapped_column(String(64))  # of the first request that bore the key
    posted: Mapped[int] = mapped_column(default=1)  # how often this same case arrived
    source: Mapped[str] = mapped_column(String(16))  # open311 | webhook
    account_id: Mapped[str | None] = mapped_column(String(255), index=True)
    address: Mapped[str | None] = mapped_column(Text)
    address_id: Mapped[str | None] = mapped_column(String(255))
    lat: Mapped[float | None]  # degrees, WGS84
    long: Mapped[float | None]
    description: Mapped[str] = mapped_column(Text, default="")
    attributes: Mapped[dict[str, Any]]  # code -> text, or a list of texts
    contact: Mapped[dict[str, Any]]  # email, phone, first_name, last_name, device_id as far as given
    media: Mapped[list[str]]  # web addresses as given, or /media/… for files kept here
    status: Mapped[str] = mapped_column(String(64), default="open")  # the desk's own word, finer than open/closed
    status_note: Mapped[str] = mapped_column(Text, default="")


class Update(Base):
    __tablename__ = "case_update"
    __table_args__ = (Index("ix_case_update_at", "at", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[datetime]  # when the desk took it down
    origin: Mapped[str] = mapped_column(String(16))  # desk | reporter
    status: Mapped[str] = mapped_column(String(64))  # the case's status after this update
    description: Mapped[str] = mapped_column(Text, default="")
    changes: Mapped[dict[str, Any]]  # field -> new value, for what a reporter corrected
    media: Mapped[list[str]]
    reported_at: Mapped[datetime | None]  # the sender's own updated_datetime
    sender_key: Mapped[str | None] = mapped_column(String(400), unique=True)  # makes a repeat harmless
    body_digest: Mapped[str | None] = mapped_column(String(64))


class Token(Base):
    """An answer that named no case yet. All three conditions empty: it resolves at the next question."""

    __tablename__ = "token"

    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    polls_left: Mapped[int] = mapped_column(default=0)  # questions still answered without an id
    ready_at: Mapped[datetime | None]  # not before this moment
    never: Mapped[bool] = mapped_column(default=False)
    hidden: Mapped[bool] = mapped_column(default=False)  # the case stays out of GET requests until resolved


class Hook(Base):
    __tablename__ = "hook"

    webhook_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))  # None: a type the desk has no use for
    received_at: Mapped[datetime]


def case_number(key: int) -> str:
    """The service_request_id: a string that no reader can take for a number."""
    return f"D{key:06d}"


def update_number(key: int) -> str:
    return f"U{key:06d}"


def key_of(number: str) -> int | None:
    """The case's key behind a service_request_id, None when the text cannot be one."""
    digits = number[1:]
    plain = number[:1] == "D" and digits.isascii() and digits.isdigit() and 6 <= len(digits) <= 15
    return int(digits) if plain and case_number(int(digits)) == number else None
