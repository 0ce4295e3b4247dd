"""Small things that may fail without harm: "typing…", answers to presses, a word to groups. Never part of a turn."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from telegram import Bot, Chat
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.channels.telegram.reading import Group, Press
from bot.intake import inbox
from bot.intake.city import City
from bot.intake.database import Database

logger = logging.getLogger(__name__)

TYPING_AFTER = 0.7  # seconds; most turns are done by then
TYPING_EVERY = 4.0  # seconds; Telegram shows it for five
TYPING_TIMES = 8


class Courtesies:
    """Runs each in the background; `close` waits for none."""

    def __init__(self, bot: Bot, database: Database, city: City) -> None:
        self._bot = bot
        self._database = database
        self._city = city
        self._tasks: set[asyncio.Task[None]] = set()
        self._typing: set[str] = set()

    def answer(self, chat: str, press: Press) -> None:
        """Ends the button's waiting sign and takes the keyboard away, so that it is not pressed twice."""
        self._start(self._answer(chat, press))

    def decline(self, group: Group) -> None:
        """Says in a group that only private chats are served, and leaves it."""
        self._start(self._decline(group))

    def cannot_read(self, chat: Chat | None) -> None:
        """For a message that we failed to take."""
        if chat is not None and chat.type == Chat.PRIVATE:
            self._start(self._tell(str(chat.id), self._city.phrases.text("cannot_read", "zh")))

    def show_typing(self, chat: str, conversation_id: str) -> None:
        """ "Typing…" while the resident's turn takes longer than a moment."""
        if chat not in self._typing:
            self._typing.add(chat)
            self._start(self._type(chat, conversation_id))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, chat: str, press: Press) -> None:
        if press.message is not None:
            await _quietly(self._take_keyboard_away(chat, press.message))
        await self._bot.answer_callback_query(press.query)

    async def _take_keyboard_away(self, chat: str, message: int) -> None:
        await self._bot.edit_message_reply_markup(int(chat), message, reply_markup=None)

    async def _decline(self, group: Group) -> None:
        me = await self._bot.get_me()
        await self._tell(group.chat, self._city.phrases.text("group_declined", group.language, bot=f"@{me.username}"))
        await self._bot.leave_chat(int(group.chat))

    async def _tell(self, chat: str, words: str) -> None:
        await self._bot.send_message(int(chat), words)

    async def _type(self, chat: str, conversation_id: str) -> None:
        try:
            wait = TYPING_AFTER
            for _ in range(TYPING_TIMES):
                await asyncio.sleep(wait)
                if not await self._database.read(inbox.count_unfinished, conversation_id):
                    return
                await self._bot.send_chat_action(int(chat), ChatAction.TYPING)
                wait = TYPING_EVERY
        finally:
            self._typing.discard(chat)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except TelegramError as error:
        logger.info("courtesy_failed", extra={"trouble": type(error).__name__})
    except Exception as error:  # the outermost frame of a background task
        logger.warning("courtesy_broken", extra={"trouble": type(error).__name__})
