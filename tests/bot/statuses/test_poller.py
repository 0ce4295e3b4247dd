"""Asking for news: everything once, from where it stopped, whatever the clocks say."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from bot.forwarding.backends.open311.backend import Open311Backend
from bot.forwarding.backends.open311.profile import Profile, load_profile
from bot.forwarding.backends.open311.wire import Wire
from bot.intake import statuses
from bot.intake.clock import utc_now
from bot.intake.statuses import Update
from bot.intake.tables import StatusUpdate
from bot.statuses.poller import Poller, stamp
from tests.bot.forwarding.desk_process import ROOT, running_desk
from tests.bot.forwarding.house import START, House

pytest_plugins = ["tests.bot.forwarding.fixtures"]


class FakeSource:
    """Answers with at most `page` rows from start_date on, oldest first, as GeoReport servers do."""

    name = "desk"
    overlap = timedelta(minutes=10)
    by_case = False

    def __init__(self, *rows: Update, page: int = 1000) -> None:
        self.rows = list(rows)
        self.page = page
        self.asked: list[dict[str, str]] = []
        self.poll_every: timedelta | None = timedelta(seconds=0.05)
        self.trouble: Exception | None = None

    async def updates(self, params: dict[str, str]) -> list[Update]:
        self.asked.append(params)
        if self.trouble is not None:
            raise self.trouble
        rows = sorted(self.rows, key=lambda row: row.changed_at)
        if "start_date" in params:
            start = datetime.fromisoformat(params["start_date"])
            rows = [row for row in rows if row.changed_at >= start]
        else:
            rows = [row for row in rows if row.case_id in params["service_request_id"].split(",")]
        return rows[: self.page]


def news(n: int, status: str | None = "in_progress", minutes: float = 0, case: str = "D1") -> Update:
    return Update(f"U{n}", case, None, status or "strange", status, None, START + timedelta(minutes=minutes))


def poller(house: House, *sources: FakeSource) -> Poller:
    return Poller(house.database, house.newsroom, sources, house.clock)


def outcomes(house: House) -> list[str]:
    with house.database.reading() as session:
        return [row.outcome for row in session.scalars(select(StatusUpdate).order_by(StatusUpdate.id))]


def cursor(house: House) -> datetime | None:
    with house.database.reading() as session:
        return statuses.get_cursor(session, "desk")


async def test_news_is_read_once(either_house: House) -> None:
    either_house.file(case_id="D1")
    either_house.clock.forward(hours=1)
    source = FakeSource(news(1, "accepted"), news(2, "in_progress", 3))
    one = poller(either_house, source)
    assert [await one.poll(source) for _ in range(3)] == [2, 0, 0]
    assert outcomes(either_house) == ["applied", "applied"] and len(either_house.texts()) == 2
    assert cursor(either_house) == START + timedelta(minutes=3)


async def test_the_first_question_reaches_back_a_week_and_later_ones_behind_the_newest(house: House) -> None:
    house.file(case_id="D1")
    house.clock.forward(hours=1)
    source = FakeSource(news(1, minutes=30))
    await poller(house, source).poll(source)
    await poller(house, source).poll(source)
    assert source.asked[0] == {"start_date": stamp(house.clock() - timedelta(days=7))}
    assert source.asked[-2] == {"start_date": stamp(START + timedelta(minutes=20))}


async def test_a_row_that_comes_late_within_the_overlap_is_not_missed(house: House) -> None:
    house.file(case_id="D1")
    house.file(case_id="D2")
    house.clock.forward(hours=1)
    source = FakeSource(news(2, minutes=30))
    await poller(house, source).poll(source)
    source.rows.append(news(1, minutes=21, case="D2"))
    assert await poller(house, source).poll(source) == 1


async def test_a_long_answer_that_is_cut_is_read_to_its_end(house: House) -> None:
    house.clock.forward(days=1)
    for n in range(12):
        house.file(case_id=f"D{n}")
    source = FakeSource(*(news(n, minutes=n, case=f"D{n}") for n in range(12)), page=3)
    assert await poller(house, source).poll(source) == 12


@pytest.mark.parametrize("ahead", [timedelta(hours=5), timedelta(hours=-5)])
async def test_a_backend_whose_clock_is_wrong_loses_no_news(house: House, ahead: timedelta) -> None:
    house.file(case_id="D1")
    house.clock.now = START
    source = FakeSource(replace(news(1, "accepted"), changed_at=START + ahead))
    await poller(house, source).poll(source)
    source.rows.append(replace(news(2, "closed"), changed_at=START + ahead + timedelta(minutes=1)))
    house.clock.forward(minutes=1)
    assert await poller(house, source).poll(source) == 1 and outcomes(house) == ["applied", "applied"]
    at = cursor(house)
    assert at is not None and at <= house.clock()


async def test_one_that_cannot_be_applied_holds_up_no_other_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.file(case_id="D1")
    house.file(case_id="D2")
    house.clock.forward(hours=1)
    source = FakeSource(news(1, minutes=1), news(2, minutes=2, case="D2"))
    real = statuses.apply_update

    def failing(session: Any, newsroom: Any, backend: str, update: Update, now: datetime) -> Any:
        if update.update_id == "U1":
            raise OSError("disk full")
        return real(session, newsroom, backend, update, now)

    with monkeypatch.context() as patch:
        patch.setattr(statuses, "apply_update", failing)
        with pytest.raises(OSError, match="disk full"):
            await poller(house, source).poll(source)
    assert outcomes(house) == ["applied"] and cursor(house) is None
    assert await poller(house, source).poll(source) == 1


async def test_a_backend_without_updates_is_asked_case_by_case(house: House) -> None:
    """Only cases that may still change, in portions."""
    for n in range(120):
        house.file(case_id=f"D{n:03d}")
    house.file(case_id="D999", status="closed")
    house.file(case_id=None)
    house.clock.forward(hours=1)
    source = FakeSource(news(1, "closed", case="D077"), news(2, "closed", case="D119"))
    source.by_case = True
    assert await poller(house, source).poll(source) == 2
    assert [len(params["service_request_id"].split(",")) for params in source.asked] == [50, 50, 20]
    assert await poller(house, source).poll(source) == 0
    assert "D077" not in str(source.asked[3:])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_loop_survives_a_backend_that_fails_and_ends_when_told(house: House) -> None:
    house.file(case_id="D1")
    house.clock.forward(hours=1)
    source, broken, mute = FakeSource(news(1)), FakeSource(), FakeSource()
    broken.trouble, mute.poll_every = OSError("away"), None
    stop = asyncio.Event()
    task = asyncio.create_task(poller(house, broken, source, mute).run(stop))
    await until(lambda: outcomes(house) == ["applied"] and len(broken.asked) > 1)
    stop.set()
    async with asyncio.timeout(10):
        await task
    assert mute.asked == []


async def test_the_desks_word_reaches_the_resident(house: House, tmp_path: Path) -> None:
    """The real desk, from the filed ticket to the news; the resident's own changes do not come back as news."""
    house.clock.now = utc_now()
    with running_desk(tmp_path / "desk") as desk:
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            document = load_profile(ROOT / "cities/xihua/backends/desk.yml").model_dump()
            profile = Profile.model_validate(document)
            backend = Open311Backend("desk", profile, Wire(client, profile, desk.open311, None, utc_now))
            ticket = house.file()
            house.change(ticket, "supplemented", text="又灭一盏")
            await house.live(backend)
            case_id = house.ticket(ticket).case_id
            assert case_id is not None
            one = Poller(house.database, house.newsroom, [backend], utc_now)
            assert await one.poll(backend) == 0
            desk.set_status(case_id, "in_progress", "派人了")
            assert await one.poll(backend) == 1
            desk.set_status(case_id, "waiting_for_parts")
            desk.set_status(case_id, "closed")
            assert await one.poll(backend) == 2 and await one.poll(backend) == 0
    assert house.texts() == [
        "news_in_progress XH-20260504-0001 in_progress 派人了。",
        "news_unknown XH-20260504-0001 waiting_for_parts ",
        "news_closed XH-20260504-0001 closed ",
    ]
    assert house.ticket(ticket).status == "closed" and house.reviews() == [("unknown_status", "open")]
