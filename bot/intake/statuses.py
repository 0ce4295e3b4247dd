"""The backend's word about a case: kept as it came, applied at most once, and told in the same transaction.

Pushed and polled news meet here. What is older than the newest word never overwrites it; a word that the profile does
not know is shown, never guessed; news for no ticket of ours waits for a person.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.intake import states
from bot.intake.news import Newsroom
from bot.intake.reviews import open_review
from bot.intake.tables import Cursor, Review, StatusUpdate, Ticket
from bot.intake.tickets import add_event
from language.clean import clean

UNCHANGED = "unchanged"  # what a profile maps a word to that says nothing about the state
NOTE_LIMIT = 1000  # characters of a note that a resident is shown
KEY_LIMIT = 128  # characters
FUTURE_LIMIT = timedelta(days=1)  # a backend's clock that is further ahead is not believed

# applied; unchanged (known word, nothing to change); stale (older than what was applied); unknown_word;
# unknown_ticket; repeated (this update was here before)
Outcome = Literal["applied", "unchanged", "stale", "unknown_word", "unknown_ticket", "repeated"]


@dataclass(frozen=True)
class Update:
    """One word of a backend. `status`: ours, `unchanged`, or None where the profile does not know the word."""

    update_id: str
    case_id: str | None
    ticket_number: str | None
    word: str
    status: str | None
    note: str | None
    changed_at: datetime  # the backend's time


class Source(Protocol):
    """A backend that is asked for news."""

    @property
    def name(self) -> str: ...

    @property
    def poll_every(self) -> timedelta | None:
        """None where this backend is not asked."""

    @property
    def overlap(self) -> timedelta:
        """How far back each question reaches behind the newest answer, for clocks that differ."""

    @property
    def by_case(self) -> bool:
        """Whether the question has to name the cases."""

    async def updates(self, params: dict[str, str]) -> list[Update]:
        """News for these query parameters, oldest first."""


@dataclass(frozen=True)
class Receiver:
    """A backend that pushes news: its shared secrets (several while one is replaced), and how its rows are read."""

    backend: str
    secrets: tuple[str, ...] = field(repr=False)
    read: Callable[[dict[str, Any]], Update | None]


def apply_update(session: Session, newsroom: Newsroom, backend: str, update: Update, now: datetime) -> Outcome:
    """Stores the update and does what it says; a repeat does nothing."""
    row, new = _store(session, backend, update, now)
    if not new and row.ticket_id is not None:
        return "repeated"
    ticket = _find_ticket(session, backend, row.case_id, row.ticket_number)
    if ticket is None:
        if not new:
            return "repeated"
        data = {"backend": backend, "case_id": row.case_id, "word": row.word}
        open_review(session, _stray_key(row), "unknown_ticket", now, data=data)
        return "unknown_ticket"
    return _apply(session, newsroom, row, ticket, now)


def apply_kept(session: Session, newsroom: Newsroom, ticket: Ticket, now: datetime) -> int:
    """News that came before the ticket's case was known, now that it is; returns how many."""
    same = [StatusUpdate.ticket_number == ticket.number]
    if ticket.case_id:
        same.append(StatusUpdate.case_id == ticket.case_id)
    query = (
        select(StatusUpdate)
        .where(StatusUpdate.backend == ticket.backend, StatusUpdate.ticket_id.is_(None), or_(*same))
        .order_by(StatusUpdate.changed_at, StatusUpdate.id)
    )
    rows = session.scalars(query).all()
    for row in rows:
        _apply(session, newsroom, row, ticket, now)
    return len(rows)


def find_kept(session: Session, backend: str, tickets: Iterable[Ticket]) -> list[Ticket]:
    """Those of the tickets that have news which came before their case was known."""
    asked = list(tickets)
    stray = (StatusUpdate.backend == backend, StatusUpdate.ticket_id.is_(None))
    if session.scalar(select(StatusUpdate.id).where(*stray).limit(1)) is None:
        return []
    numbers = select(StatusUpdate.ticket_number).where(
        *stray, StatusUpdate.ticket_number.in_([t.number for t in asked])
    )
    cases = select(StatusUpdate.case_id).where(
        *stray, StatusUpdate.case_id.in_([t.case_id for t in asked if t.case_id])
    )
    named, known = set(session.scalars(numbers)), set(session.scalars(cases))
    return [ticket for ticket in asked if ticket.number in named or ticket.case_id in known]


def find_known(session: Session, backend: str, updates: Iterable[Update]) -> set[str]:
    """The ids of those updates that were dealt with already."""
    keys = {short_key(update.update_id): update.update_id for update in updates}
    query = select(StatusUpdate.update_id).where(
        StatusUpdate.backend == backend, StatusUpdate.update_id.in_(keys), StatusUpdate.ticket_id.is_not(None)
    )
    return {keys[key] for key in session.scalars(query)}


def list_open_cases(session: Session, backend: str, after: str = "", limit: int = 50) -> list[str]:
    """Ids of cases that may still change, in their own order, those behind `after`."""
    query = (
        select(Ticket.case_id)
        .where(Ticket.backend == backend, Ticket.status.in_(states.OPEN), Ticket.case_id > after)
        .order_by(Ticket.case_id)
        .limit(limit)
    )
    return [case_id for case_id in session.scalars(query) if case_id]


