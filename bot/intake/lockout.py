"""Guessing passwords gets slower and slower, by name and by address; nobody is shut out for good.

An attempt is counted before the password is looked at and forgiven when it was right, so that attempts side by side gain
nothing. Names that do not exist are counted alike.
"""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.intake.accounts import key_of
from bot.intake.accounttables import SignInFailure

FREE_BY_NAME = 5  # attempts without delay: a slip of the finger costs nothing
FREE_BY_ADDRESS = 30  # an office shares an address
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=12)


def delay_after(failures: int, free: int) -> timedelta:
    """How long after the last of `failures` in a row the next attempt must wait."""
    if failures < free:
        return timedelta()
    doubled = min(failures - free, 10)  # 2 ** 10 is beyond the longest already
    return min(FIRST_DELAY * (1 << doubled), LONGEST_DELAY)


def begin_attempt(session: Session, name: str, address: str, now: datetime) -> timedelta:
    """Counts an attempt; how long to wait instead where it comes too soon (it is not counted then), else zero."""
    rows = []
    for key, free in sorted(_keys(name, address).items()):
        row = _locked(session, key, now)
        if now - row.last_at >= FORGOTTEN_AFTER:
            row.count = 0
        rows.append((row, row.last_at + delay_after(row.count, free) - now))
    wait = max(wait for _, wait in rows)
    if wait > timedelta():
        return wait
    for row, _ in rows:
        row.count += 1
        row.last_at = now
    session.flush()
    return timedelta()


def forgive(session: Session, name: str, address: str) -> None:
    """The attempt was right: the name starts afresh, the address gets this one back."""
    by_name, by_address = _keys(name, address)
    session.execute(update(SignInFailure).where(SignInFailure.key == by_name).values(count=0))
    query = update(SignInFailure).where(SignInFailure.key == by_address, SignInFailure.count > 0)
    session.execute(query.values(count=SignInFailure.count - 1))


def _keys(name: str, address: str) -> dict[str, int]:
    return {_key("name", key_of(name)): FREE_BY_NAME, _key("address", address): FREE_BY_ADDRESS}


def _key(kind: str, value: str) -> str:
    return hashlib.sha256(f"{kind}:{value}".encode()).hexdigest()


def _locked(session: Session, key: str, now: datetime) -> SignInFailure:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(SignInFailure).values(key=key, count=0, last_at=now).on_conflict_do_nothing())
    query = select(SignInFailure).where(SignInFailure.key == key).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()
