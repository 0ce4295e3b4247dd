"""Tells one listener of each change of status, as a signed Standard Webhook, in the background.

Polling GET servicerequestupdates gives the same news, so a push that fails for good is only logged.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from standardwebhooks import Webhook
from tenacity import AsyncRetrying, RetryError, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from bot.casedesk.settings import Settings

log = logging.getLogger(__name__)
TIMEOUT = httpx.Timeout(10.0, connect=5.0)  # seconds
LONGEST_WAIT = 30.0  # seconds between two tries


class NotTaken(Exception):
    """The listener answered, but not with a 2xx."""


@dataclass(frozen=True)
class News:
    """One push: `id` stays the same over all tries."""

    id: str
    at: datetime
    data: dict[str, Any]


class Pusher:
    """Without a target every announcement is a no-op."""

    def __init__(self, settings: Settings, client: httpx.AsyncClient, clock: Callable[[], datetime]) -> None:
        self._url = settings.push_url
        self._secret = settings.push_secret
        self._tries = settings.push_tries
        self._first_wait = settings.push_first_wait
        self._client = client
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    def announce(self, news: News) -> None:
        if self._url and self._secret:
            task = asyncio.create_task(self._deliver(news, self._url, self._secret))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, news: News, url: str, secret: str) -> None:
        body = json.dumps(
            {"type": "case.status", "timestamp": news.at.isoformat(), "data": news.data}, ensure_ascii=False
        )
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._tries),
            wait=wait_exponential_jitter(multiplier=self._first_wait, max=LONGEST_WAIT, jitter=self._first_wait),
            retry=retry_if_exception_type((NotTaken, httpx.TransportError)),
        )
        try:
            await retrying(self._send, news, url, Webhook(secret), body)
            log.info("push taken", extra={"update": news.id})
        except RetryError:
            log.warning("push given up; polling still tells", extra={"update": news.id, "tries": self._tries})

    async def _send(self, news: News, url: str, webhook: Webhook, body: str) -> None:
        sent_at = self._clock()  # UTC: the library's sign() does not convert
        headers = {
            "content-type": "application/json",
            "webhook-id": news.id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": webhook.sign(news.id, sent_at, body),
        }
        answer = await self._client.post(url, content=body.encode(), headers=headers)
        if not answer.is_success:
            raise NotTaken(f"the listener answered {answer.status_code}")

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()
