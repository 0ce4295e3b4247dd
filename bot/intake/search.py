"""Tickets found: by filters, by words in the ticket, page after page from the newest on.

Words of three characters and more are found by index (SQLite: FTS5 with trigrams, kept by triggers; PostgreSQL: pg_trgm
where the server has it), shorter ones, as Chinese ones often are, by reading the tickets from the newest on.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, String, and_, column, func, literal_column, or_, select, table
from sqlalchemy.orm import Session

from bot.intake import outbox
from bot.intake.tables import OutboxItem, Ticket

DeliveryState = Literal["open", "unknown", "dead", "delivered"]
DELIVERY_STATES: tuple[DeliveryState, ...] = get_args(DeliveryState)
COUNTED = 1000  # tickets; more are said to be "more than"
LONGEST = 200  # characters of a search
MOST = 8  # words of a search; more are not looked for
INDEXED = 3  # characters of a word from which the index knows it


@dataclass(frozen=True)
class Filters:
    """Empty means all. `since` is included, `until` is not."""

    words: str = ""
    statuses: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    backend: str = ""
    delivery: DeliveryState | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Found:
    """One page. `number` is capped at COUNTED + 1."""

    tickets: list[Ticket]
    older: tuple[datetime, str] | None  # where the next page begins; None where there is none
    number: int


def find_tickets(
    session: Session, filters: Filters, before: tuple[datetime, str] | None = None, limit: int = 50
) -> Found:
    """The page of tickets after the place `before` (created_at, id), newest first."""
    conditions = _conditions(session, filters)
    query = select(Ticket).where(*conditions)
    if before is not None:
        at, id_ = before
        query = query.where(or_(Ticket.created_at < at, and_(Ticket.created_at == at, Ticket.id < id_)))
    query = query.order_by(Ticket.created_at.desc(), Ticket.id.desc()).limit(limit + 1)
    rows = list(session.scalars(query))
    page = rows[:limit]
    more = len(rows) > limit
    return Found(page, (page[-1].created_at, page[-1].id) if more else None, _count(session, conditions))


def split(words: str) -> list[str]:
    """What is looked for: the words between blanks, each once. Pure."""
    return list(dict.fromkeys(words[:LONGEST].split()))[:MOST]


def _count(session: Session, conditions: Collection[ColumnElement[bool]]) -> int:
    first = select(Ticket.id).where(*conditions).limit(COUNTED + 1)
    return session.scalar(select(func.count()).select_from(first.subquery())) or 0


def _conditions(session: Session, filters: Filters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.statuses:
        found.append(Ticket.status.in_(filters.statuses))
    if filters.services:
        found.append(Ticket.service_code.in_(filters.services))
    if filters.backend:
        found.append(Ticket.backend == filters.backend)
    if filters.since is not None:
        found.append(Ticket.created_at >= filters.since)
    if filters.until is not None:
        found.append(Ticket.created_at < filters.until)
    if filters.delivery is not None:
        found.append(_delivery(filters.delivery))
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    found += [_holds(word, is_sqlite) for word in split(filters.words)]
    return found


def _delivery(state: DeliveryState) -> ColumnElement[bool]:
    """How the ticket's events stand with the backend."""
    if state == "delivered":
        return Ticket.id.not_in(select(OutboxItem.ticket_id).where(OutboxItem.state != "accepted"))
    states = outbox.OPEN if state == "open" else (state,)
    return Ticket.id.in_(select(OutboxItem.ticket_id).where(OutboxItem.state.in_(states)))


def _holds(word: str, is_sqlite: bool) -> ColumnElement[bool]:
    """The word stands in the ticket's number, words or address, or is its case at the backend."""
    is_case = Ticket.case_id == word
    if is_sqlite and len(word) >= INDEXED:
        quoted = '"' + word.replace('"', '""') + '"'
        rows = select(_INDEX.c.rowid).where(column("ticket_words_index").op("MATCH")(quoted))
        return or_(Ticket.id.in_(select(_WORDS.c.ticket_id).where(_WORDS.c.id.in_(rows))), is_case)
    return or_(searched_text().icontains(word, autoescape=True), is_case)


def searched_text() -> ColumnElement[str]:
    """What is searched, written exactly as PostgreSQL's index has it."""
    blank: ColumnElement[str] = literal_column("' '", String)
    return Ticket.number + blank + Ticket.text + blank + Ticket.address


# Made by the migration on SQLite alone, kept by triggers; parts of an index rather than tables of ours.
_WORDS = table("ticket_words", column("id"), column("ticket_id"))
_INDEX = table("ticket_words_index", column("rowid"))
