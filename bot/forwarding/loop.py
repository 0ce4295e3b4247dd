"""One backend's loop: write down what has ended and claim what is next in one transaction, ask in between.

While the database is busy with one turn, further tries end; the next turn takes them all. So the number of commits falls
as the load rises. A try keeps its place among the requests until it is written down: where the database does not answer
(locked, full), nothing more goes out, and what is known is written as soon as it does.
"""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from bot.forwarding.backends.contract import Answer, Backend
from bot.forwarding.endings import Circumstances, judge
from bot.forwarding.errors import Ambiguous, BackendError, Temporary
from bot.forwarding.pace import Ramp, Watch
from bot.forwarding.records import Records, Tried, Turn
from bot.intake.clock import Clock
from bot.intake.outbox import Claim

log = logging.getLogger(__name__)

IDLE_LIMIT = timedelta(seconds=30)  # another process may have queued something without waking us
FLOOR = timedelta(milliseconds=50)  # never spin, even where an item is due that cannot be claimed yet
TROUBLE_PAUSE = timedelta(seconds=1)  # after the database did not answer
LAST_TRIES = 5  # to write down what is in hand, when stopping while the database does not answer
MARGIN = timedelta(seconds=2)  # a backend that outstays its own limit is cut off after this
PASSING = (OperationalError, InterfaceError, NoConnection, OSError)  # the database may answer the next time


class Loop:
    """`nudge` makes it look at the outbox now."""

    def __init__(self, backend: Backend, records: Records, clock: Clock, rng: random.Random) -> None:
        self.nudge = asyncio.Event()
        self._backend = backend
        self._records = records
        self._clock = clock
        self._rng = rng
        self._ramp = Ramp(backend.concurrency)
        self._watch = Watch()
        self._rest_until = 0.0  # by the running clock
        self._in_hand = 0  # claimed and not written down yet
        self._tried: list[Tried] = []

    async def run(self, stopping: asyncio.Event) -> None:
        """Until `stopping` is set and what is in hand is written down."""
        troubles = 0
        async with asyncio.TaskGroup() as group:
            while not stopping.is_set() or self._in_hand:
                self.nudge.clear()  # before looking, so that what comes meanwhile is not missed
                wanted = 0 if stopping.is_set() else self._room()
                turn = await self._turn(wanted)
                if turn is None:
                    troubles += 1
                    if stopping.is_set() and troubles >= LAST_TRIES:
                        log.error("endings_lost", extra={"backend": self._backend.name, "count": len(self._tried)})
                        return
                    await asyncio.sleep(TROUBLE_PAUSE.total_seconds())
                    continue
                troubles = 0
                for claim in turn.claims:
                    self._in_hand += 1
                    group.create_task(self._carry(claim))
                if not (stopping.is_set() and not self._in_hand):
                    await self._sleep(turn, wanted)

    async def step(self) -> bool:
        """Handles one due item; False where none is due."""
        turn = await self._records.turn(self._backend, (), 1)
        for claim in turn.claims:
            tried = await self._try(claim)
            self._report([tried], (await self._records.turn(self._backend, [tried], 0)).kept)
        return bool(turn.claims)

    def _room(self) -> int:
        """How many items may be claimed, beside those still on the wire."""
        running = time.monotonic()
        if self._watch.leapt(self._clock(), running):
            log.warning("clock_was_set_forward", extra={"backend": self._backend.name})
            self._rest_until = running + self._backend.rules.settle.total_seconds()
        if running < self._rest_until:
            return 0
        return max(0, self._ramp.limit - (self._in_hand - len(self._tried)))

    async def _turn(self, wanted: int) -> Turn | None:
        """None where the database does not answer; what was tried is kept then."""
        batch, self._tried = self._tried, []
        if not batch and not wanted:
            return Turn((), (), None)
        try:
            turn = await self._records.turn(self._backend, batch, wanted)
        except Exception as error:
            log.exception("outbox_turn_failed", extra={"backend": self._backend.name})
            if not isinstance(error, PASSING):
                batch = await self._one_by_one(batch)
            self._tried = batch + self._tried
            return None
        self._in_hand -= len(batch)
        self._report(batch, turn.kept)
        return turn

    async def _one_by_one(self, batch: Sequence[Tried]) -> list[Tried]:
        """One of them cannot be written: the others shall not suffer for it. Returns those to be tried again. The bad
        one's lease runs out, and it is looked up."""
        again = []
        for tried in batch:
            try:
                self._report([tried], (await self._records.turn(self._backend, [tried], 0)).kept)
            except PASSING:
                again.append(tried)
                continue
            except Exception:
                extra = {"outbox_id": tried.claim.item_id, "backend": self._backend.name}
                log.exception("ending_not_written", extra=extra)
            self._in_hand -= 1
        return again

    async def _carry(self, claim: Claim) -> None:
        """The outermost edge of one item: whatever happens, its lease runs out and it is taken up again."""
        try:
            tried = await self._try(claim)
            self._ramp.took(tried.verdict.health == "answers")
            self._tried.append(tried)
        except Exception:
            self._in_hand -= 1
            log.exception("delivery_failed", extra={"outbox_id": claim.item_id, "backend": self._backend.name})
        finally:
            self.nudge.set()

    async def _try(self, claim: Claim) -> Tried:
        answer = await self._ask(claim)
        on_unknown = self._backend.rules.on_unknown(claim.order.event_type)
        about = Circumstances(claim, self._clock(), self._rng, self._backend.schedule, on_unknown)
        return Tried(claim, answer, judge(answer, about))

    async def _ask(self, claim: Claim) -> Answer | BackendError:
        backend = self._backend
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

    def _report(self, batch: Sequence[Tried], kept: Sequence[bool]) -> None:
        for tried, written in zip(batch, kept, strict=True):
            log.info(
                "delivery",
                extra={
                    "outbox_id": tried.claim.item_id,
                    "ticket": tried.claim.order.ticket_number,
                    "backend": self._backend.name,
                    "kind": tried.claim.kind,
                    "outcome": tried.verdict.outcome,
                    "state": tried.verdict.ending.state if written else "lease_lost",
                },
            )

    async def _sleep(self, turn: Turn, wanted: int) -> None:
        """Until something is due (where there is room for it), somebody nudges, or IDLE_LIMIT is over."""
        wait = IDLE_LIMIT
        if turn.due is not None:
            wait = min(max(turn.due - self._clock(), FLOOR), IDLE_LIMIT)
        elif not wanted and self._rest_until > time.monotonic():
            wait = timedelta(seconds=self._rest_until - time.monotonic())
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self.nudge.wait()
        except TimeoutError:
            return
