"""Killed at any instant, nothing a resident sent or waits for is lost."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from bot.channels.telegram.pusher import Pusher
from bot.intake import messages
from tests.bot.channels.telegram.conftest import REPOSITORY, House
from tests.bot.channels.telegram.emulator import TOKEN
from tests.bot.channels.telegram.residents import LI, asset, message, photo, picture

DIES = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.channels.telegram import build_telegram, receiver, pictures
from bot.intake.city import City
from bot.intake.clock import utc_now
from bot.intake.database import Database
from bot.intake.signals import Signals
from bot.settings import read_settings

url, data, token, where = sys.argv[1:]
die = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
stored = receiver.store
if where == "before storing":
    receiver.store = die
elif where == "after storing":
    class Dies(receiver.Receiver):
        async def _store(self, incoming):
            await super()._store(incoming)
            die()
    from bot.channels.telegram import telegram
    telegram.Receiver = Dies
else:
    pictures.Pictures._keep = die
settings = read_settings({}, data=data, telegram_token=token, telegram_api=url)
database = Database(settings.url)
telegram = build_telegram(database, City.load(settings.city), settings, Signals(), utc_now)
asyncio.run(telegram.run(asyncio.Event()))
"""


async def killed(house: House, where: str, data: Path) -> None:
    """Runs the channel in a process of its own until it kills itself there."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DIES, house.emulator.url, str(data), TOKEN, where, cwd=REPOSITORY
    )
    try:
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("where", ["before storing", "after storing"])
async def test_an_update_survives_a_kill_around_its_storing(house: House, tmp_path: Path, where: str) -> None:
    """It is confirmed to Telegram only when stored; given again, it is known by its id."""
    await house.say(message(text="第一"))
    await house.say(message(text="第二"))
    await killed(house, where, tmp_path)
    house.run()
    items = await house.until_items(2)
    await house.idle_a_moment()
    assert [item.payload["text"] for item in items] == ["第一", "第二"]
    assert len(house.items()) == 2


async def test_a_picture_is_fetched_after_a_kill_in_the_middle(house: House, tmp_path: Path) -> None:
    house.emulator.assets["p"] = asset(picture())
    await house.say(message(photo=photo("p"), caption="坑"))
    await killed(house, "while fetching", tmp_path)
    assert house.items() == []
    house.run()
    (item,) = await house.until_items(1)
    assert item.payload["text"] == "坑" and len(item.payload["uploads"]) == 1


async def test_a_busy_database_confirms_nothing_and_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    from bot.channels.telegram import receiver

    real, calls = receiver.store, []

    def busy_twice(*arguments):  # type: ignore[no-untyped-def]
        calls.append(1)
        if len(calls) <= 2:
            raise OperationalError("", {}, Exception("database is locked"))
        return real(*arguments)

    monkeypatch.setattr(receiver, "store", busy_twice)
    house.run()
    await house.say(message(text="第一"))
    await house.say(message(text="第二"))
    items = await house.until_items(2)
    assert [item.payload["text"] for item in items] == ["第一", "第二"]


async def test_a_fault_of_ours_stops_nobody_else_and_is_not_silent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.channels.telegram import receiver

    real = receiver.store

    def broken_for_one(session, incoming, *rest):  # type: ignore[no-untyped-def]
        if incoming.payload.get("text") == "poison":
            raise ZeroDivisionError
        return real(session, incoming, *rest)

    monkeypatch.setattr(receiver, "store", broken_for_one)
    house.run()
    await house.say(message(text="poison"))
    await house.say(message(text="fine"))
    (item,) = await house.until_items(1)
    assert item.payload["text"] == "fine"
    await house.until_sent(house.city.phrases.text("cannot_read", "zh"))


async def test_a_message_sent_but_not_recorded_comes_at_worst_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease of the killed worker runs out, then another sends it; newer ones wait for that."""
    from datetime import timedelta

    monkeypatch.setattr(messages, "LEASE", timedelta(seconds=1))
    real = Pusher._push_next
    died = []

    async def dies_once(self: Pusher) -> bool:
        if died:
            return await real(self)
        message = await self._database.run(messages.claim_message, "telegram", self._clock())
        if message is None:
            return False
        await self._send(message)
        self._parts_sent.clear()  # the killed process knew it, the next one does not
        died.append(message.id)
        return True

    monkeypatch.setattr(Pusher, "_push_next", dies_once)
    house.run()
    await house.queue("一")
    await house.queue("二")
    await house.until(lambda: house.states() == ["sent", "sent"])
    assert house.emulator.texts(LI) == ["一", "一", "二"]
