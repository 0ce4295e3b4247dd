"""Homes on either database, for `pytest_plugins`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from bot.intake.database import Database
from bot.intake.tables import Base
from tests.bot.forwarding.house import postgres_answers, postgres_database
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.forwarding.fixtures"]


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path) -> Iterator[Home]:
    file = tmp_path / "home.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}")

    @event.listens_for(database.engine, "connect")
    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # no power cuts here

    yield Home(database)
    database.close()


@pytest.fixture(scope="session")
def postgres_home() -> Iterator[Database]:
    """One database for the session: emptying it is ten times as fast as making another."""
    if not postgres_answers():
        if os.environ.get("CI"):
            pytest.fail("CI needs a PostgreSQL server on 127.0.0.1:5432 (user postgres, trust); start one")
        pytest.skip("no PostgreSQL on 127.0.0.1:5432; start one to run this test")
    with postgres_database() as database:
        yield database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_home(request: pytest.FixtureRequest) -> Home:
    """The same rules hold on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        home: Home = request.getfixturevalue("home")
        return home
    database: Database = request.getfixturevalue("postgres_home")
    with database.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
    return Home(database)
