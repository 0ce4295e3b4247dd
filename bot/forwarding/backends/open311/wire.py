"""The HTTP of GeoReport v2: forms out, rows in, every other ending as one of bot/forwarding/errors.py.

BackendError
├── Temporary (retry_after)   no connection, 408, 425, 429, 503; a question that got no usable answer
│   └── Shut                  401, 403, 410, 3xx, a 404 that is not GeoReport's
├── Permanent (reason)        400, 404, 422 and the other 4xx
├── Ambiguous                 a POST without a usable answer: time-out, reset, 500, 502, 504, broken or foreign body
└── AlreadyThere              409; 422 to a known key; a refusal that says "duplicate" in the profile's words
"""

import json
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from bot.forwarding.backends.contract import Accepted, Pending
from bot.forwarding.backends.http import check_status, mapped
from bot.forwarding.backends.open311.profile import Profile
from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Shut, Temporary
from bot.intake.clock import Clock

FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "application/json"}
NAME_LIMIT = 128  # characters of an id or token
Row = dict[str, Any]


class Wire:
    """One server. The client is passed in and closed by whoever made it."""

    def __init__(
        self, client: httpx.AsyncClient, profile: Profile, base: str, api_key: str | None, clock: Clock
    ) -> None:
        self._client = client
        self._profile = profile
        self._base = base
        self._api_key = api_key
        self._clock = clock

    async def post_case(self, pairs: list[tuple[str, str]], key: str) -> Accepted | Pending:
        response = await self._post("requests", pairs, key)
        rows = self._rows(response, acts=True)
        if not rows and self._profile.quirks.no_id:
            return Accepted(None, response.status_code, response.text)
        return self._named(response, rows, acts=True)

    async def post_change(self, pairs: list[tuple[str, str]], key: str) -> Accepted:
        """An update of a case; whatever JSON comes with 2xx means that it was taken."""
        response = await self._post("servicerequestupdates", pairs, key)
        self._rows(response, acts=True)
        return Accepted(None, response.status_code, response.text)

    async def get_token(self, token: str) -> Accepted | Pending:
        """Pending where the server has no id yet. Raises Permanent where it does not know the token."""
        response = await self._get(f"tokens/{quote(token, safe='')}", {})
        check_status(response, self._clock(), acts=False)
        rows = self._rows(response, acts=False)
        if not rows:
            return Pending(token, response.status_code, response.text)
        return self._named(response, rows, acts=False, token=token)

    async def list_rows(self, what: str, params: dict[str, str]) -> tuple[list[Row], httpx.Response]:
        """GET requests or GET servicerequestupdates. A 404 with a list of errors means that nothing matches."""
        response = await self._get(what, params)
        if response.status_code == 404 and isinstance(_loaded(response), list):
            return [], response
        _check_home(response)
        check_status(response, self._clock(), acts=False)
        return self._rows(response, acts=False), response

    async def _post(self, what: str, pairs: list[tuple[str, str]], key: str) -> httpx.Response:
        header = self._profile.idempotency_header
        headers = {**FORM, header: key} if header else FORM
        content = urlencode([*self._common().items(), *pairs])
        async with mapped(self._profile.timeouts.total, acts=True):
            response = await self._client.post(self._address(what), content=content, headers=headers)
        if (told := self._already_there(response)) is not None:
            raise told
        _check_home(response)
        not_taken = self._profile.quirks.server_error == "not_taken"
        check_status(response, self._clock(), acts=True, server_error_acts=not not_taken)
        return response

    async def _get(self, what: str, params: dict[str, str]) -> httpx.Response:
        async with mapped(self._profile.timeouts.total, acts=False):
            return await self._client.get(
                self._address(what), params={**self._common(), **params}, headers={"Accept": "application/json"}
            )

    def _address(self, what: str) -> str:
        return f"{self._base}/{what}.{self._profile.format}"

    def _common(self) -> dict[str, str]:
        named = {"api_key": self._api_key, "jurisdiction_id": self._profile.jurisdiction_id}
        return {name: value for name, value in named.items() if value}

    def _already_there(self, response: httpx.Response) -> BackendError | None:
        status, detail = response.status_code, response.text
        if status == 409 or (status == 422 and self._profile.idempotency_header):
            return AlreadyThere(f"already there (HTTP {status})", status=status, detail=detail)
        said = any(word.casefold() in detail.casefold() for word in self._profile.quirks.duplicate_words)
        if status in (400, 422) and said:
            return AlreadyThere(f"it says duplicate (HTTP {status})", status=status, detail=detail)
        return None

    def _rows(self, response: httpx.Response, acts: bool) -> list[Row]:
        """The list in the answer. Anything else is unclear after a POST, and no answer to a question."""
        body = _loaded(response)
        if isinstance(body, dict):  # some wrap the list: {"service_requests": [...]}, some send one row bare
            lists = [value for value in body.values() if isinstance(value, list)]
            body = lists[0] if len(lists) == 1 and len(body) == 1 else [body]
        if isinstance(body, list) and all(isinstance(row, dict) for row in body):
            return body
        raise self._unusable("the answer is no GeoReport JSON", response, acts)

    def _named(
        self, response: httpx.Response, rows: list[Row], acts: bool, token: str | None = None
    ) -> Accepted | Pending:
        row = rows[0] if rows else {}
        if (case_id := _name(row.get("service_request_id"))) is not None:
            return Accepted(case_id, response.status_code, response.text)
        if (named := _name(row.get("token")) or token) is not None:
            return Pending(named, response.status_code, response.text)
        raise self._unusable("the answer names neither id nor token", response, acts)

    @staticmethod
    def _unusable(reason: str, response: httpx.Response, acts: bool) -> BackendError:
        return (Ambiguous if acts else Temporary)(reason, status=response.status_code, detail=response.text)


def _check_home(response: httpx.Response) -> None:
    """GeoReport's own 404 is a list of errors; any other means that the address is wrong, for every ticket. Raises Shut."""
    if response.status_code == 404 and not isinstance(_loaded(response), list):
        reason = "no GeoReport server at this address (HTTP 404); check base_url"
        raise Shut(reason, status=404, detail=response.text)


def _loaded(response: httpx.Response) -> Any:
    """The JSON of an answer; None where it is none (HTML, a broken body)."""
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        return None


def _name(value: Any) -> str | None:
    """An id or token as text (servers send either type); None for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= NAME_LIMIT and "\x00" not in text else None
