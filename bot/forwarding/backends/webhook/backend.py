"""One webhook receiver. The webhook-id is the outbox item's id, the same on every try, so a repeat is harmless.

2xx accepts; 401, 403, 404, 410 and redirects shut the door; 408, 409, 425, 429 and 5xx are tried again; the other 4xx
refuse this event for ever. Redirects are never followed.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
from standardwebhooks import Webhook

from bot.forwarding.backends.contract import Accepted, NotFound
from bot.forwarding.backends.http import check_status, mapped
from bot.forwarding.backends.webhook import words
from bot.forwarding.backends.webhook.envelopes import Enveloped, cloud_event, plain
from bot.forwarding.backends.webhook.profile import Profile
from bot.forwarding.errors import Permanent, Shut, Temporary
from bot.forwarding.retry import Schedule
from bot.intake.clock import Clock
from bot.intake.orders import Order
from bot.intake.outbox import Rules
from bot.intake.statuses import Update

LEASE_MARGIN = timedelta(seconds=10)


class WebhookBackend:
    """`secrets`: every one signs, so that the receiver may change to a new one when it likes."""

    def __init__(
        self,
        name: str,
        profile: Profile,
        address: str,
        secrets: Sequence[str],
        client: httpx.AsyncClient,
        clock: Clock,
        media_url: Callable[[str], str | None] = lambda upload: None,
    ) -> None:
        self.name = name
        self.profile = profile
        self.concurrency = profile.concurrency
        self.request_limit = profile.timeouts.total
        self.schedule: Schedule = profile.retry_schedule()
        self.rules = Rules(self.request_limit + LEASE_MARGIN, profile.settle, "send", "send")
        self._address = address
        self._signers = [Webhook(secret) for secret in secrets]
        self._client = client
        self._clock = clock
        self._media_url = media_url

    async def send(self, order: Order) -> Accepted:
        event = words.event_of(order, self._media_url, self.profile.contact)
        wrapped = cloud_event(event) if self.profile.envelope == "cloudevents" else plain(event)
        async with mapped(self.profile.timeouts.total, acts=True):
            response = await self._client.post(
                self._address, content=wrapped.body.encode(), headers=self._headers(order, wrapped)
            )
        status, detail = response.status_code, response.text
        if status == 404:
            raise Shut("nobody listens at this address (HTTP 404); check base_url", status=status, detail=detail)
        if status == 409:
            raise Temporary("not yet, says the receiver (HTTP 409)", status=status, detail=detail)
        # The receiver knows the webhook-id: after a server error the same event may simply be sent again.
        check_status(response, self._clock(), acts=True, server_error_acts=False)
        return Accepted(None, response.status_code, response.text)

    async def look_up(self, order: Order) -> Accepted | NotFound:
        raise Permanent("a webhook receiver cannot be searched")

    async def resume(self, order: Order, token: str) -> Accepted:
        raise Permanent("a webhook receiver gives no tokens")

    def read_push(self, data: dict[str, Any]) -> Update | None:
        """A pushed status as news; None where it says nothing."""
        return words.update_of(data, self.profile.words)

    def _headers(self, order: Order, wrapped: Enveloped) -> dict[str, str]:
        at = self._clock()  # UTC: the library puts UTC in place of any other zone instead of converting
        return {
            "Content-Type": wrapped.content_type,
            "webhook-id": order.key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signer.sign(order.key, at, wrapped.body) for signer in self._signers),
        }
