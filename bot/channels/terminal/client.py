"""The web chat API, seen from outside."""

import time
import uuid
from pathlib import Path
from typing import Any

import httpx

TRIES = 3  # of one call, before the connection counts as lost
BETWEEN = 1.0  # seconds between tries
PATIENCE = 25  # seconds one call waits for a reply


class ChatError(Exception):
    """The service cannot be talked to, or refused something; the message says what to do."""


class Refused(ChatError):
    """The service understood and said no; the conversation goes on."""


class ChatClient:
    """One session. `http` has the service's address as its base."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        self._address = str(http.base_url).rstrip("/")

    def open(self, language: str) -> list[dict[str, Any]]:
        """Begins a session and returns the greeting."""
        answer = self._call("POST", "/chat/api/sessions", json={"language": language}, tries=1)
        self._http.headers["Authorization"] = f"Bearer {answer['session']}"
        return list(answer["messages"])

    def send(self, **content: Any) -> None:
        """`text`, `button`, `location`, `uploads` as the API names them. Safe to repeat: the id stays the same."""
        self._call("POST", "/chat/api/messages", json={"id": uuid.uuid4().hex, **content})

    def upload(self, path: Path) -> str:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Refused(f"{path}: {error.strerror or error}") from error
        answer = self._call("POST", "/chat/api/uploads", files={"file": (path.name, content)})
        return str(answer["upload"])

    def messages(self, after: int, wait: int = PATIENCE) -> tuple[list[dict[str, Any]], bool]:
        """What is new after seq `after`, and whether nothing more is to come."""
        answer = self._call("GET", "/chat/api/messages", params={"after": after, "wait": wait})
        return list(answer["messages"]), bool(answer["idle"])

    def _call(self, method: str, path: str, tries: int = TRIES, **arguments: Any) -> dict[str, Any]:
        for number in range(1, tries + 1):
            try:
                return self._read(self._http.request(method, path, timeout=PATIENCE + 10, **arguments))
            except httpx.TransportError as error:
                if number == tries:
                    raise ChatError(f"no service answers at {self._address}: run `make run` first") from error
                time.sleep(BETWEEN)
        raise AssertionError("unreachable")

    def _read(self, response: httpx.Response) -> dict[str, Any]:
        if response.status_code == 401:
            raise ChatError("the session is over; start `yizhan chat` again")
        try:
            document = response.json()
        except ValueError as error:
            raise ChatError(f"{self._address} is not a yizhan service: look at the address after --url") from error
        if response.is_success and isinstance(document, dict):
            return document
        reason = document.get("error") if isinstance(document, dict) else None
        if response.status_code == 404 or reason is None:
            raise ChatError(
                f"{self._address} is not a yizhan service (it answered {response.status_code}): look at --url"
            )
        raise Refused(str(reason))
