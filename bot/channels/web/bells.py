"""Wakes exactly those who wait for a conversation, so that 200 open pages do not all read when one resident gets a reply.

A hint only, like all signals: whoever waits also looks again by itself.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from bot.intake.database import Database
from bot.intake.tables import Conversation, InboxItem, Message

_KEY = "web_conversations"  # in a database session's own notes: which conversations it has touched


class Listener:
    """One waiting request. `clear` before looking into the database, then `wait`: no ring between them is lost."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()

    def clear(self) -> None:
        self._event.clear()

    def ring(self) -> None:
        """From any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float) -> bool:
        """Whether it rang; False after `seconds` without a ring."""
        try:
            async with asyncio.timeout(seconds):
                return await self._event.wait()
        except TimeoutError:
            return False


class ConversationBells:
    def __init__(self, database: Database) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self.closing = False
        event.listen(database.sessions, "after_flush", self._note)
        event.listen(database.sessions, "after_commit", self._ring_noted)
        event.listen(database.sessions, "after_rollback", self._forget)

    @contextmanager
    def listening(self, conversation_id: str) -> Iterator[Listener]:
        listener = Listener()
        self._listeners.setdefault(conversation_id, set()).add(listener)
        try:
            yield listener
        finally:
            others = self._listeners[conversation_id]
            others.discard(listener)
            if not others:
                del self._listeners[conversation_id]

    def ring(self, conversation_id: str) -> None:
        for listener in tuple(self._listeners.get(conversation_id, ())):
            listener.ring()

    def close(self) -> None:
        """Ends the open streams, so that the server need not wait for them."""
        self.closing = True
        for conversation_id in tuple(self._listeners):
            self.ring(conversation_id)

    def _note(self, session: Session, _context: UOWTransaction) -> None:
        touched = session.info.setdefault(_KEY, set())
        for row in (*session.new, *session.dirty):
            if isinstance(row, Message | InboxItem):
                touched.add(row.conversation_id)
            elif isinstance(row, Conversation):
                touched.add(row.id)

    def _ring_noted(self, session: Session) -> None:
        for conversation_id in session.info.pop(_KEY, ()):
            self.ring(conversation_id)

    def _forget(self, session: Session) -> None:
        session.info.pop(_KEY, None)
