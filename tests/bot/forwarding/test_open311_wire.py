"""One table: whatever a GeoReport server does, it means one thing for the ticket."""

from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from bot.forwarding.backends.contract import Accepted, Pending
from bot.forwarding.backends.open311.profile import Profile
from bot.forwarding.backends.open311.wire import Wire
from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Permanent, Shut, Temporary
from tests.bot.forwarding.house import START

BASE = "http://backend.test/v2"
PROFILE: dict[str, Any] = {
    "kind": "open311",
    "base_url": BASE,
    "own_number": {"field": "attribute[ticket_number]"},
    "timeouts": {"connect": "0.1s", "read": "0.1s", "total": "0.2s"},
    "settle": "1s",
    "jurisdiction_id": "xihua",
}
HTML = {"content-type": "text/html"}


def wire(handler: Any, api_key: str | None = None, **changes: Any) -> Wire:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    return Wire(client, Profile.model_validate(PROFILE | changes), BASE, api_key, lambda: START)


def answering(status: int, **content: Any) -> Any:
    return lambda request: httpx.Response(status, **content)


def raising(error: type[httpx.TransportError]) -> Any:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("planned", request=request)

    return handler


async def outcome(call: Any) -> Any:
    try:
        return await call
    except BackendError as error:
        return type(error)


POSTS = [
    (answering(200, json=[{"service_request_id": "D1"}]), "D1"),
    (answering(201, json=[{"service_request_id": "D1"}]), "D1"),
    (answering(200, json=[{"service_request_id": 77}]), "77"),
    (answering(200, json={"service_request_id": "D1"}), "D1"),
    (answering(200, json={"service_requests": [{"service_request_id": "D1"}]}), "D1"),
    (answering(202, json=[{"token": "T1"}]), "token T1"),
    (answering(200, json=[{"service_request_id": "", "token": 5}]), "token 5"),
    (answering(200, json=[{"service_request_id": None, "token": None}]), Ambiguous),
    (answering(200, json=[{"service_request_id": "x" * 129}]), Ambiguous),
    (answering(200, json=[{"service_request_id": "a\0b"}]), Ambiguous),
    (answering(200, json=[{"service_request_id": ["D1"]}]), Ambiguous),
    (answering(200, json=[]), Ambiguous),
    (answering(204), Ambiguous),
    (answering(200, json="D1"), Ambiguous),
    (answering(200, json=["D1"]), Ambiguous),
    (answering(200, content=b'[{"service_request'), Ambiguous),
    (answering(200, content=b"\xff\xfe\x00"), Ambiguous),
    (answering(200, content=b"[" * 100_000), Ambiguous),
    (answering(200, content=b"<html>Log in</html>", headers=HTML), Ambiguous),
    (answering(301, headers={"location": "https://elsewhere.test/"}), Shut),
    (answering(307, headers={"location": "https://elsewhere.test/"}), Shut),
    (answering(400, json=[{"code": 400, "description": "service_code is missing"}]), Permanent),
    (answering(400, json=[{"code": 400, "description": "base is a Duplicate"}]), AlreadyThere),
    (answering(401), Shut),
    (answering(403), Shut),
    (answering(404, json=[{"code": 404, "description": "service_code was not found"}]), Permanent),
    (answering(404), Shut),
    (answering(404, content=b"<html>no such page", headers=HTML), Shut),
    (answering(405), Permanent),
    (answering(408), Temporary),
    (answering(409), AlreadyThere),
    (answering(410), Shut),
    (answering(413), Permanent),
    (answering(422), Permanent),
    (answering(425), Temporary),
    (answering(429), Temporary),
    (answering(500), Ambiguous),
    (answering(502), Ambiguous),
    (answering(503), Temporary),
    (answering(504), Ambiguous),
    (answering(599), Ambiguous),
    (raising(httpx.ConnectError), Temporary),
    (raising(httpx.ConnectTimeout), Temporary),
    (raising(httpx.PoolTimeout), Temporary),
    (raising(httpx.ProxyError), Temporary),
    (raising(httpx.WriteTimeout), Ambiguous),
    (raising(httpx.WriteError), Ambiguous),
    (raising(httpx.ReadTimeout), Ambiguous),
    (raising(httpx.ReadError), Ambiguous),
    (raising(httpx.CloseError), Ambiguous),
    (raising(httpx.RemoteProtocolError), Ambiguous),
    (raising(httpx.LocalProtocolError), Permanent),
    (raising(httpx.UnsupportedProtocol), Permanent),
]


@pytest.mark.parametrize(("handler", "expected"), POSTS)
async def test_post_case(handler: Any, expected: Any) -> None:
    answer = await outcome(wire(handler, quirks={"duplicate_words": ["duplicate"]}).post_case([], "k"))
    if isinstance(answer, Accepted):
        answer = answer.case_id
    elif isinstance(answer, Pending):
        answer = f"token {answer.token}"
    assert answer == expected


