"""Messages on their way to Telegram: claimed, sent, recorded; in order within a chat, chats side by side."""

import asyncio
import logging
from datetime import timedelta

from telegram import Bot, LinkPreviewOptions
from telegram.error import TelegramError

from bot.channels.telegram import queue
from bot.channels.telegram.keyboards import markup_of, split
from bot.channels.telegram.storing import CHANNEL
from bot.channels.telegram.verdicts import Gone, Later, Refused, verdict
from bot.intake import messages
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.signals import Signals
from bot.intake.tables import Message

logger = logging.getLogger(__name__)

PARALLEL = 4  # chats served at the same time
IDLE = 30.0  # seconds; the longest sleep without a signal
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Pusher:
    """At least once: after a kill between sending and recording, one message comes twice."""

    def __init__(self, bot: Bot, database: Database, signals: Signals, clock: Clock) -> None:
        self._bot = bot
        self._database = database
        self._signals = signals
        self._clock = clock
        self._parts_sent: dict[int, int] = {}  # of a long message that is being tried again

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set and the bell rings; the messages in hand are finished."""
        async with asyncio.TaskGroup() as group:
            for _ in range(PARALLEL):
                group.create_task(self._work(stop))

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            ticket = self._signals.messages.ticket()
            try:
                if await self._push_next():
                    self._signals.messages.set()  # the chat's next message may be claimed now
                    continue
                pause = await self._pause()
            except Exception as error:  # the outermost loop: a busy database passes
                logger.warning("push_failed", extra={"trouble": type(error).__name__})
                pause = 1.0
            await self._signals.messages.wait(ticket, pause)

    async def _pause(self) -> float:
        now = self._clock()
        due = await self._database.read(queue.next_moment, CHANNEL, now)
        return IDLE if due is None else min(IDLE, max(0.02, (due - now).total_seconds()))

    async def _push_next(self) -> bool:
        """False where nothing is due."""
        message = await self._database.run(messages.claim_message, CHANNEL, self._clock())
        if message is None:
            return False
        try:
            await self._send(message)
        except TelegramError as error:
            await self._record_trouble(message, error)
        else:
            await self._database.run(messages.mark_sent, message.id, self._clock())
            self._parts_sent.pop(message.id, None)
        return True

    async def _send(self, message: Message) -> None:
        chat = int(await self._database.read(queue.address_of, message.conversation_id))
        parts = split(message.body["text"])
        for number in range(self._parts_sent.get(message.id, 0), len(parts)):
            markup = markup_of(message.body) if number == len(parts) - 1 else None
            await self._bot.send_message(chat, parts[number], reply_markup=markup, link_preview_options=NO_PREVIEW)
            self._parts_sent[message.id] = number + 1

    async def _record_trouble(self, message: Message, error: TelegramError) -> None:
        now = self._clock()
        ids = {"message_id": message.id, "trouble": type(error).__name__, "attempts": message.attempts}
        match verdict(error, message.attempts):
            case Later(seconds):
                logger.info("message_put_off", extra={**ids, "seconds": seconds})
                await self._database.run(queue.defer, message.id, now + timedelta(seconds=seconds))
                return
            case Gone():
                logger.info("chat_gone", extra=ids)
                await self._database.run(queue.give_up_chat, message, now)
            case Refused(reason):
                logger.error("message_refused", extra=ids)
                await self._database.run(queue.refuse, message, reason, now)
        self._parts_sent.pop(message.id, None)
