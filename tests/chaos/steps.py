"""The moments at which a worker may be killed, and how it kills itself there: SIGKILL, no cleaning up."""

import asyncio
import os
import signal
from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.forwarding.backends.contract import Accepted, Backend, Pending
from bot.forwarding.records import Records, Tried, Turn
from bot.intake.orders import Order
from tests.bot.forwarding.worker_process import ShortLease

STEPS = ("before_claim", "after_claim", "mid_request", "after_accept", "before_commit", "after_commit")


class Trap:
    """Kills this process when `step` is reached for the `after`-th time. An empty step never is."""

    def __init__(self, step: str = "", after: int = 1) -> None:
        self._step = step
        self._left = after

    def reach(self, step: str) -> None:
        if step != self._step:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


trap = Trap()  # the process's own; worker_process sets it


class DeadlyRecords(Records):
    async def turn(self, backend: Backend, tried: Sequence[Tried], wanted: int) -> Turn:
        if wanted:
            trap.reach("before_claim")
        turn = await super().turn(backend, tried, wanted)
        if turn.claims:
            trap.reach("after_claim")
        if tried:
            trap.reach("after_commit")
        return turn

    def _turn(self, session: Session, backend: Backend, tried: Sequence[Tried], wanted: int) -> Turn:
        turn = super()._turn(session, backend, tried, wanted)
        if tried:
            session.flush()
            trap.reach("before_commit")
        return turn


class DeadlyBackend(ShortLease):
    async def send(self, order: Order) -> Accepted | Pending:
        # A few milliseconds on: the request is on the wire, and no answer has been read.
        asyncio.get_running_loop().call_later(0.004, trap.reach, "mid_request")
        answer = await super().send(order)
        trap.reach("after_accept")
        return answer
