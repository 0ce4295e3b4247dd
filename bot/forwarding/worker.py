"""Carries the outbox to the backends: one loop for each, so that a slow one holds up nobody else."""

import asyncio
import os
import random
import secrets
from collections.abc import Mapping

from bot.forwarding.backends.contract import Backend
from bot.forwarding.loop import Loop
from bot.forwarding.records import Records
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.news import Newsroom


class Worker:
    """Runs until `stop` is set; then every item in hand is finished first."""

    def __init__(
        self,
        database: Database,
        backends: Mapping[str, Backend],
        newsroom: Newsroom,
        clock: Clock,
        rng: random.Random | None = None,
    ) -> None:
        records = Records(database, newsroom, clock, f"{os.getpid()}-{secrets.token_hex(3)}")
        rng = rng or random.Random()  # noqa: S311 - jitter, no secret
        self._loops = {name: Loop(backend, records, clock, rng) for name, backend in backends.items()}
        self._stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """`wake` is set by whoever has put something into the outbox; it is cleared here."""
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(loop.run(self._stopping)) for loop in self._loops.values()]
            relay = group.create_task(self._relay(wake))
            await stop.wait()
            self._stopping.set()
            self.nudge()
            await asyncio.wait(loops)
            relay.cancel()

    def nudge(self) -> None:
        """Makes every loop look at the outbox now."""
        for loop in self._loops.values():
            loop.nudge.set()

    async def step(self, backend: Backend) -> bool:
        """Handles one due item of this backend; False where none is due."""
        return await self._loops[backend.name].step()

    async def _relay(self, wake: asyncio.Event) -> None:
        while True:
            await wake.wait()
            wake.clear()
            self.nudge()
