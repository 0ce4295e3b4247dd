"""The endpoint under test: one polite connection, bounded answers, no redirects followed."""

from contextlib import closing
from dataclasses import dataclass, field

import httpx

from bot.open311.documents import Document, Form, Row, Unreadable, read_document

MAX_BYTES = 8 * 1024 * 1024  # of one answer
TIMEOUT = httpx.Timeout(20.0, connect=5.0)  # seconds
Pairs = list[tuple[str, str]]
Files = dict[str, tuple[str, bytes, str]]


@dataclass(frozen=True)
class Seen:
    """One answer. `status` 0: none came, `trouble` says why; otherwise why the body could not be read."""

    status: int
    content_type: str = ""
    content: bytes = field(default=b"", repr=False)
    document: Document | None = None
    trouble: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def rows(self) -> list[Row]:
        return self.document.rows if self.document else []

    @property
    def brief(self) -> str:
        if self.status == 0:
            return self.trouble
        kind = self.content_type.partition(";")[0] or "no content type"
        return f"HTTP {self.status}, {kind}" + (f": {self.trouble}" if self.trouble and self.ok else "")


class Server:
    """`base` ends without a slash. The key goes with POST requests only, as the standard has it."""

    def __init__(
        self, client: httpx.Client, base: str, api_key: str | None = None, jurisdiction: str | None = None
    ) -> None:
        self._client = client
        self.base = base
        self.api_key = api_key
        self._jurisdiction = jurisdiction

    def get(self, path: str, form: Form = "json", at: str | None = None, **params: str) -> Seen:
        """`at`: a whole address in place of the endpoint's."""
        named = {"jurisdiction_id": self._jurisdiction} if self._jurisdiction else {}
        address = at or f"{self.base}/{path}.{form}"
        return self._send(self._client.build_request("GET", address, params={**named, **params}))

    def post(self, path: str, pairs: Pairs, form: Form = "json", files: Files | None = None) -> Seen:
        """A form; multipart where there are files. `api_key` in the pairs takes the place of the server's."""
        named = [("api_key", self.api_key), ("jurisdiction_id", self._jurisdiction)]
        told = {name for name, _ in pairs}
        data: dict[str, list[str]] = {}
        for name, value in [*((n, v) for n, v in named if v and n not in told), *pairs]:
            data.setdefault(name, []).append(value)
        return self._send(self._client.build_request("POST", f"{self.base}/{path}.{form}", data=data, files=files))

    def _send(self, request: httpx.Request) -> Seen:
        try:
            with closing(self._client.send(request, stream=True)) as response:
                content = _bounded(response)
        except httpx.HTTPError as error:
            return Seen(0, trouble=f"no answer ({type(error).__name__})")
        kind = response.headers.get("content-type", "")
        if content is None:
            return Seen(response.status_code, kind, trouble=f"longer than {MAX_BYTES // 2**20} MB")
        if response.is_redirect:
            return Seen(response.status_code, kind, content, trouble=f"moved to {response.headers.get('location')}")
        try:
            return Seen(response.status_code, kind, content, read_document(content, kind))
        except Unreadable as error:
            return Seen(response.status_code, kind, content, trouble=str(error))


def new_client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, headers={"User-Agent": "yizhan-open311-check"})


def _bounded(response: httpx.Response) -> bytes | None:
    """None where it is too long."""
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > MAX_BYTES:
            return None
    return bytes(content)
