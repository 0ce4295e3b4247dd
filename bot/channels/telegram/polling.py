"""Asking Telegram for updates. An update is confirmed, by the next offset, only once it is stored.

python-telegram-bot's own updater confirms what still waits in its queue, so a kill would lose it; hence this loop. After a
kill Telegram gives what was not confirmed again, and the inbox knows what it has already.
"""

import asyncio
import logging
from typing import Any

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.channels.telegram.receiver import Receiver
from bot.channels.telegram.verdicts import LONGEST_WAIT, back_off, seconds_of

logger = logging.getLogger(__name__)

LONG_POLL = 25  # seconds Telegram keeps a request open
READ_TIMEOUT = LONG_POLL + 10.0
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
            for raw in batch:
                await self._take(raw)
                self._offset = raw["update_id"] + 1

    async def confirm(self) -> None:
        """Tells Telegram at the end what is stored, so that it does not come again. Best effort."""
        if self._offset is None:
            return
        try:
            async with asyncio.timeout(GOODBYE):
                await self._ask(0)
        except (TelegramError, TimeoutError) as error:
            logger.info("offset_unconfirmed", extra={"trouble": type(error).__name__})

    async def _ask(self, seconds: int) -> list[dict[str, Any]]:
        """Updates as Telegram sends them: one that cannot be parsed must not hide the others."""
        arguments: dict[str, Any] = {"timeout": seconds, "allowed_updates": ALLOWED}
        if self._offset is not None:
            arguments["offset"] = self._offset
        batch = await self._bot.do_api_request("getUpdates", api_kwargs=arguments, read_timeout=READ_TIMEOUT)
        return batch if isinstance(batch, list) else []

    async def _take(self, raw: dict[str, Any]) -> None:
        """Returns when the update is stored, however long the database takes."""
        update = read_raw(raw, self._bot)
        failures = 0
        while update is not None:
            try:
                await self._receiver.take(update)
            except Exception as error:  # the outermost loop: going on would lose the update
                failures += 1
                logger.warning("update_not_stored", extra={"update": update.update_id, "trouble": type(error).__name__})
                await asyncio.sleep(back_off(failures))
            else:
                return


def read_raw(raw: dict[str, Any], bot: Bot) -> Update | None:
    """None for an update that is not what Telegram documents; it is logged by number and left."""
    try:
        return Update.de_json(raw, bot)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        logger.error("update_unreadable", extra={"update": raw.get("update_id"), "trouble": type(error).__name__})
        return None


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
