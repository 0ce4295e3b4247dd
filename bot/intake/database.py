"""The database: an engine for SQLite (WAL) or PostgreSQL, transactions, and migrations up to the newest."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import anyio.to_thread
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError as BusyTooLong
from sqlalchemy.orm import Session, sessionmaker

from bot.intake import schema

P = ParamSpec("P")
T = TypeVar("T")

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000  # how long a SQLite writer waits for another


METADATA = schema.Base.metadata  # with every table of the service


class Database:
    """One database. `transaction()` is the only door: it commits at the end or rolls back whole."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's, such as sqlite:////data/yizhan.db or postgresql+psycopg://user@host/name."""
        self.url = make_url(url)
        self.engine = _engine(url)
        self.sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(read_only=True), expire_on_commit=False)
        # SQLite lets one write at a time, and who finds it busy sleeps 1 to 100 ms before asking again. Writers of this
        # process queue here instead and go on the moment the one before has committed.
        self._writer = threading.Lock() if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self._turn_to_write(), self.sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A look without writing: on SQLite it neither waits for a writer nor makes one wait."""
        with self._readers.begin() as session:
            yield session

    async def run(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(session, …)` as one transaction in a thread, so that the event loop never waits on the disk."""

        def step() -> T:
            with self.transaction() as session:
                return work(session, *args, **kwargs)

        return await anyio.to_thread.run_sync(step)

    async def read(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Like `run`, for work that only reads."""

        def step() -> T:
            with self.reading() as session:
                return work(session, *args, **kwargs)

        return await anyio.to_thread.run_sync(step)

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise BusyTooLong(f"another transaction has been writing for {BUSY_TIMEOUT_MS} ms")
        try:
            yield
        finally:
            self._writer.release()

    def upgrade(self) -> None:
        """Brings the schema to the newest version."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def prepare(connection, _record) -> None:  # type: ignore[no-untyped-def]
        # SQLAlchemy begins; the driver must not begin on its own, or BEGIN IMMEDIATE below would be too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # FULL: what was acknowledged survives a power cut, not only a killed process.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # IMMEDIATE: two writers queue at the start instead of failing at the end.
        reader = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if reader else "BEGIN IMMEDIATE")

    return engine
