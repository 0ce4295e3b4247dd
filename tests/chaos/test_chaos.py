"""The short form: 500 tickets, every fault, every step, on both databases. `make chaos` is the long one."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bot.forwarding.desk_process import running_desk
from tests.bot.forwarding.house import House
from tests.chaos.steps import STEPS
from tests.chaos.storm import Outcome, Storm
from tests.chaos.worker_process import KEEPS, SEARCHED

pytest_plugins = ["tests.bot.forwarding.fixtures"]

LIMIT = 120  # seconds; no figure, only an end to waiting
FLOW_AGAIN = 30  # seconds after a restart


def weather(house: House, folder: Path, tickets: int, workers: int) -> tuple[Outcome, Storm]:
    with ExitStack() as stack:
        desks = {name: stack.enter_context(running_desk(folder / name)) for name in (KEEPS, SEARCHED)}
        storm = Storm(house, desks, folder, tickets, workers)
        return storm.rage(kills=1, rounds=1, limit=LIMIT), storm


@pytest.mark.parametrize(
    ("database", "workers"),
    [("sqlite", 1), pytest.param("postgres", 4, marks=pytest.mark.postgres)],
)
def test_nothing_is_lost_or_doubled(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, workers: int
) -> None:
    house: House = request.getfixturevalue("house" if database == "sqlite" else "postgres_house")
    outcome, storm = weather(house, tmp_path, 250, workers)
    assert (outcome.lost, outcome.doubled, outcome.disordered) == ([], [], [])
    assert (outcome.unfinished, outcome.waiting_for_person) == (0, 0)
    assert outcome.refused == storm.refusals and outcome.accepted == 250 - outcome.refused
    assert set(outcome.kills) == set(STEPS), "a worker was killed at every step"
    assert outcome.recovery_s <= FLOW_AGAIN
