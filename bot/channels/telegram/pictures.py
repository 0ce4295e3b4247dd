"""Fetches the pictures that held inbox items wait for. What is to be fetched stands in the database, so a kill loses none."""

import asyncio
import logging
import time
from pathlib import Path

import anyio.to_thread
from telegram import Bot
from telegram.error import BadRequest, NetworkError, RetryAfter, TelegramError

from bot.channels.telegram import held
from bot.channels.telegram.held import Held
from bot.channels.telegram.verdicts import back_off, seconds_of
from bot.intake import uploads
from bot.intake.city import City
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.errors import BadInput
from bot.intake.signals import Bell, Signals

logger = logging.getLogger(__name__)

AT_ONCE = 4  # pictures fetched at the same time
LONGEST = 60.0  # seconds a resident waits for a picture that Telegram does not give; then it goes on without
IDLE = 30.0  # seconds between looks without a signal


class Pictures:
    """`bell` tells that there is something to fetch."""

    def __init__(self, bot: Bot, database: Database, city: City, folder: Path, signals: Signals, clock: Clock) -> None:
        self.bell = Bell()
        self._bot = bot
        self._database = database
        self._city = city
        self._folder = folder
        self._signals = signals
        self._clock = clock
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._in_hand: set[int] = set()

    async def run(self) -> None:
        """Works until it is cancelled, which is safe at any moment."""
        async with asyncio.TaskGroup() as group:
            while True:
                ticket = self.bell.ticket()
                for item in await self._list():
                    if item.item_id not in self._in_hand:
                        self._in_hand.add(item.item_id)
                        group.create_task(self._complete(item.item_id))
                await self.bell.wait(ticket, IDLE)

    async def _list(self) -> list[Held]:
        try:
            return await self._database.read(held.list_held)
        except Exception as error:  # the outermost loop: a busy database passes
            logger.warning("pictures_unread", extra={"trouble": type(error).__name__})
            return []

    async def _complete(self, item_id: int) -> None:
        """Fetches what one item waits for and releases it; whatever fails is taken up at the next look."""
        try:
            until = time.monotonic() + LONGEST
            while (item := await self._database.read(held.find_held, item_id)) is not None:
                if item.files:
                    async with self._at_once:
                        await self._fetch(item_id, item.files[0], until)
                elif await self._database.run(held.release, item_id, self._clock()):
                    self._signals.inbox.set()
                else:
                    await asyncio.sleep(self._settling(item))
        except Exception as error:  # the outermost frame of a background task
            logger.warning("pictures_failed", extra={"inbox": item_id, "trouble": type(error).__name__})
        finally:
            self._in_hand.discard(item_id)

    def _settling(self, item: Held) -> float:
        left = (item.settles_at - self._clock()).total_seconds() if item.settles_at else 0.0
        return max(0.05, left)

    async def _fetch(self, item_id: int, file: str, until: float) -> None:
        attempts = 0
        while True:
            attempts += 1
            try:
                return await self._keep(item_id, file)
            except BadInput:
                return await self._give_up(item_id, file, "bad_picture")
            except TelegramError as error:
                wait = _wait(error, attempts)
                if wait is None or time.monotonic() + wait > until:
                    logger.warning("picture_lost", extra={"inbox": item_id, "trouble": type(error).__name__})
                    return await self._give_up(item_id, file, "picture_lost")
                await asyncio.sleep(wait)

    async def _keep(self, item_id: int, file: str) -> None:
        about = await self._bot.get_file(file)
        if (about.file_size or 0) > uploads.MAX_BYTES:
            raise BadInput("the picture is larger than 10 MB; send a smaller one")
        content = bytes(await about.download_as_bytearray())
        picture, kind = await anyio.to_thread.run_sync(uploads.cleaned_picture, content)
        await self._database.run(held.keep_picture, self._folder, item_id, file, picture, kind, self._clock())

    async def _give_up(self, item_id: int, file: str, phrase: str) -> None:
        await self._database.run(held.give_up_picture, self._city, item_id, file, phrase, self._clock())


def _wait(error: TelegramError, attempts: int) -> float | None:
    """Seconds before the next try; None where Telegram will never give this file (such as one above its 20 MB)."""
    if isinstance(error, RetryAfter):
        return seconds_of(error)
    if isinstance(error, NetworkError) and not isinstance(error, BadRequest):
        return back_off(attempts)
    return None
