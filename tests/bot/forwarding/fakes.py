"""Backends that do as they are told."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from bot.forwarding.backends.contract import Accepted, NotFound, Pending
from bot.forwarding.errors import BackendError
from bot.forwarding.retry import Schedule, waits_of
from bot.intake.orders import Order
from bot.intake.outbox import OnUnknown, Rules

Script = Callable[[Order], Any]


class FakeBackend:
    """Keeps cases by our number. `plan` holds what happens to the next sends: an error to raise, or a function; before
    or after the case is kept (`stored`)."""

    def __init__(self, name: str = "desk", ticket_unknown: OnUnknown = "look_up", keeps_key: bool = False) -> None:
        self.name = name
        self.concurrency = 4
        self.request_limit = timedelta(seconds=5)
        self.schedule = Schedule(waits_of([5, 60, 3600]), timedelta(seconds=20), waits_of([2, 5]))
        self.rules = Rules(timedelta(seconds=15), timedelta(seconds=20), ticket_unknown, "send")
        self.keeps_key = keeps_key
        self.cases: list[Order] = []
        self.sent: list[Order] = []
        self.looked: list[Order] = []
        self.plan: list[tuple[bool, BackendError | Pending | Exception]] = []
        self.look_plan: list[BackendError] = []
        self.tokens: dict[str, str] = {}
        self.before_answer: Callable[[Order], Any] | None = None

    def next(self, answer: BackendError | Pending | Exception, stored: bool = False) -> "FakeBackend":
        self.plan.append((stored, answer))
        return self

    async def send(self, order: Order) -> Accepted | Pending:
        self.sent.append(order)
        stored, answer = self.plan.pop(0) if self.plan else (True, None)
        if stored:
            self._keep(order)
        if self.before_answer is not None:
            result = self.before_answer(order)
            if asyncio.iscoroutine(result):
                await result
        if isinstance(answer, Exception):
            raise answer
        return answer if answer is not None else Accepted(f"C-{order.ticket_number}", 201)

    async def look_up(self, order: Order) -> Accepted | NotFound:
        self.looked.append(order)
        if self.look_plan:
            raise self.look_plan.pop(0)
        there = any(case.ticket_number == order.ticket_number for case in self.cases)
        return Accepted(f"C-{order.ticket_number}", 200) if there else NotFound(200)

    async def resume(self, order: Order, token: str) -> Accepted | Pending:
        if token in self.tokens:
            return Accepted(self.tokens[token], 200)
        return Pending(token, 200)

    def _keep(self, order: Order) -> None:
        if not (self.keeps_key and any(case.key == order.key for case in self.cases)):
            self.cases.append(order)
