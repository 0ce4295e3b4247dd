"""Carries the outbox to the backends: claim, ask with no transaction open, write down what came of it.

One loop for each backend, so that a slow one holds up nobody else, with up to `concurrency` requests at a time. A loop
sleeps until the next item is due, at most IDLE_LIMIT, or until `wake` is set.
"""

import asyncio
import logging
import os
import random
import secrets
from collections.abc import Mapping
from datetime import timedelta

from bot.forwarding.backends.contract import Answer, Backend
from bot.forwarding.endings import Circumstances, judge
from bot.forwarding.errors import Ambiguous, BackendError, Temporary
from bot.forwarding.records import Records
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.news import Newsroom
from bot.intake.outbox import Claim

log = logging.getLogger(__name__)

IDLE_LIMIT = timedelta(seconds=30)  # another process may have queued something without waking us
FLOOR = timedelta(milliseconds=50)  # never spin, even where an item is due that cannot be claimed yet
TROUBLE_PAUSE = timedelta(seconds=1)  # after the database did not answer
MARGIN = timedelta(seconds=2)  # a backend that outstays its own limit is cut off after this


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
        self._backends = backends
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - jitter, no secret
        self._records = Records(database, newsroom, clock, f"{os.getpid()}-{secrets.token_hex(3)}")
        self._stopping = asyncio.Event()
        self._nudges = {name: asyncio.Event() for name in backends}

    async def run(self, stop: asyncio.Event, wake: asyncio.Event) -> None:
        """`wake` is set by whoever has put something into the outbox; it is cleared here."""
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(self._serve(backend)) for backend in self._backends.values()]
            relay = group.create_task(self._relay(wake))
            await stop.wait()
            self._stopping.set()
            self.nudge()
            await asyncio.wait(loops)
            relay.cancel()

    def nudge(self) -> None:
        """Makes every loop look at the outbox now."""
        for nudge in self._nudges.values():
            nudge.set()

    async def step(self, backend: Backend) -> bool:
        """Handles one due item of this backend; False where none is due. For tests and `yizhan outbox drain`."""
        claim = await self._records.claim(backend)
        if claim is None:
            return False
        await self._handle(backend, claim)
        return True

    async def _relay(self, wake: asyncio.Event) -> None:
        while True:
            await wake.wait()
            wake.clear()
            self.nudge()

    async def _serve(self, backend: Backend) -> None:
        slots = asyncio.Semaphore(backend.concurrency)
        async with asyncio.TaskGroup() as group:
            while not self._stopping.is_set():
                await slots.acquire()
                claim = await self._claim(backend)
                if claim is None:
                    slots.release()
                    await self._idle(backend)
                    continue
                group.create_task(self._guarded(backend, claim, slots))

    async def _claim(self, backend: Backend) -> Claim | None:
        self._nudges[backend.name].clear()  # before looking, so that what comes meanwhile is not missed
        if self._stopping.is_set():
            return None
        try:
            return await self._records.claim(backend)
        except Exception:
            log.exception("outbox_claim_failed", extra={"backend": backend.name})
            await asyncio.sleep(TROUBLE_PAUSE.total_seconds())
            return None

    async def _guarded(self, backend: Backend, claim: Claim, slots: asyncio.Semaphore) -> None:
        """The outermost edge of one item: whatever happens, its lease runs out and it is taken up again."""
        try:
            await self._handle(backend, claim)
        except Exception:
            log.exception("delivery_failed", extra={"outbox_id": claim.item_id, "backend": backend.name})
        finally:
            slots.release()
            self._nudges[backend.name].set()  # the ticket's next event may go now

    async def _handle(self, backend: Backend, claim: Claim) -> None:
        answer = await self._ask(backend, claim)
        about = Circumstances(
            claim, self._clock(), self._rng, backend.schedule, backend.rules.on_unknown(claim.order.event_type)
        )
        verdict = judge(answer, about)
        kept = await self._records.write(backend, claim, answer, verdict)
        log.info(
            "delivery",
            extra={
                "outbox_id": claim.item_id,
                "ticket": claim.order.ticket_number,
                "backend": backend.name,
                "kind": claim.kind,
                "outcome": verdict.outcome,
                "state": verdict.ending.state if kept else "lease_lost",
            },
        )

    async def _ask(self, backend: Backend, claim: Claim) -> Answer | BackendError:
        try:
            async with asyncio.timeout((backend.request_limit + MARGIN).total_seconds()):
                if claim.kind == "look_up":
                    return await backend.look_up(claim.order)
                if claim.kind == "resume" and claim.token is not None:
                    return await backend.resume(claim.order, claim.token)
                return await backend.send(claim.order)
        except BackendError as error:
            return error
        except Exception as error:  # a fault of ours must not look as if nothing had been sent
            log.exception("backend_raised", extra={"outbox_id": claim.item_id, "backend": backend.name})
            reason = f"an error of our own ({type(error).__name__}); see the log"
            return Ambiguous(reason) if claim.kind == "send" else Temporary(reason)

    async def _idle(self, backend: Backend) -> None:
        """Sleeps until something is due, somebody nudges, or IDLE_LIMIT is over."""
        if self._stopping.is_set():
            return
        try:
            due = await self._records.next_due(backend)
        except Exception:
            log.exception("outbox_look_failed", extra={"backend": backend.name})
            due = None
        now = self._clock()
        wait = IDLE_LIMIT if due is None else min(max(due - now, FLOOR), IDLE_LIMIT)
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self._nudges[backend.name].wait()
        except TimeoutError:
            return
