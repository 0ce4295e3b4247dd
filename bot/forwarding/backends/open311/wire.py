"""The HTTP of GeoReport v2: forms out, rows in, every other ending as one of bot/forwarding/errors.py.

BackendError
├── Temporary (retry_after)   no connection, 408, 425, 429, 503; a question that got no usable answer
│   └── Shut                  401, 403, 410, 3xx, a 404 that is not GeoReport's
├── Permanent (reason)        400, 404, 422 and the other 4xx
├── Ambiguous                 a POST without a usable answer: time-out, reset, 500, 502, 504, broken or foreign body
└── AlreadyThere              409; 422 to a known key; a refusal that says "duplicate" in the profile's words
"""

import base64
from collections.abc import Sequence
from contextlib import aclosing
from urllib.parse import quote

import httpx

from bot.forwarding.backends.contract import Accepted, Pending
from bot.forwarding.backends.http import check_status, mapped
from bot.forwarding.backends.open311.profile import Call, Profile
from bot.forwarding.backends.open311.reading import check_home, document_of, is_list, named, rows_of
from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Shut, Temporary
from bot.intake.clock import Clock
from bot.open311.discovery import choose, endpoints_of
from bot.open311.documents import Document, Row

ACCEPT = {"json": "application/json", "xml": "text/xml, application/xml"}
MAX_ANSWER = 4 * 1024 * 1024  # bytes; a longer answer is none that can be used
FORM = "application/x-www-form-urlencoded; charset=utf-8"
CREATE = Call(path="requests")

Pairs = list[tuple[str, str]]
File = tuple[str, bytes, str]  # name, content, media type


