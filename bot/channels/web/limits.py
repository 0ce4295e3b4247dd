"""How often one session, and one address, may ask. Kept in memory: after a restart everybody starts afresh."""

import ipaddress
import math
import time

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from bot.channels.web.refusals import Refused
from bot.settings import SettingError, Settings


class Limits:
    """Loopback is exempt unless the settings say otherwise."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingError where a limit cannot be read."""
        self._sending = _parsed("YIZHAN_WEB_LIMIT", settings.web_limit)
        self._opening = _parsed("YIZHAN_SESSION_LIMIT", settings.session_limit)
        self._with_loopback = settings.limit_loopback
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count_session(self, request: Request) -> None:
        """A new session of this address. Raises Refused (429)."""
        self._count(self._opening, request, "sessions", address_of(request))

    def count_upload(self, request: Request, conversation_id: str) -> None:
        self._count(self._sending, request, "uploads", conversation_id)

    def count_message(self, request: Request, conversation_id: str) -> None:
        self._count(self._sending, request, "messages", conversation_id)

    def _count(self, limit: RateLimitItem, request: Request, what: str, who: str) -> None:
        if not self._with_loopback and is_loopback(address_of(request)):
            return
        if self._limiter.hit(limit, what, who):
            return
        stats = self._limiter.get_window_stats(limit, what, who)
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        reason = f"too many {what} in a short time; wait {seconds} seconds"
        raise Refused(429, reason, {"Retry-After": str(seconds)})


def address_of(request: Request) -> str:
    """Where the request comes from; behind a proxy on loopback uvicorn puts the resident's own address here."""
    return request.client.host if request.client else ""


def is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _parsed(name: str, value: str) -> RateLimitItem:
    try:
        return parse(value)
    except ValueError as error:
        raise SettingError(f"{name} is '{value}' but must be like 20/minute or 30/hour") from error
