"""httpx's errors and HTTP's statuses, by what they mean for a ticket. Used by every backend that speaks HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx

from bot.forwarding.backends.profiles import Timeouts
from bot.forwarding.backends.reach import NotAllowed, guarded_transport
from bot.forwarding.errors import Ambiguous, Permanent, Shut, Temporary
from bot.forwarding.retry import parse_retry_after

# Raised before anything of the request was on the wire.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# Mistakes of our own, found before anything is sent: no repeat mends them.
MISTAKES = (
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    httpx.CookieConflict,
    httpx.StreamError,
)
KEEPALIVE = 2.0  # seconds; shorter than servers', so that a closed connection is seldom met


def new_client(timeouts: Timeouts, connections: int, networks: Iterable[str]) -> httpx.AsyncClient:
    """A client for one backend. It follows no redirects, takes no settings from the environment, and connects only to
    public addresses and to `networks`."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeouts.read.total_seconds(), connect=timeouts.connect.total_seconds()),
        transport=guarded_transport(connections, KEEPALIVE, networks),
        follow_redirects=False,
        trust_env=False,
    )


@asynccontextmanager
async def mapped(total: timedelta, acts: bool) -> AsyncIterator[None]:
    """Maps what httpx raises. `acts`: the request changes something over there, so no answer means unclear.

    Raises Temporary, Ambiguous or Permanent, always from the original.
    """
    try:
        async with asyncio.timeout(total.total_seconds()):
            yield
    except NOT_SENT as error:
        if isinstance(error.__cause__, NotAllowed):
            raise Shut(str(error.__cause__)) from error
        raise Temporary(f"no connection ({type(error).__name__})") from error
    except MISTAKES as error:
        raise Permanent(f"the request cannot be made ({type(error).__name__}); check base_url") from error
    except (httpx.HTTPError, TimeoutError) as error:
        reason = f"no usable answer ({type(error).__name__})"
        raise (Ambiguous(reason) if acts else Temporary(reason)) from error


def check_status(response: httpx.Response, now: datetime, acts: bool, server_error_acts: bool = True) -> None:
    """Returns on 2xx; raises what any other status means. 400, 404, 409 and 422 are for the caller to judge first."""
    status, detail = response.status_code, response.text
    if response.is_success:
        return
    if status in (401, 403, 410) or 300 <= status < 400:
        raise Shut(_SHUT.get(status, "the address has moved; correct base_url"), status=status, detail=detail)
    if status in (408, 425, 429, 503):
        after = parse_retry_after(response.headers.get("retry-after"), now)
        raise Temporary(f"busy (HTTP {status})", status=status, detail=detail, retry_after=after)
    if status >= 500:
        unclear = acts and server_error_acts
        raise (Ambiguous if unclear else Temporary)(f"server error (HTTP {status})", status=status, detail=detail)
    raise Permanent(f"refused (HTTP {status})", status=status, detail=detail)


_SHUT = {
    401: "the key is refused (HTTP 401); check the key's environment variable",
    403: "the key is refused (HTTP 403); check the key's environment variable",
    410: "the backend is gone (HTTP 410); ask its owner",
}
