"""Asking Telegram for updates. An update is confirmed, by the next offset, only once it is stored.

python-telegram-bot's own updater confirms what still waits in its queue, so a kill would lose it; hence this loop. After a
kill Telegram gives what was not confirmed again, and the inbox knows what it has already.
"""

import asyncio
import logging

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.receiver import Receiver
from bot.channels.telegram.verdicts import LONGEST_WAIT, back_off, seconds_of

logger = logging.getLogger(__name__)

LONG_POLL = 25  # seconds Telegram keeps a request open
GOODBYE = 3.0  # seconds for the last confirmation
ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]


class Polling:
    """`run` works until it is cancelled, which is safe at any moment."""

    def __init__(self, bot: Bot, receiver: Receiver) -> None:
        self._bot = bot
        self._receiver = receiver
        self._offset: int | None = None

    async def run(self) -> None:
        failures = 0
        while True:
            try:
                batch = await self._ask(LONG_POLL)
                failures = 0
            except TelegramError as error:
                failures += 1
                await asyncio.sleep(_wait(error, failures))
                continue
            for update in batch:
                await self._take(update)
                self._offset = update.update_id + 1

    async def confirm(self) -> None:
        """Tells Telegram at the end what is stored, so that it does not come again. Best effort."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(GOODBYE):
                await self._ask(0)
        except (TelegramError, TimeoutError) as error:
            logger.info("offset_unconfirmed", extra={"trouble": type(error).__name__})

    async def _ask(self, seconds: int) -> tuple[Update, ...]:
        return await self._bot.get_updates(self._offset, timeout=seconds, allowed_updates=ALLOWED)

    async def _take(self, update: Update) -> None:
        """Returns when the update is stored, however long the database takes."""
        failures = 0
        while True:
            try:
                await self._receiver.take(update)
            except Exception as error:  # the outermost loop: going on would lose the update
                failures += 1
                logger.warning("update_not_stored", extra={"update": update.update_id, "trouble": type(error).__name__})
                await asyncio.sleep(back_off(failures))
            else:
                return


def _wait(error: TelegramError, failures: int) -> float:
    """Seconds before Telegram is asked again."""
    if isinstance(error, RetryAfter):
        return seconds_of(error)
    if isinstance(error, InvalidToken):
        logger.error("telegram_token_refused", extra={"do": "check YIZHAN_TELEGRAM_TOKEN and start again"})
        return LONGEST_WAIT
    if isinstance(error, Conflict):
        logger.error("telegram_conflict", extra={"do": "another program uses this token; end it"})
        return 10.0
    logger.warning("telegram_unreachable", extra={"trouble": type(error).__name__})
    return back_off(failures)
