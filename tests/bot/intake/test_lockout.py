"""Guessing gets slower; a right password is forgiven; names that do not exist are counted alike."""

from datetime import timedelta

import pytest

from bot.intake.lockout import begin_attempt, delay_after, forgive
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 15), (6, 30), (7, 60), (10, 480), (11, 900), (10_000, 900)]
)
def test_the_delay_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert delay_after(failures, 5) == timedelta(seconds=seconds)


def attempt(home: Home, name: str = "王芳", address: str = "a") -> float:
    with home.database.transaction() as session:
        return begin_attempt(session, name, address, home.clock()).total_seconds()


def test_the_sixth_attempt_waits_and_then_counts(either_home: Home) -> None:
    assert [attempt(either_home, " 王芳", str(i)) for i in range(6)] == [0, 0, 0, 0, 0, 15]
    either_home.clock.forward(seconds=14)
    assert attempt(either_home) == 1
    either_home.clock.forward(seconds=1)
    assert [attempt(either_home), attempt(either_home)] == [0, 30]
    assert attempt(either_home, "李敏") == 0, "others are not held up"
    either_home.clock.forward(hours=12)
    assert [attempt(either_home) for _ in range(5)] == [0] * 5


def test_one_address_cannot_try_many_names(either_home: Home) -> None:
    assert [attempt(either_home, f"n{i}") for i in range(31)] == [0] * 30 + [15]


def test_a_right_password_is_forgiven(either_home: Home) -> None:
    for _ in range(40):
        assert attempt(either_home) == 0
        with either_home.database.transaction() as session:
            forgive(session, "王芳", "a")
