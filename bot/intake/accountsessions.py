"""Who is signed in: a random token in a cookie, its hash in the database; idle and absolute ends."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from bot.intake.accounttables import Account, AccountSession
from bot.intake.people import Person, Role

NOTED_EVERY = timedelta(minutes=1)  # a page a second does not become a write a second


@dataclass(frozen=True)
class Lifetimes:
    idle: timedelta  # without a request
    longest: timedelta  # since signing in


@dataclass(frozen=True)
class Visit:
    """One signed-in person with what the pages need to know beside."""

    person: Person
    theme: str
    token_hash: str
    is_stale: bool  # `note_seen` is due


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def person_of(account: Account) -> Person:
    return Person(account.id, account.name, cast(Role, account.role), account.language)


def open_session(session: Session, account: Account, now: datetime) -> str:
    """Signs the account in; the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(AccountSession(token_hash=token_hash(token), account_id=account.id, created_at=now, seen_at=now))
    account.signed_in_at = now
    session.flush()
    return token


def find_visit(session: Session, token: str, now: datetime, lifetimes: Lifetimes) -> Visit | None:
    """Who shows this token; None where the session has ended, or the account is disabled."""
    query = (
        select(AccountSession, Account)
        .join(Account, Account.id == AccountSession.account_id)
        .where(
            AccountSession.token_hash == token_hash(token),
            AccountSession.seen_at > now - lifetimes.idle,
            AccountSession.created_at > now - lifetimes.longest,
            Account.disabled_at.is_(None),
        )
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    open_one, account = found
    return Visit(person_of(account), account.theme, open_one.token_hash, now - open_one.seen_at >= NOTED_EVERY)


def note_seen(session: Session, hashed_token: str, now: datetime) -> None:
    session.execute(update(AccountSession).where(AccountSession.token_hash == hashed_token).values(seen_at=now))


def end_session(session: Session, hashed_token: str) -> None:
    session.execute(delete(AccountSession).where(AccountSession.token_hash == hashed_token))


def end_all(session: Session, account_id: str, but: str | None = None) -> None:
    """Signs the account out everywhere, `but` in one session (its token's hash) if given."""
    query = delete(AccountSession).where(AccountSession.account_id == account_id)
    session.execute(query.where(AccountSession.token_hash != but) if but else query)


def forget_ended(session: Session, now: datetime, lifetimes: Lifetimes) -> None:
    """Removes the rows of sessions that have ended by themselves."""
    ended = or_(AccountSession.seen_at <= now - lifetimes.idle, AccountSession.created_at <= now - lifetimes.longest)
    session.execute(delete(AccountSession).where(ended))
