"""Wake-up calls inside one process: somebody stored something that another loop waits for.

Only a hint, never the truth: every loop reads the database, and also wakes by itself.
"""

import asyncio

from sqlalchemy import event
from sqlalchemy.orm import Session, UOWTransaction

from bot.intake.database import Database


class Bell:
    """Rings for everybody who waits. A ring between `ticket()` and `wait()` is not lost."""

    def __init__(self) -> None:
        self._rung = 0
        self._event = asyncio.Event()

    def ticket(self) -> int:
        """To be taken before looking into the database."""
        return self._rung

    def set(self) -> None:
        self._rung += 1
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def wait(self, ticket: int, seconds: float) -> None:
        """Returns at the next ring after `ticket`, at once where it has rung since, or after `seconds`."""
        if self._rung != ticket:
            return
        event = self._event
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return


class Signals:
    """`watch` a database, and the bells ring by themselves whenever a transaction has added such rows."""

    def __init__(self) -> None:
        self.inbox = Bell()  # something a resident sent
        self.messages = Bell()  # something to tell a resident
        self.outbox = asyncio.Event()  # something for a backend; cleared by whoever waits

    def watch(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        """Rings on `loop` after commits, from whatever thread they come."""
        bells = {"inbox": self.inbox.set, "messages": self.messages.set, "outbox": self.outbox.set}

        def note(session: Session, _context: UOWTransaction) -> None:
            added = {row.__tablename__ for row in session.new if row.__tablename__ in bells}
            session.info.setdefault("added", set()).update(added)

        def ring(session: Session) -> None:
            if session.in_nested_transaction():  # a savepoint: nobody can see the rows yet
                return
            for name in session.info.pop("added", ()):
                if not loop.is_closed():
                    loop.call_soon_threadsafe(bells[name])

        def forget(session: Session) -> None:
            if session.in_nested_transaction():  # what was added before the savepoint still counts
                return
            session.info.pop("added", None)

        event.listen(database.sessions, "after_flush", note)
        event.listen(database.sessions, "after_commit", ring)
        event.listen(database.sessions, "after_rollback", forget)
