"""Pushed news: only what is rightly signed gets in, once."""

import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from bot.forwarding.backends.load import load_backends
from bot.intake.clock import utc_now
from bot.intake.statuses import Receiver
from bot.statuses.push import BODY_LIMIT, push_router
from tests.bot.forwarding.desk_process import ROOT
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

OLD, NEW, STRANGER = ("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(3))
PATH = "/backend/webhooks/desk"
ROW = {
    "update_id": "U1",
    "service_request_id": "D1",
    "ticket_number": "XH-20260504-0001",
    "status": "in_progress",
    "note": "派人了",
    "updated_datetime": "2026-05-04T12:30:00+08:00",
}


@pytest.fixture
def receivers() -> dict[str, Receiver]:
    """As the city's own profile of the desk reads them."""
    return load_backends(ROOT / "cities/xihua", utc_now, env={"YIZHAN_DESK_PUSH_SECRETS": f"{OLD} {NEW}"}).receivers


@pytest.fixture
async def client(house: House, receivers: dict[str, Receiver]) -> AsyncIterator[httpx.AsyncClient]:
    house.file(case_id="D1")
    app = FastAPI()
    app.include_router(push_router(house.database, house.newsroom, receivers, house.clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def event(**data: Any) -> bytes:
    return json.dumps({"type": "case.status", "timestamp": "x", "data": ROW | data}).encode()


def headers(body: bytes, secret: str = OLD, id_: str = "msg1", age: float = 0) -> dict[str, str]:
    at = datetime.fromtimestamp(time.time() - age, UTC)
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(id_, at, body.decode()),
    }


async def post(client: httpx.AsyncClient, body: bytes, told: dict[str, str]) -> tuple[int, Any]:
    answer = await client.post(PATH, content=body, headers=told)
    return answer.status_code, answer.json()


async def test_a_signed_status_is_applied_and_told(client: httpx.AsyncClient, house: House) -> None:
    body = event()
    assert await post(client, body, headers(body)) == (200, {"outcome": "applied"})
    assert house.texts() == ["news_in_progress XH-20260504-0001 in_progress 派人了。"]


async def test_the_same_again_changes_nothing(client: httpx.AsyncClient, house: House) -> None:
    body = event()
    await post(client, body, headers(body))
    assert await post(client, body, headers(body)) == (200, {"outcome": "repeated"})
    assert await post(client, body, headers(body, id_="msg2")) == (200, {"outcome": "repeated"})
    assert len(house.texts()) == 1


async def test_without_an_update_id_the_webhook_id_makes_a_repeat_known(
    client: httpx.AsyncClient, house: House
) -> None:
    body = json.dumps({"type": "case.status", "data": {k: v for k, v in ROW.items() if k != "update_id"}}).encode()
    assert (await post(client, body, headers(body)))[1] == {"outcome": "applied"}
    assert (await post(client, body, headers(body)))[1] == {"outcome": "repeated"}


async def test_every_shared_secret_opens(client: httpx.AsyncClient) -> None:
    body = event()
    assert (await post(client, body, headers(body, NEW)))[0] == 200


async def test_one_good_signature_among_several_opens(client: httpx.AsyncClient) -> None:
    body = event()
    told = headers(body)
    told["webhook-signature"] = f"v1,{base64.b64encode(b'x' * 32).decode()} {told['webhook-signature']}"
    assert (await post(client, body, told))[0] == 200


REFUSED = {
    "stranger": lambda body: headers(body, STRANGER),
    "too old": lambda body: headers(body, age=301),
    "from the future": lambda body: headers(body, age=-310),
    "other body": lambda body: headers(body + b" "),
    "other id": lambda body: headers(body) | {"webhook-id": "msg2"},
    "other time": lambda body: headers(body) | {"webhook-timestamp": str(int(time.time()) - 60)},
    "no comma": lambda body: headers(body) | {"webhook-signature": "v1"},
    "no base64": lambda body: headers(body) | {"webhook-signature": "v1,!"},
    "empty": lambda body: headers(body) | {"webhook-signature": ""},
    "nan": lambda body: headers(body) | {"webhook-timestamp": "nan"},
    "words": lambda body: headers(body) | {"webhook-timestamp": "now"},
    "no headers": lambda body: {},
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_not_rightly_signed_stays_out(client: httpx.AsyncClient, house: House, name: str) -> None:
    body = event()
    assert (await post(client, body, REFUSED[name](body)))[0] == 401
    assert house.texts() == []


async def test_a_body_that_is_no_text_stays_out(client: httpx.AsyncClient) -> None:
    assert (await post(client, b"\xff\xfe", headers(b"x")))[0] == 401


async def test_too_large(client: httpx.AsyncClient) -> None:
    """Known by its length, and also where the length is not told."""
    body = b"x" * (BODY_LIMIT + 1)
    assert (await client.post(PATH, content=body, headers=headers(body))).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT // 1024 + 1):
            yield b"x" * 1024

    assert (await client.post(PATH, content=chunks(), headers=headers(b"x"))).status_code == 413


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"no json", 400),
        (b"[1]", 400),
        (b"[" * 30000, 400),
        (b'{"type": "case.status"}', 400),
        (b'{"type": "case.status", "data": []}', 400),
        (event(status=None), 400),
        (event(updated_datetime="soon"), 400),
        (event(service_request_id=None, ticket_number=None), 400),
        (b'{"type": "case.deleted", "data": {}}', 200),
    ],
)
async def test_signed_nonsense(client: httpx.AsyncClient, house: House, body: bytes, expected: int) -> None:
    assert (await post(client, body, headers(body)))[0] == expected
    assert house.texts() == []


async def test_a_backend_that_does_not_push_has_no_door(client: httpx.AsyncClient) -> None:
    body = event()
    assert (await client.post("/backend/webhooks/other", content=body, headers=headers(body))).status_code == 404


async def test_news_for_a_stranger_is_taken_and_kept(client: httpx.AsyncClient, house: House) -> None:
    body = event(service_request_id="D9", ticket_number=None)
    assert (await post(client, body, headers(body)))[1] == {"outcome": "unknown_ticket"}
    assert house.reviews() == [("unknown_ticket", "open")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(st.sampled_from(list(ROW)), JSON))
async def test_no_signed_body_can_break_it(client: httpx.AsyncClient, data: dict[str, Any]) -> None:
    body = event(**data)
    assert (await post(client, body, headers(body, id_=secrets.token_hex(4))))[0] in (200, 400)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[None]:
    yield
    assert "派人了" not in caplog.text
