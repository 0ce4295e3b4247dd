"""One GeoReport v2 server as the worker and the poller see it."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from bot.forwarding.backends.contract import Accepted, NotFound, Pending
from bot.forwarding.backends.open311 import words
from bot.forwarding.backends.open311.directory import Directory
from bot.forwarding.backends.open311.profile import Profile
from bot.forwarding.backends.open311.wire import File, Wire
from bot.forwarding.errors import Permanent
from bot.forwarding.retry import Schedule
from bot.intake.orders import CREATED, Order
from bot.intake.outbox import OnUnknown, Rules
from bot.intake.statuses import Update

log = logging.getLogger(__name__)

MediaFile = Callable[[str], Awaitable[File | None]]  # an upload's file; None where there is none
LEASE_MARGIN = timedelta(seconds=10)  # beyond a request's limit, for the database


async def no_file(upload: str) -> File | None:
    return None


class Open311Backend:
    """`profile` and `wire` belong to the same server."""

    def __init__(
        self,
        name: str,
        profile: Profile,
        wire: Wire,
        directory: Directory | None = None,
        media_url: words.MediaUrl = lambda upload: None,
        media_file: MediaFile = no_file,
    ) -> None:
        """`directory` None: the server is not asked for its services."""
        self._name = name
        self.profile = profile
        self._wire = wire
        self._directory = directory
        self._media_url = media_url
        self._media_file = media_file

    @property
    def name(self) -> str:
        return self._name

    @property
    def concurrency(self) -> int:
        return self.profile.concurrency

    @property
    def request_limit(self) -> timedelta:
        """A whole step; questions about services and definitions come before the request that matters."""
        return self.profile.timeouts.total * self._requests()

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
        profile, files = self.profile, await self._files(order)
        if order.event_type == CREATED:
            pairs, blackbox = words.case_fields(order, profile, self._media_url), False
            if self._directory is not None:
                service = await self._directory.service(dict(pairs)["service_code"])
                pairs = words.fitted(pairs, await self._directory.attributes(service))
                blackbox = service.type == "blackbox"
            return await self._wire.post_case(pairs, order.key, files, blackbox)
        pairs = words.change_fields(order, profile, self._media_url)
        return await self._wire.send_change(words.call_of(order, profile), order.case_id or "", pairs, order.key, files)

    async def look_up(self, order: Order) -> Accepted | NotFound:
        """Raises Permanent where the server cannot be searched."""
        look_up = self.profile.own_number.look_up
        if look_up is None or order.event_type != CREATED:
            raise Permanent("this cannot be looked up at the backend")
        rows, response = await self._wire.list_rows(
            "requests", words.look_up_params(order, look_up, self.profile.services)
        )
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
        status = self.profile.status
        return status.poll if status.way in ("updates", "requests", "changed_requests") else None

    @property
    def overlap(self) -> timedelta:
        return self.profile.status.overlap

    @property
    def by_case(self) -> bool:
        """Whether the poller has to name the cases it wants to hear of."""
        return self.profile.status.way == "requests"

    async def updates(self, params: dict[str, str]) -> list[Update]:
        """News for these query parameters, oldest first."""
        status = self.profile.status
        what = "servicerequestupdates" if status.way == "updates" else "requests"
        asked = {status.since_param if name == "start_date" else name: value for name, value in params.items()}
        rows, _ = await self._wire.list_rows(what, {**asked, **status.params})
        found = [update for row in rows if (update := words.update_of(row, self.profile)) is not None]
        return sorted(found, key=lambda update: update.changed_at)

    def read_push(self, data: dict[str, Any]) -> Update | None:
        """A pushed row as news; None where it says nothing."""
        return words.update_of(data, self.profile)

    def _requests(self) -> int:
        """The most requests of one step."""
        return 1 + (2 if self.profile.definitions else 0) + (1 if self.profile.discovery else 0)

    async def _files(self, order: Order) -> list[File]:
        """Pictures that go along; one that is gone or too large stays behind, the ticket does not wait for it."""
        found = []
        for upload in words.photos_of(order, self.profile):
            file = await self._media_file(upload)
            if file is not None and len(file[1]) <= self.profile.media.max_bytes:
                found.append(file)
            else:
                log.warning("picture_left_out", extra={"backend": self.name, "ticket": order.ticket_number})
        return found
