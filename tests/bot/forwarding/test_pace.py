"""The ramp after a failure, and the clock that was set."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.forwarding.pace import Ramp, Watch
from tests.bot.forwarding.house import START


def test_after_a_failure_it_starts_with_one_and_doubles_with_every_round() -> None:
    ramp = Ramp(8)
    assert ramp.limit == 8, "a start with a healthy backend needs no ramp"
    ramp.took(False)
    limits = []
    for _ in range(1 + 2 + 4):
        limits.append(ramp.limit)
        ramp.took(True)
    assert limits == [1, 2, 2, 4, 4, 4, 4] and ramp.limit == 8


@given(st.integers(1, 64), st.lists(st.booleans()))
def test_the_limit_stays_between_one_and_the_profiles(most: int, answers: list[bool]) -> None:
    ramp = Ramp(most)
    for answered in answers:
        ramp.took(answered)
        assert 1 <= ramp.limit <= most


def test_only_a_leap_forward_is_told_and_only_once() -> None:
    watch = Watch()
    assert not watch.leapt(START, 100.0)
    assert not watch.leapt(START + timedelta(seconds=31), 130.0), "a second off is drift"
    assert watch.leapt(START + timedelta(hours=1), 131.0)
    assert not watch.leapt(START + timedelta(hours=1, seconds=5), 136.0)
    assert not watch.leapt(START, 137.0), "set back: settling takes longer, nothing is too early"
