"""Bells: rung by commits alone, from any thread, and no ring is lost between looking and waiting."""

import asyncio
import time
from contextlib import suppress

import pytest

from bot.intake.conversations import get_conversation
from bot.intake.inbox import receive
from bot.intake.signals import Bell, Signals
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


async def test_a_ring_wakes_everybody_who_waits() -> None:
    bell = Bell()
    waiting = [asyncio.create_task(bell.wait(bell.ticket(), 30)) for _ in range(3)]
    await asyncio.sleep(0)
    bell.set()
    async with asyncio.timeout(1):
        await asyncio.gather(*waiting)


async def test_a_ring_between_looking_and_waiting_is_not_lost() -> None:
    bell = Bell()
    ticket = bell.ticket()
    bell.set()
    async with asyncio.timeout(1):
        await bell.wait(ticket, 30)


async def test_an_old_ring_wakes_nobody_and_waiting_ends_by_itself() -> None:
    bell = Bell()
    bell.set()
    started = time.monotonic()
    await bell.wait(bell.ticket(), 0.05)
    assert time.monotonic() - started >= 0.04


async def test_a_waiter_can_be_cancelled() -> None:
    bell = Bell()
    task = asyncio.create_task(bell.wait(bell.ticket(), 30))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def rang(signals: Signals, ticket: int) -> bool:
    await asyncio.sleep(0.05)
    return signals.inbox.ticket() != ticket


async def test_what_is_committed_rings_from_whatever_thread(either_home: Home) -> None:
    home, signals = either_home, Signals()
    resident = home.resident()
    signals.watch(home.database, asyncio.get_running_loop())
    ticket = signals.inbox.ticket()
    await asyncio.to_thread(home.receive, resident, "在吗")
    async with asyncio.timeout(2):
        await signals.inbox.wait(ticket, 30)
    assert not signals.outbox.is_set()


async def test_filing_rings_for_the_backend_and_for_the_resident(home: Home) -> None:
    signals = Signals()
    resident = home.resident()
    confirm = home.reports_lamp(resident)
    signals.watch(home.database, asyncio.get_running_loop())
    ticket = signals.messages.ticket()
    await asyncio.to_thread(home.presses, resident, confirm)
    async with asyncio.timeout(2):
        await signals.messages.wait(ticket, 30)
        await signals.outbox.wait()


async def test_what_is_rolled_back_rings_for_nobody(home: Home) -> None:
    signals = Signals()
    resident = home.resident()
    signals.watch(home.database, asyncio.get_running_loop())
    ticket = signals.inbox.ticket()
    with pytest.raises(RuntimeError), home.database.transaction() as session:
        receive(session, get_conversation(session, resident), "1", "text", {"text": "x"}, home.clock())
        raise RuntimeError
    home.resident("somebody else")  # a commit after it, of other rows
    assert not await rang(signals, ticket)
    home.receive(resident, "x")
    assert await rang(signals, ticket)


async def test_the_bell_rings_after_the_commit_and_not_before(home: Home) -> None:
    """A savepoint inside is no commit: who woke up then would find nothing, and sleep on."""
    signals = Signals()
    resident = home.resident()
    signals.watch(home.database, asyncio.get_running_loop())
    ticket = signals.inbox.ticket()
    with home.database.transaction() as session:
        receive(session, get_conversation(session, resident), "1", "text", {"text": "x"}, home.clock())
        with suppress(ZeroDivisionError), session.begin_nested():
            raise ZeroDivisionError
        assert not await rang(signals, ticket)
    assert await rang(signals, ticket)


def test_a_loop_that_is_gone_is_no_fault(home: Home) -> None:
    loop = asyncio.new_event_loop()
    Signals().watch(home.database, loop)
    loop.close()
    home.receive(home.resident(), "在吗")