def test_every_error_of_httpx_is_mapped() -> None:
    """A new error class of the library has to be put into the table above first."""

    def leaves(kind: type[Exception]) -> set[type[Exception]]:
        below = {leaf for child in kind.__subclasses__() for leaf in leaves(child)}
        return below or {kind}

    ours = {
        httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.WriteTimeout,
        httpx.WriteError, httpx.ReadTimeout, httpx.ReadError, httpx.CloseError, httpx.RemoteProtocolError,
        httpx.LocalProtocolError, httpx.UnsupportedProtocol,
    }  # fmt: skip
    elsewhere = {httpx.DecodingError, httpx.TooManyRedirects, httpx.HTTPStatusError}  # HTTPError: unclear after a POST
    assert {leaf for leaf in leaves(httpx.HTTPError) if leaf.__module__ == "httpx"} == ours | elsewhere


async def test_a_server_that_never_answers_is_cut_off_at_the_total() -> None:
    import asyncio

    async def silent(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(30)
        return httpx.Response(200)

    assert await outcome(wire(silent).post_case([], "k")) is Ambiguous
    assert await outcome(wire(silent).get_token("T")) is Temporary


async def test_a_known_key_with_another_body_means_that_it_is_there() -> None:
    post = wire(answering(422), idempotency_header="Idempotency-Key").post_case([], "k")
    assert await outcome(post) is AlreadyThere


async def test_a_profile_may_say_that_a_server_error_means_not_taken() -> None:
    post = wire(answering(500), quirks={"server_error": "not_taken"}).post_case([], "k")
    assert await outcome(post) is Temporary


async def test_a_blackbox_gives_no_id() -> None:
    assert await wire(answering(200, json=[]), quirks={"no_id": True}).post_case([], "k") == Accepted(None, 200, "[]")


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_comes_along(status: int) -> None:
    with pytest.raises(Temporary) as caught:
        await wire(answering(status, headers={"retry-after": "90"})).post_case([], "k")
    assert caught.value.retry_after is not None and (caught.value.retry_after - START).total_seconds() == 90


TOKENS = [
    (answering(200, json=[{"service_request_id": "D1", "token": "T"}]), Accepted),
    (answering(200, json=[{"token": "T"}]), Pending),
    (answering(200, json=[]), Pending),
    (answering(404), Permanent),
    (answering(400), Permanent),
    (answering(500), Temporary),
    (answering(503), Temporary),
    (answering(200, content=b"<html>"), Temporary),
    (raising(httpx.ReadTimeout), Temporary),
    (raising(httpx.ReadError), Temporary),
    (raising(httpx.ConnectError), Temporary),
    (answering(403), Shut),
]


@pytest.mark.parametrize(("handler", "expected"), TOKENS)
async def test_get_token(handler: Any, expected: Any) -> None:
    answer = await outcome(wire(handler).get_token("T"))
    assert (answer if isinstance(answer, type) else type(answer)) is expected


SEARCHES = [
    (answering(200, json=[{"a": 1}]), 1),
    (answering(200, json=[]), 0),
    (answering(404, json=[{"code": 404, "description": "none"}]), 0),
    (answering(404, content=b"<html>no such page", headers=HTML), Shut),
    (answering(200, content=b"<html>", headers=HTML), Temporary),
    (answering(400, json=[]), Permanent),
    (answering(500), Temporary),
    (raising(httpx.ReadTimeout), Temporary),
]


@pytest.mark.parametrize(("handler", "expected"), SEARCHES)
async def test_list_rows(handler: Any, expected: Any) -> None:
    """An HTML page is never taken for "nothing found"."""
    answer = await outcome(wire(handler).list_rows("requests", {}))
    assert (answer if isinstance(answer, type) else len(answer[0])) == expected


async def test_what_goes_over_the_wire() -> None:
    """Form, suffix, key, header and jurisdiction as GeoReport v2 wants them; a repeated field is repeated."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[{"service_request_id": "D1"}])

    client = wire(handler, "secret", idempotency_header="Idempotency-Key")
    await client.post_case([("media_url", "a"), ("media_url", "b"), ("description", "河堤&灯")], "key-1")
    await client.get_token("a/b c")
    await client.list_rows("requests", {"ticket_number": "XH-1"})
    post, token, search = seen
    assert str(post.url) == f"{BASE}/requests.json" and post.headers["idempotency-key"] == "key-1"
    assert post.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
    assert parse_qsl(post.content.decode()) == [
        ("api_key", "secret"),
        ("jurisdiction_id", "xihua"),
        ("media_url", "a"),
        ("media_url", "b"),
        ("description", "河堤&灯"),
    ]
    assert token.url.raw_path.split(b"?")[0] == b"/v2/tokens/a%2Fb%20c.json"
    assert dict(search.url.params) == {"api_key": "secret", "jurisdiction_id": "xihua", "ticket_number": "XH-1"}
