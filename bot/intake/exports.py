"""Tickets for other programs: JSON lines, CSV for spreadsheets, GeoJSON for maps. Without contact unless asked for.

Words of residents are masked (phones, ids, plates, names), since what leaves the house cannot be called back. Lines are
made one at a time, so that any number of tickets fits into memory.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from bot.intake.tables import Ticket
from language.pii import mask

Format = Literal["jsonl", "csv", "geojson"]
FORMATS: tuple[Format, ...] = get_args(Format)
BATCH = 500  # tickets read at a time
FACTS = (
    "number",
    "status",
    "service_code",
    "text",
    "address",
    "place_code",
    "lat",
    "lon",
    "occurred",
    "urgency",
    "language",
    "anonymous",
    "confidential",
    "photos",
    "backend",
    "case_id",
    "created_at",
    "updated_at",
    "status_at",
)
CONTACT = ("contact_name", "contact_phone")
_WORDS = ("text", "address", "occurred")  # what residents wrote
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would reckon what begins so


@dataclass(frozen=True)
class Wanted:
    """Which tickets. `since` is included, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    service: str = ""
    status: str = ""

    def apply(self, query: Select[Ticket]) -> Select[Ticket]:
        if self.since is not None:
            query = query.where(Ticket.created_at >= self.since)
        if self.until is not None:
            query = query.where(Ticket.created_at < self.until)
        if self.service:
            query = query.where(Ticket.service_code == self.service)
        if self.status:
            query = query.where(Ticket.status == self.status)
        return query


def write(
    session: Session, kind: Format, wanted: Wanted, out: Callable[[str], object], with_contact: bool = False
) -> int:
    """Writes the tickets, oldest first, piece by piece to `out`; how many there were."""
    counted = _Counted(_facts(ticket, with_contact) for ticket in _tickets(session, wanted))
    makers = {"jsonl": _jsonl, "csv": _csv, "geojson": _geojson}
    for piece in makers[kind](counted, [*FACTS, *(CONTACT if with_contact else ())]):
        out(piece)
    return counted.number


def safe_cell(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe before text that begins like one. Pure."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


class _Counted:
    """Passes the lines on and counts them."""

    def __init__(self, lines: Iterator[dict[str, Any]]) -> None:
        self._lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for line in self._lines:
            self.number += 1
            yield line


def _tickets(session: Session, wanted: Wanted) -> Iterator[Ticket]:
    last: tuple[datetime, str] | None = None
    while True:
        query = wanted.apply(select(Ticket)).order_by(Ticket.created_at, Ticket.id).limit(BATCH)
        if last is not None:
            at, id_ = last
            query = query.where((Ticket.created_at > at) | ((Ticket.created_at == at) & (Ticket.id > id_)))
        batch = session.scalars(query).all()
        for ticket in batch:
            last = (ticket.created_at, ticket.id)
            yield ticket
            session.expunge(ticket)
        if len(batch) < BATCH:
            return


def _facts(ticket: Ticket, with_contact: bool) -> dict[str, Any]:
    facts = {name: getattr(ticket, name) for name in FACTS}
    facts |= {name: mask(facts[name]) for name in _WORDS if facts[name]}
    if with_contact:
        facts |= {name: None if ticket.anonymous else getattr(ticket, name) for name in CONTACT}
    return {name: _iso(value) for name, value in facts.items()}


def _iso(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value


def _jsonl(lines: _Counted, _columns: list[str]) -> Iterator[str]:
    for line in lines:
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _csv(lines: _Counted, columns: list[str]) -> Iterator[str]:
    """With a byte order mark: without it Excel takes Chinese for something else."""
    yield "\ufeff" + _row(columns)
    for line in lines:
        flat = {**line, "photos": " ".join(line["photos"])}
        yield _row([safe_cell(flat[name]) for name in columns])


def _row(cells: list[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _geojson(lines: _Counted, _columns: list[str]) -> Iterator[str]:
    """RFC 7946: longitude first, WGS-84; a ticket without a place has no geometry."""
    yield '{"type": "FeatureCollection", "features": ['
    mark = "\n"
    for line in lines:
        lat, lon = line.pop("lat"), line.pop("lon")
        point = None if lat is None or lon is None else {"type": "Point", "coordinates": [lon, lat]}
        feature = {"type": "Feature", "id": line["number"], "geometry": point, "properties": line}
        yield mark + json.dumps(feature, ensure_ascii=False)
        mark = ",\n"
    yield "\n]}\n"
