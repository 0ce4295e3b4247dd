"""What the worker asks of a backend, and how a backend answers. A refusal is raised (bot/forwarding/errors.py)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.forwarding.retry import Schedule
from bot.intake.orders import Order
from bot.intake.outbox import Rules


@dataclass(frozen=True)
class Accepted:
    """The backend has it. `case_id` None: it gives no id (a change of a case, a blackbox service, a webhook)."""

    case_id: str | None = None
    status: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class Pending:
    """The backend has it and will give an id for this token later."""

    token: str
    status: int | None = None
    detail: str = ""


@dataclass(frozen=True)
class NotFound:
    """The backend was searched and does not have it."""

    status: int | None = None
    detail: str = ""


Answer = Accepted | Pending | NotFound


class Backend(Protocol):
    """One backend of the city. All three calls raise BackendError and return within `request_limit`."""

    @property
    def name(self) -> str: ...

    @property
    def rules(self) -> Rules: ...

    @property
    def schedule(self) -> Schedule: ...

    @property
    def concurrency(self) -> int: ...

    @property
    def request_limit(self) -> timedelta: ...

    async def send(self, order: Order) -> Accepted | Pending: ...

    async def look_up(self, order: Order) -> Accepted | NotFound: ...

    async def resume(self, order: Order, token: str) -> Accepted | Pending: ...