class Wire:
    """One server. The client is passed in and closed by whoever made it. `base`: the endpoint, or its discovery."""

    def __init__(
        self, client: httpx.AsyncClient, profile: Profile, base: str, api_key: str | None, clock: Clock
    ) -> None:
        self._client = client
        self._profile = profile
        self._base = base
        self._endpoint: str | None = None if profile.discovery else base
        self._api_key = api_key
        self._clock = clock

    async def post_case(
        self, pairs: Pairs, key: str, files: Sequence[File] = (), blackbox: bool = False
    ) -> Accepted | Pending:
        response = await self._act(CREATE, "requests", pairs, key, files)
        rows = rows_of(response, acts=True)
        return named(response, rows, acts=True, blackbox=blackbox or self._profile.quirks.no_id)

    async def send_change(
        self, call: Call, case_id: str, pairs: Pairs, key: str, files: Sequence[File] = ()
    ) -> Accepted:
        """An update of a case; 2xx with whatever GeoReport document, or with nothing, means that it was taken."""
        path = call.path.replace("{case_id}", quote(case_id, safe=""))
        response = await self._act(call, path, pairs, key, files)
        if response.content.strip():
            rows_of(response, acts=True)
        return Accepted(None, response.status_code, response.text)

    async def get_token(self, token: str) -> Accepted | Pending:
        """Pending where the server has no id yet. Raises Permanent where it does not know the token."""
        response = await self._get(f"tokens/{quote(token, safe='')}", {})
        check_status(response, self._clock(), acts=False)
        rows = rows_of(response, acts=False)
        if not rows:
            return Pending(token, response.status_code, response.text)
        return named(response, rows, acts=False, token=token)

    async def list_rows(self, what: str, params: dict[str, str]) -> tuple[list[Row], httpx.Response]:
        """GET requests or GET servicerequestupdates. A 404 with a list of errors means that nothing matches."""
        response = await self._get(what, params)
        if response.status_code == 404 and is_list(response):
            return [], response
        check_home(response)
        check_status(response, self._clock(), acts=False)
        return rows_of(response, acts=False), response

    async def read(self, what: str) -> Document | None:
        """GET services or a definition; None where the server has none."""
        response = await self._get(what, {})
        if response.status_code in (400, 404):
            return None
        check_status(response, self._clock(), acts=False)
        document = document_of(response)
        if document is None:
            raise Temporary("the answer is no GeoReport document", status=response.status_code, detail=response.text)
        return document

    async def _act(self, call: Call, path: str, pairs: Pairs, key: str, files: Sequence[File]) -> httpx.Response:
        header, media = self._profile.idempotency_header, self._profile.media
        headers = {**self._headers(), header: key} if header else self._headers()
        data: dict[str, list[str]] = {}
        encoded = [(media.field or "media", base64.b64encode(content).decode()) for _, content, _ in files]
        for name, value in [*self._common().items(), *pairs, *(encoded if media.way == "base64" else [])]:
            data.setdefault(name, []).append(value)
        parts = [(media.field or "media", file) for file in files] if media.way == "multipart" else []
        if not parts:
            headers["Content-Type"] = FORM
        address = await self._address(path)
        response = await self._exchange(
            self._client.build_request(call.method, address, data=data, files=parts or None, headers=headers), acts=True
        )
        if (told := self._already_there(response)) is not None:
            raise told
        self._check_home(response)
        not_taken = self._profile.quirks.server_error == "not_taken"
        check_status(response, self._clock(), acts=True, server_error_acts=not not_taken)
        return response

    async def _get(self, what: str, params: dict[str, str]) -> httpx.Response:
        address = await self._address(what)
        request = self._client.build_request(
            "GET", address, params={**self._common(), **params}, headers=self._headers()
        )
        return await self._exchange(request, acts=False)

    async def _exchange(self, request: httpx.Request, acts: bool) -> httpx.Response:
        """Sends and reads at most MAX_ANSWER bytes. Raises what mapped raises."""
        async with mapped(self._profile.timeouts.total, acts):
            response = await self._client.send(request, stream=True)
            content = bytearray()
            async with aclosing(response):
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) > MAX_ANSWER:
                        reason = f"the answer is longer than {MAX_ANSWER // 2**20} MB"
                        raise (Ambiguous if acts else Temporary)(reason, status=response.status_code)
        # The body is decoded by now; headers that speak of its transport would be untrue.
        kept = {k: v for k, v in response.headers.items() if k not in ("content-encoding", "content-length")}
        return httpx.Response(response.status_code, headers=kept, content=bytes(content), request=request)

    async def _address(self, what: str) -> str:
        endpoint = self._endpoint or await self._discover()
        return f"{endpoint}/{what}" + (f".{self._profile.format}" if self._profile.suffix else "")

    async def _discover(self) -> str:
        """Asked once, and again after the endpoint was met closed. Raises Shut where it names none."""
        response = await self._exchange(
            self._client.build_request("GET", self._base, headers={"Accept": "application/json, text/xml"}), acts=False
        )
        check_home(response)
        check_status(response, self._clock(), acts=False)
        document = document_of(response)
        endpoint = choose(endpoints_of(document)) if document else None
        if endpoint is None:
            raise Shut("the discovery document names no GeoReport v2 endpoint; check base_url", detail=response.text)
        self._endpoint = endpoint.url
        return endpoint.url

    def _check_home(self, response: httpx.Response) -> None:
        moved = response.is_redirect or response.status_code in (404, 410)
        if self._profile.discovery and moved and not is_list(response):
            self._endpoint = None
        check_home(response)

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": ACCEPT[self._profile.format]}
        if self._profile.api_key_header and self._api_key:
            name, _, template = self._profile.api_key_header.partition(":")
            headers[name.strip()] = template.strip().replace("{key}", self._api_key)
        return headers

    def _common(self) -> dict[str, str]:
        in_form = None if self._profile.api_key_header else self._api_key
        told = {"api_key": in_form, "jurisdiction_id": self._profile.jurisdiction_id}
        return {name: value for name, value in told.items() if value}

    def _already_there(self, response: httpx.Response) -> BackendError | None:
        status, detail = response.status_code, response.text
        if status == 409 or (status == 422 and self._profile.idempotency_header):
            return AlreadyThere(f"already there (HTTP {status})", status=status, detail=detail)
        said = any(word.casefold() in detail.casefold() for word in self._profile.quirks.duplicate_words)
        if status in (400, 422) and said:
            return AlreadyThere(f"it says duplicate (HTTP {status})", status=status, detail=detail)
        return None
