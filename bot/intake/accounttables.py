"""Tables of the console's people: accounts, what keeps them signed in, links used once, failed attempts, the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.intake.tables import Base


class Account(Base):
    """Somebody who may enter the console."""

    __tablename__ = "accounts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))  # as it is shown
    name_key: Mapped[str] = mapped_column(String(64), unique=True)  # as it is compared: see accounts.key_of
    role: Mapped[str] = mapped_column(String(16))  # see people.py
    password_hash: Mapped[str | None] = mapped_column(String(255))  # None: not chosen yet, or signs in elsewhere
    issuer_subject: Mapped[str | None] = mapped_column(String(255), unique=True)  # OpenID Connect: issuer and subject
    language: Mapped[str] = mapped_column(String(8), default="zh")
    theme: Mapped[str] = mapped_column(String(8), default="system")  # system, light, dark
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    signed_in_at: Mapped[datetime | None]  # the last time


class AccountSession(Base):
    """One signed-in browser or script. The token itself is in its cookie alone."""

    __tablename__ = "account_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256
    account_id: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # to the minute


class AccountLink(Base):
    """A link that is used once: it makes the first administrator, or lets somebody choose a password."""

    __tablename__ = "account_links"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256
    account_id: Mapped[str | None] = mapped_column(ForeignKey("accounts.id"), index=True)  # None: first administrator
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """How often somebody tried in vain under one name or from one address."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256 of the name or the address
    count: Mapped[int]  # in a row
    last_at: Mapped[datetime]


class AuditLine(Base):
    """What a person did. Lines are only ever added; each holds the hash of the one before."""

    __tablename__ = "audit_lines"
    __table_args__ = (
        Index("ix_audit_lines_person", "person_id", "seq"),
        Index("ix_audit_lines_action", "action", "seq"),
        Index("ix_audit_lines_subject", "subject", "seq"),
        Index("ix_audit_lines_at", "at"),
    )

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 1, 2, 3 … without a gap
    at: Mapped[datetime]
    person_id: Mapped[str | None] = mapped_column(String(32))  # None: the service itself
    person_name: Mapped[str | None] = mapped_column(String(64))  # at that time
    action: Mapped[str] = mapped_column(String(48))
    subject: Mapped[str] = mapped_column(String(128))  # kind:id, such as ticket:XH-… or review:…
    data: Mapped[dict[str, Any]]  # ids, codes and figures; never words of residents
    previous: Mapped[str] = mapped_column(String(64))  # hash of the line before; of the first: 64 zeros
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """The end of the chain: one row, locked by whoever adds a line."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # always 1
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
