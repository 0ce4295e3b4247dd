from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.forwarding.house import House, postgres_answers, postgres_database, sqlite_database


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with sqlite_database(tmp_path) as database:
        yield House(database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def either_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """The same rules hold on both databases."""
    if request.param == "sqlite":
        with sqlite_database(tmp_path) as database:
            yield House(database)
    elif not postgres_answers():
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    else:
        with postgres_database() as database:
            yield House(database)
