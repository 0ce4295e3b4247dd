"""The dialogue worker: nothing is lost, nobody is left in silence, and one resident's trouble is nobody else's."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from actions.intake_action import sender_for
from bot.dialogue.worker import STUCK_AFTER, DialogueWorker, put_off
from bot.intake.signals import Signals
from tests.bot.dialogue.fakes import FakeEngine
from tests.bot.intake.home import CROSSING, LAMP, Home, document

pytest_plugins = ["tests.bot.intake.fixtures"]

FIRE = "人民路饭店着火了，火苗子往外窜"


def worker_of(home: Home, engine: Any, parallel: int = 2) -> DialogueWorker:
    return DialogueWorker(home.database, engine, home.desk, home.clock, Signals(), sender_for, parallel)


async def one_try(home: Home, worker: DialogueWorker) -> bool:
    """Handles what is due now, once; False where nothing was."""
    item = home.claim()
    if item is None:
        return False
    await worker._handle(item)
    return True


async def run_until(worker: DialogueWorker, done: Any, seconds: float = 15) -> None:
    """Runs the worker's own loops until `done()`, then stops it."""
    running = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(seconds):
            while not done():
                await asyncio.sleep(0.02)
                assert not running.done(), running.exception()
    finally:
        worker.stop()
        async with asyncio.timeout(5):
            await running


def apology(home: Home) -> str:
    return home.desk.city.phrases.text("engine_away", "zh")


def texts(home: Home, resident: str) -> list[str]:
    return [body["text"] for body in home.bodies(resident)]


async def test_while_the_engine_is_away_the_item_stays_and_the_resident_is_told_once(home: Home) -> None:
    resident, engine = home.resident(), FakeEngine(home)
    item = home.receive(resident, "在吗")
    worker = worker_of(home, engine)
    engine.down = True
    told = []
    for _ in range(4):
        assert await one_try(home, worker)
        told.append(texts(home, resident).count(apology(home)))
        assert home.item(item).state == "waiting" and home.item(item).trouble == "EngineDown"
        home.clock.forward(seconds=20)
    assert told == [0, 1, 1, 1], "a hiccup is not worth a word; from the second try on it is said, once"
    engine.down = False
    assert await one_try(home, worker)
    assert home.item(item).state == "done"
    assert len(texts(home, resident)) == 2 and texts(home, resident)[-1] != apology(home)


async def test_danger_gets_its_number_at_once_although_the_engine_is_away(home: Home) -> None:
    resident, engine = home.resident(), FakeEngine(home, lambda text: document(text, "request", "EM-02"))
    item = home.receive(resident, FIRE)
    worker = worker_of(home, engine)
    engine.down = True
    await one_try(home, worker)
    (first,) = home.bodies(resident)
    assert first["emergency"] and "119" in first["text"]
    home.clock.forward(seconds=20)
    await one_try(home, worker)
    engine.down = False
    home.clock.forward(seconds=20)
    await one_try(home, worker)
    assert home.item(item).state == "done"
    assert sum(body["emergency"] for body in home.bodies(resident)) == 1, "the number is given once"
    assert home.bodies(resident)[-1]["card"] is not None


async def test_an_empty_answer_of_the_engine_is_an_error_and_the_item_stays(home: Home) -> None:
    engine = FakeEngine(home)
    item = home.receive(home.resident(), "在吗")
    engine.silent = True
    await one_try(home, worker_of(home, engine))
    assert (home.item(item).state, home.item(item).trouble) == ("waiting", "EngineEmpty")


async def test_a_document_that_lacks_a_part_leaves_the_item_until_a_good_one_comes(home: Home) -> None:
    resident, engine = home.resident(), FakeEngine(home)
    item = home.receive(resident, "在吗")
    engine.meaning = lambda text: {"act": "smalltalk"}
    await one_try(home, worker_of(home, engine))
    assert home.item(item).state == "waiting" and texts(home, resident) == []
    engine.meaning = lambda text: document(text, "smalltalk")
    home.clock.forward(seconds=20)
    await one_try(home, worker_of(home, engine))
    assert home.item(item).state == "done"


