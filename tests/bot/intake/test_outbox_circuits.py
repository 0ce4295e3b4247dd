"""A backend as a whole: when it is left alone, who probes, and how flow returns."""

from datetime import datetime, timedelta

import pytest

from bot.intake import circuits, outbox
from bot.intake.outbox import Claim, Ended, Ending, Rules
from tests.bot.forwarding.house import START, House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

RULES = Rules(timedelta(seconds=30), timedelta(seconds=20), "look_up", "send")


@pytest.mark.parametrize(("failures", "pause"), [(0, None), (4, None), (5, 5), (6, 10), (7, 20), (8, 30), (5000, 30)])
def test_the_circuit_opens_after_failures_in_a_row_and_stays_short(failures: int, pause: int | None) -> None:
    expected = None if pause is None else START + timedelta(seconds=pause)
    assert circuits.pause_after(failures, START) == expected


def claim(house: House) -> Claim | None:
    with house.database.transaction() as session:
        return next(iter(outbox.claim_due(session, "desk", house.clock(), "w", RULES)), None)


def fail(house: House, times: int = 1) -> None:
    with house.database.transaction() as session:
        for _ in range(times):
            circuits.record_failure(session, "desk", "no connection", house.clock())


def paused(house: House) -> datetime | None:
    with house.database.reading() as session:
        return circuits.paused_until(session, "desk", house.clock())


def test_an_open_circuit_lets_one_probe_through_at_a_time(either_house: House) -> None:
    for _ in range(3):
        either_house.file()
    fail(either_house, 4)
    assert paused(either_house) is None
    fail(either_house)
    assert claim(either_house) is None and paused(either_house) == START + timedelta(seconds=5)
    either_house.clock.forward(seconds=5)
    assert claim(either_house) is not None
    assert claim(either_house) is None, "the second waits for what becomes of the probe"


def test_a_probe_that_never_came_back_is_followed_by_another(house: House) -> None:
    house.file()
    house.file()
    fail(house, 5)
    house.clock.forward(seconds=5)
    assert claim(house) is not None
    house.clock.forward(seconds=31)
    assert claim(house) is not None


def test_success_closes_the_circuit_and_pulls_retries_forward(either_house: House) -> None:
    """Items that wait for hours because the backend was away go as soon as it is back; tokens keep their time."""
    for token in (None, None, "T1"):
        either_house.file()
        item = claim(either_house)
        assert item is not None
        with either_house.database.transaction() as session:
            wait = Ending("waiting", "away", START + timedelta(hours=5), token=token)
            outbox.finish_all(session, [Ended(item, wait, "temporary")], either_house.clock())
    fail(either_house, 6)
    either_house.clock.forward(minutes=1)
    with either_house.database.transaction() as session:
        assert circuits.record_success(session, "desk", either_house.clock())
        assert not circuits.record_success(session, "desk", either_house.clock())
    assert paused(either_house) is None
    first, second = claim(either_house), claim(either_house)
    assert first is not None and second is not None and first.kind == second.kind == "send"
    assert claim(either_house) is None


def test_a_wish_to_wait_is_kept_even_when_others_succeed(house: House) -> None:
    """Retry-After was said to us as a whole; requests that were under way do not lift it."""
    house.file()
    with house.database.transaction() as session:
        circuits.hold(session, "desk", START + timedelta(minutes=2), house.clock())
        circuits.hold(session, "desk", START + timedelta(minutes=1), house.clock())
        circuits.record_success(session, "desk", house.clock())
    assert paused(house) == START + timedelta(minutes=2) and claim(house) is None
    house.clock.forward(minutes=2)
    assert claim(house) is not None


def test_a_shut_door_is_tried_by_one_item_only(house: House) -> None:
    for _ in range(2):
        house.file()
    with house.database.transaction() as session:
        circuits.hold(session, "desk", START + timedelta(minutes=15), house.clock(), "the key is refused")
    state = house.backend_state("desk")
    assert state is not None and state.reason == "the key is refused"
    house.clock.forward(minutes=15)
    assert claim(house) is not None and claim(house) is None


def test_a_pause_of_one_backend_is_no_pause_of_another(house: House) -> None:
    house.file("other")
    fail(house, 9)
    with house.database.transaction() as session:
        assert outbox.claim_due(session, "other", house.clock(), "w", RULES)
