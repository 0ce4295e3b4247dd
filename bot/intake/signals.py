"""Wake-up calls inside one process: somebody stored something that another loop waits for.

Only a hint, never the truth: every loop reads the database, and also wakes by itself.
"""

import asyncio


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
    def __init__(self) -> None:
        self.inbox = Bell()  # something a resident sent
        self.messages = Bell()  # something to tell a resident
        self.outbox = Bell()  # something for a backend
