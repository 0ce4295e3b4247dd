"""The worker: a crash between any two steps, circuits, tokens, order, and its loop."""

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from bot.forwarding.backends.contract import Backend, Pending
from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Permanent, Shut, Temporary
from bot.forwarding.records import Records, Tried, Turn
from bot.forwarding.worker import Worker
from bot.intake import outbox
from bot.intake.clock import utc_now
from bot.intake.orders import Order
from bot.intake.outbox import Claim, Ended
from bot.intake.tables import OutboxItem
from tests.bot.forwarding.fakes import FakeBackend
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]


async def take(records: Records, backend: Backend) -> Sequence[Claim]:
    """A claim by a worker that goes no further."""
    return (await records.turn(backend, (), 1)).claims


async def test_it_is_delivered_and_written_down(either_house: House) -> None:
    backend = FakeBackend()
    ticket = either_house.file()
    assert await either_house.drain(backend) == 1
    assert either_house.ticket(ticket).case_id == "C-XH-20260504-0001"
    assert either_house.states() == ["accepted"] and either_house.deliveries() == [("send", "accepted")]


# What a crash leaves behind at each named step, and how it goes on.


async def test_a_crash_after_the_claim_and_before_the_request_sends_once(either_house: House) -> None:
    backend = FakeBackend()
    either_house.file()
    records = Records(either_house.database, either_house.newsroom, either_house.clock, "dead")
    assert await take(records, backend)
    await either_house.live(backend)
    assert [order.seq for order in backend.cases] == [1] and either_house.states() == ["accepted"]
    assert either_house.deliveries() == [("send", None), ("look_up", "not_found"), ("send", "accepted")]


async def test_a_crash_after_the_backend_took_it_is_found_and_not_sent_again(either_house: House) -> None:
    backend = FakeBackend()
    either_house.file()
    records = Records(either_house.database, either_house.newsroom, either_house.clock, "dead")
    (claim,) = await take(records, backend)
    await backend.send(claim.order)
    await either_house.live(backend)
    assert len(backend.cases) == 1 and either_house.states() == ["accepted"]
    assert either_house.deliveries() == [("send", None), ("look_up", "accepted")]


class Crash(BaseException):
    """The process ends here."""


async def test_a_crash_before_the_commit_leaves_the_item_to_be_looked_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = FakeBackend()
    house.file()
    worker = house.worker(backend)

    def crash(*_: object) -> list[bool]:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Records, "_write", crash)
        with pytest.raises(Crash):
            await worker.step(backend)
    assert house.states() == ["sending"] and len(backend.cases) == 1
    await house.live(backend)
    assert len(backend.cases) == 1 and house.states() == ["accepted"]


async def test_a_crash_while_looking_looks_again(house: House) -> None:
    backend = FakeBackend().next(Ambiguous("no answer"), stored=True)
    house.file()
    await house.drain(backend)
    house.clock.forward(seconds=21)
    records = Records(house.database, house.newsroom, house.clock, "dead")
    (claim,) = await take(records, backend)
    assert claim.kind == "look_up"
    await house.live(backend)
    assert len(backend.cases) == 1 and house.states() == ["accepted"]


async def test_where_nobody_can_look_a_crash_calls_a_person_and_nothing_is_sent(house: House) -> None:
    backend = FakeBackend(ticket_unknown="person")
    house.file()
    records = Records(house.database, house.newsroom, house.clock, "dead")
    assert await take(records, backend)
    await house.live(backend)
    assert backend.sent == [] and house.states() == ["unknown"] and house.reviews() == [("unknown_delivery", "open")]


# Endings.


@pytest.mark.parametrize("unclear", [Ambiguous("reset"), AlreadyThere("dup")])
async def test_unclear_and_there(house: House, unclear: BackendError) -> None:
    backend = FakeBackend().next(unclear, stored=True)
    house.file()
    await house.live(backend)
    assert len(backend.sent) == 1 and house.states() == ["accepted"]


async def test_the_look_waits_for_the_settling_time(house: House) -> None:
    backend = FakeBackend().next(Ambiguous("reset"), stored=False)
    house.file()
    await house.drain(backend)
    house.clock.forward(seconds=19)
    assert await house.drain(backend) == 0 and backend.looked == []
    house.clock.forward(seconds=1)
    await house.drain(backend)
    assert len(backend.looked) == 1 and len(backend.sent) == 2 and len(backend.cases) == 1


async def test_unclear_without_a_way_to_look_is_left_to_a_person(house: House) -> None:
    backend = FakeBackend(ticket_unknown="person").next(Ambiguous("reset"), stored=True)
    house.file()
    await house.live(backend)
    assert len(backend.sent) == 1 and house.states() == ["unknown"]
    assert house.reviews() == [("unknown_delivery", "open")]


