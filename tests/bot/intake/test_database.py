"""Transactions of one process queue for SQLite, in turn and without asking again."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as BusyTooLong

from bot.intake import database as module
from bot.intake.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    found = Database(f"sqlite:///{tmp_path / 'test.db'}")
    with found.transaction() as session:
        session.execute(text("CREATE TABLE counter (value INTEGER)"))
        session.execute(text("INSERT INTO counter VALUES (0)"))
    return found


def test_writers_side_by_side_lose_nothing(database: Database) -> None:
    def add() -> None:
        for _ in range(20):
            with database.transaction() as session:
                value = session.scalar(text("SELECT value FROM counter"))
                session.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(text("SELECT value FROM counter")) == 120
    database.close()


def test_the_next_writer_comes_after_one_that_failed(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.execute(text("UPDATE counter SET value = 7"))
        _ = 1 / 0
    with database.transaction() as session:
        assert session.scalar(text("SELECT value FROM counter")) == 0
    database.close()


def test_a_writer_that_never_ends_makes_others_give_up_and_readers_do_not_care(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_MS", 50)
    troubles: list[Exception] = []

    def write() -> None:
        try:
            with database.transaction():
                pass
        except BusyTooLong as error:
            troubles.append(error)

    with database.transaction() as session:
        session.execute(text("UPDATE counter SET value = 1"))
        started = time.monotonic()
        other = threading.Thread(target=write)
        other.start()
        other.join()
        assert len(troubles) == 1 and time.monotonic() - started >= 0.05
        with database.reading() as looking:
            assert looking.scalar(text("SELECT value FROM counter")) == 0
    write()
    assert len(troubles) == 1
    database.close()
