"""A small city with a database, tickets in it, and a clock that obeys: what the forwarding tests stand on."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from bot.forwarding.backends.contract import Backend
from bot.forwarding.worker import Worker
from bot.intake import outbox
from bot.intake.catalogue import Catalogue
from bot.intake.conversations import open_conversation
from bot.intake.database import Database
from bot.intake.news import KEYS, Newsroom
from bot.intake.phrases import Phrases
from bot.intake.tables import BackendState, Delivery, Message, OutboxItem, Review, Ticket
from bot.intake.tickets import add_event

START = datetime(2026, 5, 4, 4, 0, tzinfo=UTC)  # noon in Xihua
POSTGRES = "postgresql+psycopg://postgres@127.0.0.1:5432"


class StepClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def newsroom() -> Newsroom:
    words = {key: f"{key} {{number}} {{word}} {{note}}" for key in KEYS}
    words |= {f"button_{name}": name for name in ("satisfied", "mostly", "unsatisfied")}
    return Newsroom(Phrases({"zh": words, "en": words}), Catalogue({}), ZoneInfo("Asia/Shanghai"), time(22), time(7))


@contextmanager
def sqlite_database(folder: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{folder / 'house.db'}")
    database.upgrade()
    try:
        yield database
    finally:
        database.close()


@contextmanager
def postgres_database(template: str | None = None) -> Iterator[Database]:
    """A database of its own on the machine's server, dropped at the end; a copy of `template` where one is given."""
    name = f"yizhan_test_{secrets.token_hex(4)}"
    server = create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
    database = Database(f"{POSTGRES}/{name}")
    try:
        if template is None:
            database.upgrade()
        yield database
    finally:
        database.close()
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


def postgres_answers() -> bool:
    engine = create_engine(f"{POSTGRES}/postgres", connect_args={"connect_timeout": 2})
    try:
        with engine.connect():
            return True
    except Exception:
        return False
    finally:
        engine.dispose()


@dataclass
class House:
    """Tickets in a database, and one worker to carry them."""

    database: Database
    clock: StepClock = field(default_factory=StepClock)
    newsroom: Newsroom = field(default_factory=newsroom)
    made: int = 0

    def file(self, backend: str = "desk", channel: str = "web", **facts: Any) -> str:
        """A confirmed ticket on its way; its id."""
        with self.database.transaction() as session:
            return self.file_in(session, backend, channel, **facts)

    def file_in(self, session: Session, backend: str = "desk", channel: str = "web", **facts: Any) -> str:
        self.made += 1
        now = self.clock()
        listener, _ = open_conversation(session, channel, f"resident-{self.made}", now)
        values: dict[str, Any] = {
            "id": f"t{self.made:04d}{secrets.token_hex(4)}",
            "number": f"XH-20260504-{self.made:04d}",
            "conversation_id": listener.id,
            "service_code": "UM-G02",
            "status": "submitted",
            "text": "河堤边三盏灯都不亮",
            "address": "西华营镇河堤路",
            "lat": 33.79,
            "lon": 114.52,
            "urgency": "normal",
            "photos": [],
            "backend": backend,
            "created_at": now,
            "updated_at": now,
        }
        ticket = Ticket(**(values | facts))
        session.add(ticket)
        session.flush()
        add_event(session, ticket, "ticket.created", {}, now, send=True)
        return ticket.id

    def change(self, ticket_id: str, event: str, **data: Any) -> None:
        with self.database.transaction() as session:
            self.change_in(session, ticket_id, event, **data)

    def change_in(self, session: Session, ticket_id: str, event: str, **data: Any) -> None:
        ticket = session.get_one(Ticket, ticket_id)
        add_event(session, ticket, f"ticket.{event}", data, self.clock(), send=True)

    def worker(self, *backends: Backend) -> Worker:
        named = {backend.name: backend for backend in backends}
        return Worker(self.database, named, self.newsroom, self.clock, random.Random(7))

    async def drain(self, backend: Backend, limit: int = 200) -> int:
        """Handles all that is due now; returns how many steps that took."""
        worker = self.worker(backend)
        for steps in range(limit):
            if not await worker.step(backend):
                return steps
        raise AssertionError(f"still work after {limit} steps")

    async def live(self, backend: Backend, limit: int = 200) -> int:
        """Drains, moving the clock to whatever is due next, until nothing is on its way; returns the steps."""
        steps = await self.drain(backend)
        for _ in range(limit):
            with self.database.reading() as session:
                due = outbox.next_due(session, backend.name, self.clock())
            if due is None:
                return steps
            self.clock.now = max(self.clock.now + timedelta(milliseconds=1), due)
            steps += await self.drain(backend)
        raise AssertionError("the outbox does not come to rest")

    def items(self) -> list[OutboxItem]:
        with self.database.reading() as session:
            return list(session.scalars(select(OutboxItem).order_by(OutboxItem.created_at, OutboxItem.seq)))

    def states(self) -> list[str]:
        return [item.state for item in self.items()]

    def deliveries(self) -> list[tuple[str, str | None]]:
        with self.database.reading() as session:
            return [(row.kind, row.outcome) for row in session.scalars(select(Delivery).order_by(Delivery.id))]

    def ticket(self, ticket_id: str) -> Ticket:
        with self.database.reading() as session:
            return session.get_one(Ticket, ticket_id)

    def texts(self) -> list[str]:
        with self.database.reading() as session:
            return [row.body["text"] for row in session.scalars(select(Message).order_by(Message.id))]

    def reviews(self) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            return [(row.reason, row.state) for row in session.scalars(select(Review).order_by(Review.created_at))]

    def backend_state(self, name: str) -> BackendState | None:
        with self.database.reading() as session:
            return session.get(BackendState, name)
