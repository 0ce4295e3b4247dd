"""When a training is due."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.learning.schedule import OFF, Plan, is_due, last_turn

PLAN = Plan(2, 20, ZoneInfo("Asia/Shanghai"))
THREE = datetime(2026, 11, 24, 19, tzinfo=UTC)  # 3 in the morning of the 25th in Xihua


@pytest.mark.parametrize(
    ("hours_ago", "new", "plan", "due"),
    [
        (None, 20, PLAN, True),
        (None, 19, PLAN, False),
        (None, 0, Plan(2, 0, PLAN.zone), False),  # nothing new is never worth while
        (None, 500, Plan(OFF, 20, PLAN.zone), False),
        (2, 20, PLAN, True),  # asked for at 1: today's turn is still to come
        (0.5, 20, PLAN, False),  # today's turn was taken
        (25, 20, PLAN, True),
    ],
)
def test_is_due(hours_ago: float | None, new: int, plan: Plan, due: bool) -> None:
    asked = None if hours_ago is None else THREE - timedelta(hours=hours_ago)
    assert is_due(plan, THREE, asked, new) is due


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)), st.integers(0, 23))
def test_the_last_turn_is_at_the_hour_and_within_a_day(moment: datetime, hour: int) -> None:
    now = moment.replace(tzinfo=UTC)
    turn = last_turn(Plan(hour, 1, ZoneInfo("Asia/Shanghai")), now)
    assert turn <= now < turn + timedelta(days=1) and turn.hour == hour