def get_cursor(session: Session, backend: str) -> datetime | None:
    """The backend's time of the newest news that was read; None before the first."""
    cursor = session.get(Cursor, f"updates:{backend}")
    return datetime.fromisoformat(cursor.value) if cursor is not None else None


def set_cursor(session: Session, backend: str, moment: datetime, now: datetime) -> None:
    """Moves the cursor forward, never back and never beyond `now`."""
    name = f"updates:{backend}"
    cursor = session.get(Cursor, name, with_for_update=True)
    moment = min(moment, now)
    if cursor is None:
        session.add(Cursor(name=name, value=moment.isoformat(), updated_at=now))
    elif datetime.fromisoformat(cursor.value) < moment:
        cursor.value, cursor.updated_at = moment.isoformat(), now


def judge(status: str, status_at: datetime | None, word: str | None, changed_at: datetime) -> Outcome:
    """What news means for a ticket in `status`, last changed at `status_at` by the backend's clock. Pure."""
    if status_at is not None and changed_at < status_at:
        return "stale"
    if word is None:
        return "unknown_word"
    if word == UNCHANGED or not states.may_become(status, word):
        return "unchanged"
    return "applied"


def _apply(session: Session, newsroom: Newsroom, row: StatusUpdate, ticket: Ticket, now: datetime) -> Outcome:
    row.ticket_id = ticket.id
    stray = session.scalar(select(Review).where(Review.dedup_key == _stray_key(row)))
    if stray is not None:
        stray.state = "decided"
    outcome = judge(ticket.status, ticket.status_at, row.status, row.changed_at)
    row.outcome = outcome
    if outcome != "stale":
        ticket.status_at = min(row.changed_at, now) if row.changed_at > now + FUTURE_LIMIT else row.changed_at
    if outcome == "applied" and row.status is not None:
        data = {"from": ticket.status, "to": row.status, "word": row.word, "update_id": row.update_id}
        ticket.status = row.status
        add_event(session, ticket, "ticket.status", data, now, send=False)
    if outcome == "unknown_word":
        data = {"backend": row.backend, "word": row.word}
        open_review(
            session, short_key(f"word:{row.backend}:{row.word}"), "unknown_status", now, ticket_id=ticket.id, data=data
        )
    key = _phrase(outcome, row.status, bool(row.note))
    if key is not None:
        newsroom.tell(session, ticket, key, now, note=sentence((row.note or "")[:NOTE_LIMIT]), word=row.word)
    return outcome


def sentence(note: str) -> str:
    """A note that stands between sentences of ours: it ends like one."""
    text = note.strip()
    if not text or text[-1] in "。！？.!?…":
        return text
    return text + ("." if text.isascii() else "。")


def _phrase(outcome: Outcome, status: str | None, noted: bool) -> str | None:
    """The key of what the resident is told; None where there is nothing to tell."""
    if outcome == "applied":
        return "status_is_submitted" if status == states.SUBMITTED else f"news_{status}"
    if outcome == "unknown_word":
        return "news_unknown"
    return "news_note" if outcome == "unchanged" and noted else None


def _store(session: Session, backend: str, update: Update, now: datetime) -> tuple[StatusUpdate, bool]:
    """The row of this update and whether it is new."""
    update_id = short_key(update.update_id)
    query = select(StatusUpdate).where(StatusUpdate.backend == backend, StatusUpdate.update_id == update_id)
    found = session.scalar(query)
    if found is not None:
        return found, False
    row = StatusUpdate(
        backend=backend,
        update_id=update_id,
        case_id=_clipped(update.case_id, 128),
        ticket_number=_clipped(update.ticket_number, 64),
        word=clean(update.word)[:64],
        status=update.status,
        note=clean(update.note or "") or None,
        changed_at=update.changed_at,
        received_at=now,
        outcome="unknown_ticket",
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # pushed and polled at the same moment
        return session.scalars(query).one(), False
    return row, True


def _find_ticket(session: Session, backend: str, case_id: str | None, number: str | None) -> Ticket | None:
    """By the backend's id first, by our own number where it does not contradict that."""
    ours = select(Ticket).where(Ticket.backend == backend).with_for_update()
    if case_id and (ticket := session.scalar(ours.where(Ticket.case_id == case_id))):
        return ticket
    if not number:
        return None
    ticket = session.scalar(ours.where(Ticket.number == number))
    contradicts = ticket is not None and case_id and ticket.case_id not in (None, case_id)
    return None if contradicts else ticket


def _stray_key(row: StatusUpdate) -> str:
    return short_key(f"stray:{row.backend}:{row.update_id}")


def short_key(key: str) -> str:
    """The key itself, or its digest where it is longer than a column holds."""
    return key if len(key) <= KEY_LIMIT and "\x00" not in key else hashlib.sha256(key.encode()).hexdigest()


def _clipped(text: str | None, limit: int) -> str | None:
    """Ids that are too long for ours match nothing; what is kept of them says that they were cut."""
    plain = (text or "").replace("\x00", "\ufffd")
    return (plain if len(plain) <= limit else plain[: limit - 1] + "…") or None
