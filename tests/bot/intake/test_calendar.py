"""Office hours: local time, holidays, and weekends that are worked instead."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.intake.calendar import Calendar
from bot.intake.errors import CityError

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(
    timezone=ZONE,
    periods=((time(8), time(12)), (time(14), time(18))),
    weekend=frozenset({5, 6}),
    holidays=frozenset({date(2026, 10, 1)}),
    workdays=frozenset({date(2026, 10, 10)}),  # a Saturday
)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (datetime(2026, 11, 24, 8, 0), True),  # a Tuesday
        (datetime(2026, 11, 24, 7, 59, 59), False),
        (datetime(2026, 11, 24, 11, 59, 59), True),
        (datetime(2026, 11, 24, 12, 0), False),
        (datetime(2026, 11, 24, 13, 59), False),
        (datetime(2026, 11, 24, 14, 0), True),
        (datetime(2026, 11, 24, 18, 0), False),
        (datetime(2026, 11, 28, 9, 0), False),  # Saturday
        (datetime(2026, 10, 1, 9, 0), False),  # a holiday on a Thursday
        (datetime(2026, 10, 10, 9, 0), True),  # a Saturday that is worked
        (datetime(2026, 10, 10, 3, 0), False),
    ],
)
def test_open_hours(moment: datetime, open_: bool) -> None:
    assert CALENDAR.is_open(moment.replace(tzinfo=ZONE)) is open_


def test_any_time_zone_is_understood() -> None:
    assert CALENDAR.is_open(datetime(2026, 11, 24, 1, 0, tzinfo=UTC))  # nine in Xihua
    assert not CALENDAR.is_open(datetime(2026, 11, 24, 12, 0, tzinfo=UTC))
    assert not CALENDAR.is_open(datetime(2026, 11, 27, 23, 0, tzinfo=UTC))  # Saturday there already


GOOD = "periods: [{from: '08:00', to: '12:00'}]\nweekend: [5, 6]\nholidays: ['2026-10-01']\nworkdays: []\n"


def load(folder: Path, content: str) -> Calendar:
    (folder / "calendar.yml").write_text(content, encoding="utf-8")
    return Calendar.load(folder, ZONE)


def test_days_may_stand_with_or_without_quotes(tmp_path: Path) -> None:
    quoted = load(tmp_path, GOOD)
    assert quoted == load(tmp_path, GOOD.replace("'2026-10-01'", "2026-10-01"))
    assert not quoted.is_workday(date(2026, 10, 1))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "5",
        "periods: [",
        GOOD.replace("08:00", "8 o'clock"),
        GOOD.replace("2026-10-01", "1 October"),
        "periods: []\n",
    ],
)
def test_a_calendar_that_is_wrong_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(CityError, match="calendar.yml"):
        load(tmp_path, content)


def test_a_city_without_calendar_is_told(tmp_path: Path) -> None:
    with pytest.raises(CityError, match="calendar.yml"):
        Calendar.load(tmp_path, ZONE)
