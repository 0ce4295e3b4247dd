"""A backend that sends nothing: every order is accepted and kept in memory, for rehearsals and tests."""

from collections import deque
from datetime import timedelta
from typing import Literal

from bot.forwarding.backends.contract import Accepted, NotFound
from bot.forwarding.backends.profiles import Strict
from bot.forwarding.retry import Schedule, waits_of
from bot.intake.orders import Order
from bot.intake.outbox import Rules

KEPT = 1000  # orders


class Profile(Strict):
    kind: Literal["dry_run"]


class DryRun:
    """Orders are in `orders`, oldest first; case ids are DRY- and our own number."""

    concurrency = 1
    request_limit = timedelta(seconds=1)
    schedule = Schedule(waits_of([5]), timedelta(seconds=2), waits_of([5]))
    rules = Rules(timedelta(seconds=10), timedelta(seconds=2), "look_up", "send")

    def __init__(self, name: str) -> None:
        self.name = name
        self.orders: deque[Order] = deque(maxlen=KEPT)

    async def send(self, order: Order) -> Accepted:
        if all(known.key != order.key for known in self.orders):
            self.orders.append(order)
        return Accepted(f"DRY-{order.ticket_number}")

    async def look_up(self, order: Order) -> Accepted | NotFound:
        there = any(known.key == order.key for known in self.orders)
        return Accepted(f"DRY-{order.ticket_number}") if there else NotFound()

    async def resume(self, order: Order, token: str) -> Accepted:
        return await self.send(order)
