"""One GeoReport v2 server as the worker and the poller see it."""

from datetime import timedelta
from typing import Any

from bot.forwarding.backends.contract import Accepted, NotFound, Pending
from bot.forwarding.backends.open311 import words
from bot.forwarding.backends.open311.profile import Profile
from bot.forwarding.backends.open311.wire import Wire
from bot.forwarding.errors import Permanent
from bot.forwarding.retry import Schedule
from bot.intake.orders import CREATED, Order
from bot.intake.outbox import OnUnknown, Rules
from bot.intake.statuses import Update

LEASE_MARGIN = timedelta(seconds=10)  # beyond a request's limit, for the database


class Open311Backend:
    """`profile` and `wire` belong to the same server."""

    def __init__(
        self, name: str, profile: Profile, wire: Wire, media_url: words.MediaUrl = lambda upload: None
    ) -> None:
        self._name = name
        self.profile = profile
        self._wire = wire
        self._media_url = media_url

    @property
    def name(self) -> str:
        return self._name

    @property
    def concurrency(self) -> int:
        return self.profile.concurrency

    @property
    def request_limit(self) -> timedelta:
        return self.profile.timeouts.total

    @property
    def schedule(self) -> Schedule:
        return self.profile.retry_schedule()

    @property
    def rules(self) -> Rules:
        keeps = self.profile.idempotency_header is not None
        ticket: OnUnknown = "look_up" if self.profile.own_number.look_up else "send" if keeps else "person"
        change: OnUnknown = "send" if keeps or self.profile.changes.keeps_key else "person"
        return Rules(self.request_limit + LEASE_MARGIN, self.profile.settle, ticket, change)

    async def send(self, order: Order) -> Accepted | Pending:
        if order.event_type == CREATED:
            return await self._wire.post_case(words.case_fields(order, self.profile, self._media_url), order.key)
        return await self._wire.post_change(words.change_fields(order, self.profile, self._media_url), order.key)

    async def look_up(self, order: Order) -> Accepted | NotFound:
        """Raises Permanent where the server cannot be searched."""
        look_up = self.profile.own_number.look_up
        if look_up is None or order.event_type != CREATED:
            raise Permanent("this cannot be looked up at the backend")
        rows, response = await self._wire.list_rows("requests", words.look_up_params(order, look_up))
        case_id = words.find_case_id(rows, order.ticket_number, look_up)
        if case_id is None:
            return NotFound(response.status_code, response.text)
        return Accepted(case_id, response.status_code, response.text)

    async def resume(self, order: Order, token: str) -> Accepted | Pending:
        return await self._wire.get_token(token)

    # What the poller asks (bot.statuses.poller.Source).

    @property
    def poll_every(self) -> timedelta | None:
        """None where news is not asked for."""
        return self.profile.status.poll if self.profile.status.way in ("updates", "requests") else None

    @property
    def overlap(self) -> timedelta:
        return self.profile.status.overlap

    @property
    def by_case(self) -> bool:
        """Whether the poller has to name the cases it wants to hear of."""
        return self.profile.status.way == "requests"

    async def updates(self, params: dict[str, str]) -> list[Update]:
        """News for these query parameters, oldest first."""
        what = "requests" if self.by_case else "servicerequestupdates"
        rows, _ = await self._wire.list_rows(what, {**params, **self.profile.status.params})
        found = [update for row in rows if (update := words.update_of(row, self.profile)) is not None]
        return sorted(found, key=lambda update: update.changed_at)

    def read_push(self, data: dict[str, Any]) -> Update | None:
        """A pushed row as news; None where it says nothing."""
        return words.update_of(data, self.profile)