async def test_unclear_where_the_key_is_kept_is_sent_again_with_the_same_key(house: House) -> None:
    backend = FakeBackend(ticket_unknown="send", keeps_key=True).next(Ambiguous("reset"), stored=True)
    house.file()
    await house.live(backend)
    assert len(backend.sent) == 2 and len({order.key for order in backend.sent}) == 1 and len(backend.cases) == 1


async def test_a_refused_ticket_calls_a_person_and_its_words_stay_out_of_the_queue_entry(house: House) -> None:
    backend = FakeBackend().next(Permanent("refused", status=400, detail="灯"))
    house.file()
    await house.live(backend)
    assert house.states() == ["dead"] and house.reviews() == [("refused", "open")] and house.texts() == []


async def test_a_refused_change_is_told_to_the_resident_too(house: House) -> None:
    backend = FakeBackend()
    ticket = house.file()
    await house.live(backend)
    house.change(ticket, "withdrawn", text="好了")
    backend.next(Permanent("this backend takes no withdrawals"))
    await house.live(backend)
    assert house.reviews() == [("refused", "open")]
    assert house.texts() == ["news_not_forwarded XH-20260504-0001  "]


async def test_a_rating_that_a_backend_does_not_take_troubles_nobody(house: House) -> None:
    backend = FakeBackend()
    ticket = house.file()
    await house.live(backend)
    house.change(ticket, "rated", rating="satisfied")
    backend.next(Permanent("no ratings"))
    await house.live(backend)
    assert house.states() == ["accepted", "dead"] and house.reviews() == [] and house.texts() == []


async def test_a_fault_of_our_own_while_sending_is_not_taken_for_nothing_sent(house: House) -> None:
    backend = FakeBackend().next(ZeroDivisionError("bug"), stored=True)
    house.file()
    await house.live(backend)
    assert len(backend.sent) == 1 and house.states() == ["accepted"]


async def test_a_token_is_asked_about_until_it_gives_the_id(house: House) -> None:
    backend = FakeBackend().next(Pending("T1"), stored=True)
    ticket = house.file()
    await house.drain(backend)
    assert house.states() == ["waiting"]
    house.clock.forward(seconds=3)
    await house.drain(backend)
    backend.tokens["T1"] = "D77"
    await house.live(backend)
    assert len(backend.sent) == 1 and house.ticket(ticket).case_id == "D77"
    assert [kind for kind, _ in house.deliveries()] == ["send", "resume", "resume"]


async def test_a_shut_door_holds_everybody_and_costs_no_attempt(house: House) -> None:
    backend = FakeBackend()
    for _ in range(3):
        backend.next(Shut("the key is refused"))
    for _ in range(3):
        house.file()
    await house.drain(backend)
    assert len(backend.sent) == 1 and [item.attempts for item in house.items()] == [0, 0, 0]
    await house.live(backend)
    assert house.states() == ["accepted"] * 3 and len(backend.cases) == 3


async def test_retry_after_holds_everybody(house: House) -> None:
    backend = FakeBackend().next(Temporary("busy", retry_after=house.clock() + timedelta(minutes=3)))
    house.file()
    house.file()
    await house.drain(backend)
    house.clock.forward(seconds=179)
    await house.drain(backend)
    assert len(backend.sent) == 1
    house.clock.forward(seconds=1)
    await house.drain(backend)
    assert len(backend.cases) == 2


