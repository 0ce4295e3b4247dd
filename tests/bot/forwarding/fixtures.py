"""Houses on either database, for `pytest_plugins`."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.intake.database import Database
from tests.bot.forwarding.house import House, postgres_answers, postgres_database, sqlite_database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; every test gets a copy."""
    folder = tmp_path_factory.mktemp("template")
    with sqlite_database(folder) as database:
        file = database.url.database
    assert file is not None
    return Path(file)


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    if not postgres_answers():
        if os.environ.get("CI"):
            pytest.fail("CI must run the PostgreSQL tests: start a server on 127.0.0.1:5432")
        pytest.skip("no PostgreSQL on 127.0.0.1:5432: start one to run these tests")
    with postgres_database() as database:
        name = database.url.database
        assert name is not None
        database.engine.dispose()
        yield name


@pytest.fixture
def house(tmp_path: Path, sqlite_template: Path) -> Iterator[House]:
    file = tmp_path / "house.db"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    yield House(database)
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_house(request: pytest.FixtureRequest) -> Iterator[House]:
    """The same rules hold on both databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("house")
        return
    yield request.getfixturevalue("postgres_house")


@pytest.fixture
def postgres_house(postgres_template: str) -> Iterator[House]:
    with postgres_database(postgres_template) as database:
        yield House(database)