async def test_an_action_that_raises_leaves_the_item_and_a_person_is_told_in_the_end(home: Home) -> None:
    resident, engine = home.resident(), FakeEngine(home)
    item = home.receive(resident, "坏消息")
    engine.bad.add("坏消息")
    worker = worker_of(home, engine)
    for n in range(STUCK_AFTER + 2):
        await one_try(home, worker)
        assert home.counts()["reviews"] == (1 if n + 1 >= STUCK_AFTER else 0)
        home.clock.forward(seconds=20)
    assert (home.item(item).state, home.item(item).trouble) == ("waiting", "RuntimeError")
    assert texts(home, resident) == [apology(home)]


async def test_one_bad_message_does_not_hold_up_other_residents(home: Home) -> None:
    engine = FakeEngine(home)
    engine.bad.add("坏消息")
    bad = home.receive(home.resident("bad"), "坏消息")
    good = [home.receive(home.resident(f"r{n}"), "在吗") for n in range(4)]
    await run_until(worker_of(home, engine), lambda: all(home.item(i).state == "done" for i in good))
    assert home.item(bad).state == "waiting"


async def test_each_residents_messages_are_handled_in_their_order_side_by_side(either_home: Home) -> None:
    home = either_home
    handled: list[str] = []

    def note(text: str) -> dict[str, Any]:
        handled.append(text)
        return document(text, "smalltalk")

    residents = [home.resident(f"r{n}") for n in range(3)]
    ids = [home.receive(who, f"{name}{n}") for n in range(4) for who, name in zip(residents, "abc", strict=True)]
    await run_until(
        worker_of(home, FakeEngine(home, note), parallel=4), lambda: all(home.item(i).state == "done" for i in ids)
    )
    for name in "abc":
        assert [text for text in handled if text[0] == name] == [f"{name}{n}" for n in range(4)]


async def test_what_the_engine_need_not_understand_is_handled_without_it(home: Home) -> None:
    resident, engine = home.resident(), FakeEngine(home)
    engine.down = True
    items = [
        home.receive(resident, kind="button", button="status"),
        home.receive(resident, kind="command", command="help"),
        home.receive(resident, "/help", kind="command", command="help"),
        home.receive(resident, kind="photo", uploads=["u1"]),
        home.receive(resident, kind="location", location={"lat": 33.79, "lon": 114.52}),
        home.receive(resident, "   "),
    ]
    worker = worker_of(home, engine)
    while await one_try(home, worker):
        pass
    assert {home.item(item).state for item in items} == {"done"} and engine.asked == []


async def test_the_engine_reads_the_words_as_they_are(home: Home) -> None:
    engine = FakeEngine(home)
    for text in ("/restart", '/report{"a": 1}', "  路灯坏了\n", "😀"):
        home.receive(home.resident(), text)
        await one_try(home, worker_of(home, engine))
    assert engine.asked == ["/restart", '/report{"a": 1}', "  路灯坏了\n", "😀"]


async def test_stopping_finishes_the_work_in_hand(home: Home) -> None:
    resident = home.resident()
    item = home.receive(resident, "在吗")
    started, go_on = asyncio.Event(), asyncio.Event()

    class SlowEngine(FakeEngine):
        async def turn(self, sender: str, text: str) -> None:
            started.set()
            await go_on.wait()
            await super().turn(sender, text)

    worker = worker_of(home, SlowEngine(home))
    running = asyncio.create_task(worker.run())
    await asyncio.wait_for(started.wait(), 5)
    later = home.receive(resident, "还有")
    worker.stop()
    await asyncio.sleep(0.05)
    assert not running.done(), "the turn in hand is not dropped"
    go_on.set()
    await asyncio.wait_for(running, 5)
    assert (home.item(item).state, home.item(later).state) == ("done", "waiting")


async def test_no_more_turns_than_places_and_none_begins_after_stop(home: Home) -> None:
    items = [home.receive(home.resident(f"r{n}"), "在吗") for n in range(3)]
    both, go_on = asyncio.Semaphore(0), asyncio.Event()

    class SlowEngine(FakeEngine):
        async def turn(self, sender: str, text: str) -> None:
            both.release()
            await go_on.wait()
            await super().turn(sender, text)

    worker = worker_of(home, SlowEngine(home), parallel=2)
    running = asyncio.create_task(worker.run())
    for _ in range(2):
        await asyncio.wait_for(both.acquire(), 5)
    await asyncio.sleep(0.05)
    assert [home.item(i).state for i in items] == ["claimed", "claimed", "waiting"]
    worker.stop()
    go_on.set()
    await asyncio.wait_for(running, 5)
    assert [home.item(i).state for i in items] == ["done", "done", "waiting"]


@pytest.mark.parametrize("stored", [False, True], ids=["before the action", "after the action"])
async def test_killed_between_claim_and_completion_a_new_worker_takes_over(either_home: Home, stored: bool) -> None:
    home = either_home
    resident = home.resident()
    confirm = home.reports_lamp(resident)
    item = home.receive(resident, kind="button", button=confirm)
    dead = home.claimed()  # this worker is gone now
    if stored:
        home.complete(dead)
    engine = FakeEngine(home)
    worker = worker_of(home, engine)
    assert not await one_try(home, worker), "the lease still holds, or the work was done"
    home.clock.forward(seconds=31)
    assert await one_try(home, worker) is not stored
    assert home.item(item).state == "done" and len(home.tickets()) == 1


async def test_a_late_answer_after_the_lease_passed_on_changes_nothing(home: Home) -> None:
    resident = home.resident()
    home.receive(resident, LAMP)
    old = home.claimed()
    home.clock.forward(seconds=31)
    new = home.claimed()
    worker = worker_of(home, FakeEngine(home, lambda text: document(text, place=CROSSING)))
    await worker._handle(old)
    assert home.bodies(resident) == [] and home.item(new.id).lease_token == new.lease_token
    await worker._handle(new)
    assert len(home.bodies(resident)) == 1


async def test_a_lost_acknowledgement_after_the_work_was_done_says_nothing_more(home: Home) -> None:
    """The turn is stored, then the line to the engine breaks: no apology, no second try."""
    resident = home.resident()

    class BreaksAfter(FakeEngine):
        async def turn(self, sender: str, text: str) -> None:
            await super().turn(sender, text)
            raise TimeoutError

    item = home.receive(resident, "在吗")
    await one_try(home, worker_of(home, BreaksAfter(home)))
    assert home.item(item).state == "done" and len(home.bodies(resident)) == 1


@pytest.mark.parametrize("times", [1, 3])
async def test_a_locked_database_stops_nobody(home: Home, times: int) -> None:
    item = home.receive(home.resident(), "在吗")
    worker = worker_of(home, FakeEngine(home), parallel=1)
    left = times
    run = home.database.run

    async def sometimes(work: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal left
        if left:
            left -= 1
            raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))
        return await run(work, *arguments, **named)

    home.database.run = sometimes  # type: ignore[method-assign]
    await run_until(worker, lambda: left == 0 and home.item(item).state == "done")


async def test_waits_grow_and_are_capped(home: Home) -> None:
    engine = FakeEngine(home)
    engine.down = True
    item = home.receive(home.resident(), "在吗")
    worker = worker_of(home, engine)
    waits = []
    for _ in range(9):
        await one_try(home, worker)
        due = home.item(item).next_attempt_at
        waits.append((due - home.clock()).total_seconds())
        home.clock.now = due
    assert waits == [0.5, 1, 2, 4, 8, 16, 20, 20, 20]


def test_putting_off_what_is_done_changes_nothing(home: Home) -> None:
    resident = home.resident()
    home.receive(resident, FIRE)
    item = home.claimed()
    home.complete(item, document(FIRE, "request", "EM-02"))
    before = home.bodies(resident)
    with home.database.transaction() as session:
        put_off(session, home.desk, item.id, item.lease_token or "", 1, "EngineDown", home.clock())
    assert home.item(item.id).state == "done" and home.bodies(resident) == before
