"""The desk's SQLite database: WAL, one writer at a time, never on the event loop."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import anyio.to_thread
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from bot.casedesk.tables import Base

BUSY_TIMEOUT_MS = 10_000
P = ParamSpec("P")
T = TypeVar("T")


class Database:
    """`read` and `write` each run one function as one transaction in a thread."""

    def __init__(self, path: Path) -> None:
        self._engine = _engine(path)
        self._writing = self._engine.execution_options(immediate=True)
        self._turn = asyncio.Lock()  # queueing here is cheaper than SQLite's own waiting
        Base.metadata.create_all(self._engine)

    async def read(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kw: P.kwargs) -> T:
        def step() -> T:
            with Session(self._engine, expire_on_commit=False) as session:
                return work(session, *args, **kw)

        return await anyio.to_thread.run_sync(step)

    async def write(self, work: Callable[Concatenate[Session, P], T], *args: P.args, **kw: P.kwargs) -> T:
        def step() -> T:
            with Session(self._writing, expire_on_commit=False) as session, session.begin():
                return work(session, *args, **kw)

        async with self._turn:
            return await anyio.to_thread.run_sync(step)

    def close(self) -> None:
        self._engine.dispose()


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        hide_parameters=True,  # a logged error must not quote what residents wrote
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver must not begin by itself, or BEGIN IMMEDIATE below would come too late.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("immediate", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine
