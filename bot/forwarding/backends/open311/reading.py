"""What stands in a GeoReport server's answer: rows, an id, a token. Pure."""

from typing import Any

import httpx

from bot.forwarding.backends.contract import Accepted, Pending
from bot.forwarding.errors import Ambiguous, BackendError, Shut, Temporary
from bot.open311.documents import Document, Row, Unreadable, read_document

NAME_LIMIT = 128  # characters of an id or token


def document_of(response: httpx.Response) -> Document | None:
    """None where the answer is neither GeoReport JSON nor XML (a web page, a broken body)."""
    try:
        return read_document(response.content, response.headers.get("content-type", ""))
    except Unreadable:
        return None


def rows_of(response: httpx.Response, acts: bool) -> list[Row]:
    """The list in the answer. Anything else is unclear after a POST, and no answer to a question."""
    document = document_of(response)
    if document is None:
        raise unusable("the answer is no GeoReport document", response, acts)
    return document.rows


def named(
    response: httpx.Response, rows: list[Row], acts: bool, token: str | None = None, blackbox: bool = False
) -> Accepted | Pending:
    """The id in the answer, else the token. `blackbox`: an answer with neither is an acceptance."""
    row = rows[0] if rows else {}
    if (case_id := name_of(row.get("service_request_id"))) is not None:
        return Accepted(case_id, response.status_code, response.text)
    if (found := name_of(row.get("token")) or token) is not None:
        return Pending(found, response.status_code, response.text)
    if blackbox:
        return Accepted(None, response.status_code, response.text)
    raise unusable("the answer names neither id nor token", response, acts)


def name_of(value: Any) -> str | None:
    """An id or token as text (servers send either type); None for what cannot be one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= NAME_LIMIT and "\x00" not in text else None


def is_list(response: httpx.Response) -> bool:
    """A list as GeoReport writes its errors; a web page is none, and no object with a message either."""
    document = document_of(response)
    if document is None:
        return False
    return isinstance(document.whole, list) or document.root in ("errors", "error")


def check_home(response: httpx.Response) -> None:
    """GeoReport's own 404 is a list of errors; any other means that the address is wrong, for every ticket. Raises Shut."""
    if response.status_code == 404 and not is_list(response):
        reason = "no GeoReport server at this address (HTTP 404); check base_url"
        raise Shut(reason, status=404, detail=response.text)


def unusable(reason: str, response: httpx.Response, acts: bool) -> BackendError:
    return (Ambiguous if acts else Temporary)(reason, status=response.status_code, detail=response.text)
