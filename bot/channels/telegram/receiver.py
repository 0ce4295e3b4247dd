"""The way in, the same for polling and webhook: an update is read, stored, and only then acknowledged."""

import logging

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from telegram import Update

from bot.channels.telegram.courtesies import Courtesies
from bot.channels.telegram.pictures import Pictures
from bot.channels.telegram.reading import Blocked, Group, Incoming, read_update
from bot.channels.telegram.storing import note_blocked, store
from bot.intake.city import City
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.signals import Signals

logger = logging.getLogger(__name__)

TEMPORARY = (OperationalError, InterfaceError, PoolTimeout, OSError)  # the database is busy or away


class Receiver:
    """`take` returns when the update is safe; it raises where it could not be stored, and may then be called again."""

    def __init__(
        self,
        database: Database,
        city: City,
        signals: Signals,
        clock: Clock,
        pictures: Pictures,
        courtesies: Courtesies,
    ) -> None:
        self._signals = signals
        self._database = database
        self._city = city
        self._clock = clock
        self._pictures = pictures
        self._courtesies = courtesies

    async def take(self, update: Update) -> None:
        """The bells ring by themselves when the transaction commits. A fault of ours, which no repeat would mend, is
        logged and the resident told: it must not stand in the way of everybody else's updates."""
        try:
            await self._take(update)
        except TEMPORARY:
            raise
        except Exception as error:
            logger.error("update_refused", extra={"update": update.update_id, "trouble": type(error).__name__})
            self._courtesies.cannot_read(update.effective_chat)

    async def _take(self, update: Update) -> None:
        match read_update(update):
            case Incoming() as incoming:
                await self._store(incoming)
            case Blocked() as change:
                await self._database.run(note_blocked, change, self._clock())
                self._signals.messages.set()  # what has waited may go out now
            case Group() as group:
                self._courtesies.decline(group)
            case None:
                logger.debug("update_ignored", extra={"update": update.update_id})

    async def _store(self, incoming: Incoming) -> None:
        stored = await self._database.run(store, incoming, self._city, self._clock())
        if incoming.files:
            self._pictures.bell.set()
        if incoming.press is not None:
            self._courtesies.answer(incoming.chat, incoming.press)
        if stored.new:
            self._courtesies.show_typing(incoming.chat, stored.conversation_id)