FAILURES = st.sampled_from(
    [
        (True, Ambiguous("reset")),
        (False, Ambiguous("reset")),
        (False, Temporary("down")),
        (False, Shut("key")),
        (True, AlreadyThere("dup")),
        (True, ValueError("bug")),
        (False, ValueError("bug")),
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(FAILURES, max_size=8), crashes=st.sets(st.integers(0, 12)), changes=st.integers(0, 2))
async def test_whatever_happens_nothing_is_lost_doubled_or_out_of_order(
    house: House, plan: list[tuple[bool, Any]], crashes: set[int], changes: int
) -> None:
    """Any mix of failures and crashes: every ticket ends as one case, or as a dead letter that was never taken."""
    backend = FakeBackend()
    backend.schedule = backend.schedule.__class__(
        waits=backend.schedule.waits * 5, settle=timedelta(seconds=20), token_waits=backend.schedule.token_waits
    )
    backend.plan = list(plan)
    tickets = [house.file(), house.file()]
    for _ in range(changes):
        house.change(tickets[0], "supplemented", text="再说一句")
    steps = 0

    async def crashing(order: Order) -> None:
        nonlocal steps
        steps += 1
        if steps in crashes:
            raise Crash

    backend.before_answer = crashing
    for _ in range(40):
        try:
            await house.live(backend)
            break
        except Crash:
            house.clock.forward(seconds=16)
    numbers = {house.ticket(ticket).number for ticket in tickets}
    created = [order.ticket_number for order in backend.cases if order.event_type == "ticket.created"]
    assert len(created) == len(set(created))
    assert set(created) & numbers == numbers
    for number in numbers:
        seqs = list(dict.fromkeys(order.seq for order in backend.cases if order.ticket_number == number))
        assert seqs == sorted(seqs)


# The loop.


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


class Running:
    def __init__(self, house: House, *backends: Backend) -> None:
        self.stop, self.wake = asyncio.Event(), asyncio.Event()
        named = {backend.name: backend for backend in backends}
        worker = Worker(house.database, named, house.newsroom, utc_now, random.Random(1))
        self.task = asyncio.create_task(worker.run(self.stop, self.wake))

    async def end(self) -> None:
        self.stop.set()
        async with asyncio.timeout(20):
            await self.task


async def test_the_loop_sleeps_until_it_is_woken(house: House) -> None:
    house.clock.now = utc_now()
    backend = FakeBackend()
    running = Running(house, backend)
    await asyncio.sleep(0.1)
    house.file()
    running.wake.set()
    await until(lambda: house.states() == ["accepted"])
    assert not running.wake.is_set()
    await running.end()


async def test_the_ticket_and_its_changes_go_without_waiting_in_between(house: House) -> None:
    house.clock.now = utc_now()
    ticket = house.file()
    house.change(ticket, "supplemented", text="一")
    house.change(ticket, "withdrawn", text="二")
    backend = FakeBackend()
    running = Running(house, backend)
    await until(lambda: house.states() == ["accepted"] * 3)
    assert [order.seq for order in backend.sent] == [1, 2, 3]
    await running.end()


async def test_a_slow_backend_holds_up_no_other_and_is_not_flooded(house: House) -> None:
    house.clock.now = utc_now()
    gate = asyncio.Event()
    slow, quick = FakeBackend("slow"), FakeBackend("quick")
    slow.before_answer = lambda order: gate.wait()
    for _ in range(10):
        house.file("slow")
    house.file("quick")
    running = Running(house, slow, quick)
    await until(lambda: len(quick.cases) == 1 and len(slow.sent) == slow.concurrency)
    await asyncio.sleep(0.1)
    assert len(slow.sent) == slow.concurrency
    gate.set()
    await until(lambda: set(house.states()) == {"accepted"})
    await running.end()


async def test_stopping_finishes_what_is_in_hand_and_takes_nothing_new(house: House) -> None:
    house.clock.now = utc_now()
    gate = asyncio.Event()
    backend = FakeBackend()
    backend.concurrency = 1
    backend.before_answer = lambda order: gate.wait()
    house.file()
    house.file()
    running = Running(house, backend)
    await until(lambda: len(backend.sent) == 1)
    running.stop.set()
    await asyncio.sleep(0.05)
    assert not running.task.done()
    gate.set()
    await running.end()
    assert sorted(house.states()) == ["accepted", "waiting"] and len(backend.sent) == 1


async def test_a_database_that_does_not_answer_does_not_end_the_loop(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.clock.now = utc_now()
    house.file()
    real, calls = Records.turn, []

    async def flaky(self: Records, backend: Backend, tried: Sequence[Tried], wanted: int) -> Turn:
        calls.append(len(tried))
        if calls in ([0], [0, 0, 1]):
            raise OSError("database is locked")
        return await real(self, backend, tried, wanted)

    monkeypatch.setattr(Records, "turn", flaky)
    backend = FakeBackend()
    running = Running(house, backend)
    await until(lambda: house.states() == ["accepted"])
    await running.end()
    assert len(backend.sent) == 1 and calls.count(1) == 2, "its ending was written the second time"


async def test_an_ending_that_cannot_be_written_does_not_take_the_others_along(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.clock.now = utc_now()
    bad = house.file()
    for _ in range(3):
        house.file()
    real = outbox.finish_all

    def picky(session: Session, ended: Sequence[Ended], now: datetime) -> list[OutboxItem | None]:
        if any(one.claim.ticket_id == bad for one in ended):
            raise ValueError("planned")
        return real(session, ended, now)

    monkeypatch.setattr(outbox, "finish_all", picky)
    running = Running(house, FakeBackend())
    await until(lambda: sorted(house.states()) == ["accepted"] * 3 + ["sending"])
    await running.end()


async def test_two_workers_share_without_doubling(either_house: House) -> None:
    either_house.clock.now = utc_now()
    for _ in range(30):
        either_house.file()
    backend = FakeBackend()
    one, two = Running(either_house, backend), Running(either_house, backend)
    await until(lambda: set(either_house.states()) == {"accepted"})
    await one.end()
    await two.end()
    assert len(backend.sent) == 30 and len({order.key for order in backend.sent}) == 30
