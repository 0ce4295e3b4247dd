"""What /health/ready says of the deliveries."""

from datetime import timedelta

import pytest

from bot.intake import backlog, circuits, deliveries
from bot.intake.deliveries import BackendFigures
from tests.bot.forwarding.house import START, House

pytest_plugins = ["tests.bot.forwarding.fixtures"]


def figures(minutes: float | None = None, paused: float | None = None, waiting: int = 0) -> BackendFigures:
    oldest = None if minutes is None else START - timedelta(minutes=minutes)
    until = None if paused is None else START + timedelta(minutes=paused)
    return BackendFigures("desk", {"waiting": waiting, "dead": 3}, oldest, until, False, 0, None)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (figures(), "ok"),
        (figures(minutes=5, waiting=9), "ok"),
        (figures(minutes=16, waiting=9), "desk: late, 9 on their way, the oldest for 960 s"),
        (figures(paused=-1), "ok"),
        (figures(paused=1), "desk: paused"),
        (figures(minutes=1, paused=1, waiting=2), "desk: paused, 2 on their way, the oldest for 60 s"),
        (figures(minutes=-1, paused=1, waiting=2), "desk: paused, 2 on their way, the oldest for 0 s"),
    ],
)
def test_what_is_said(one: BackendFigures, said: str) -> None:
    assert backlog.describe([one], START) == said


def test_it_is_read_from_the_outbox(house: House) -> None:
    house.file()
    with house.database.transaction() as session:
        circuits.hold(session, "desk", START + timedelta(minutes=30), START)
    house.clock.forward(minutes=20)
    with house.database.reading() as session:
        found = deliveries.figures(session, ["desk", "other"], house.clock())
    assert backlog.describe(found, house.clock()) == "desk: paused, 1 on their way, the oldest for 1200 s"
