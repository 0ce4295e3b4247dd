"""Requests that other sites make a browser send are refused, before anything else looks at them."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


def is_own(method: str, headers: Headers, scheme: str, public_url: str) -> bool:
    """Whether a request comes from our own pages, or from no page at all (a script with a cookie jar).

    Browsers tell by Sec-Fetch-Site where a request comes from, older ones by Origin alone; scripts send neither.
    """
    if method in SAFE:
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    own = {f"{scheme}://{headers.get('host', '')}".lower()}
    if public_url:
        public = urlsplit(public_url)
        own.add(f"{public.scheme}://{public.netloc}".lower())
    return origin.lower() in own


class OwnOrigin:
    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if not is_own(scope["method"], headers, scope["scheme"], self._public_url):
                refusal = JSONResponse({"error": "the request comes from another site; open the console itself"}, 403)
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)
