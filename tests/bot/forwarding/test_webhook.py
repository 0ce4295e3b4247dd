"""Signed events out: the library of the standard verifies them, the schema describes them, the desk takes them."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from bot.forwarding.backends.webhook.backend import WebhookBackend
from bot.forwarding.backends.webhook.profile import Profile
from bot.forwarding.backends.webhook.schema import TicketEvent
from bot.forwarding.backends.webhook.words import event_of
from bot.forwarding.errors import Ambiguous, BackendError, Permanent, Shut, Temporary
from bot.intake.clock import utc_now
from bot.intake.orders import Order
from tests.bot.forwarding.desk_process import ROOT, running_desk
from tests.bot.forwarding.house import START, House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

OLD, NEW = ("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))
SCHEMA = ROOT / "docs/reference/ticket-event.v1.schema.json"
ORDER = Order(
    key="key1",
    backend="hook",
    event_type="ticket.created",
    event_id="event1",
    seq=1,
    happened_at=START,
    ticket_number="XH-1",
    case_id=None,
    service_code="UM-G02",
    text="桥头的灯不亮",
    address="址坊镇桥头",
    lat=33.79,
    lon=114.5,
    photos=("p1",),
    contact_name="李四",
    contact_phone="13800000000",
)


def media(upload: str) -> str | None:
    return f"http://photos.test/{upload}"


def profile(**changes: Any) -> Profile:
    return Profile.model_validate(
        {
            "kind": "webhook",
            "base_url": "http://hook.test/in",
            "secrets_env": "X",
            "timeouts": {"connect": "1s", "read": "2s", "total": "3s"},
            "settle": "4s",
        }
        | changes
    )


def backend(handler: Callable[[httpx.Request], httpx.Response], *keys: str, **changes: Any) -> WebhookBackend:
    client = httpx.AsyncClient(transport=httpx.MockTransport(handler))
    chosen = profile(**changes)
    return WebhookBackend("hook", chosen, chosen.base_url, keys or (OLD,), client, utc_now, media)


async def sent(*keys: str, order: Order = ORDER, **changes: Any) -> httpx.Request:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    await backend(handler, *keys, **changes).send(order)
    return seen[0]


def verify(request: httpx.Request, secret: str) -> Any:
    return Webhook(secret).verify(request.content, dict(request.headers))


async def test_the_standards_own_library_verifies_it() -> None:
    request = await sent(OLD)
    event = verify(request, OLD)
    assert request.headers["webhook-id"] == "key1" and request.headers["content-type"] == "application/json"
    assert event["type"] == "ticket.created" and event["data"]["ticket"]["description"] == "桥头的灯不亮"
    with pytest.raises(WebhookVerificationError):
        verify(request, NEW)


async def test_while_a_secret_is_replaced_both_verify() -> None:
    request = await sent(OLD, NEW)
    assert verify(request, OLD) == verify(request, NEW)


async def test_the_id_stays_the_same_over_tries() -> None:
    assert (await sent()).headers["webhook-id"] == (await sent()).headers["webhook-id"]


@pytest.mark.parametrize(("asked", "told"), [(False, None), (True, {"name": "李四", "phone": "13800000000"})])
async def test_the_contact_goes_only_where_the_profile_asks(asked: bool, told: Any) -> None:
    event = json.loads((await sent(contact=asked)).content)
    assert event["data"]["ticket"]["contact"] == told


async def test_an_unknown_residents_contact_never_goes() -> None:
    hidden = replace(ORDER, contact_name=None, contact_phone=None, anonymous=True)
    event = json.loads((await sent(order=hidden, contact=True)).content)
    assert event["data"]["ticket"]["contact"] is None and event["data"]["ticket"]["anonymous"] is True


def test_a_change_says_only_what_changed() -> None:
    data = {"text": "是东门", "address": "东门", "photos": ["p9"], "lat": None, "internal": "x"}
    event = event_of(replace(ORDER, event_type="ticket.corrected", seq=2, data=data), media, False)
    change = event.data.change
    assert change is not None
    assert change.model_dump(exclude_none=True) == {
        "text": "是东门",
        "address": "东门",
        "media": ["http://photos.test/p9"],
    }


def test_an_event_without_a_schema_is_refused() -> None:
    with pytest.raises(Permanent, match="version 1"):
        event_of(replace(ORDER, event_type="ticket.status"), media, False)


def test_the_schema_in_the_docs_is_that_of_the_code() -> None:
    """After a change run: python -m bot.forwarding.backends.webhook.schema > docs/reference/ticket-event.v1.schema.json"""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == TicketEvent.model_json_schema()


ANSWERS = [
    (200, None),
    (202, None),
    (204, None),
    (302, Shut),
    (400, Permanent),
    (401, Shut),
    (403, Shut),
    (404, Shut),
    (409, Temporary),
    (410, Shut),
    (413, Permanent),
    (422, Permanent),
    (429, Temporary),
    (500, Temporary),
    (502, Temporary),
    (503, Temporary),
]


@pytest.mark.parametrize(("status", "expected"), ANSWERS)
async def test_what_an_answer_means(status: int, expected: type[BackendError] | None) -> None:
    try:
        await backend(lambda request: httpx.Response(status, headers={"retry-after": "7"})).send(ORDER)
    except BackendError as error:
        assert type(error) is expected
        if status in (429, 503):
            assert isinstance(error, Temporary) and error.retry_after is not None
    else:
        assert expected is None


async def test_no_answer_is_unclear_and_the_same_id_goes_out_again() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("planned", request=request)

    hook = backend(handler)
    with pytest.raises(Ambiguous):
        await hook.send(ORDER)
    assert hook.rules.ticket_unknown == hook.rules.change_unknown == "send"
    assert hook.rules.settle > hook.request_limit


@pytest.mark.parametrize("fault", ["accept_then_timeout", "error_500", "error_503_retry_after", "reset", "timeout"])
async def test_events_reach_the_desk_once_and_in_order(house: House, tmp_path: Path, fault: str) -> None:
    with running_desk(tmp_path / "desk", YIZHAN_DESK_HOOK_SECRETS=OLD) as desk:
        quick = {"timeouts": {"connect": "0.4s", "read": "0.4s", "total": "0.8s"}, "settle": "1s", "contact": True}
        async with httpx.AsyncClient(timeout=0.4, trust_env=False) as client:
            chosen = profile(**quick)
            # The desk and the library check real time; the house's clock runs ahead of it with every retry.
            hook = WebhookBackend("hook", chosen, f"{desk.base}/hooks/tickets", [OLD], client, utc_now, media)
            hook.schedule = replace(hook.schedule, waits=(timedelta(seconds=1),) * 9)
            ticket = house.file("hook", contact_name="李四")
            house.change(ticket, "supplemented", text="又灭一盏")
            house.change(ticket, "withdrawn", text="好了")
            desk.plan(*({"on": "POST hooks", "do": fault, "seconds": 1.2} for _ in range(2)))
            await house.live(hook)
        (case,) = desk.cases()
        said = [row["description"] for row in desk.updates()]
    assert house.states() == ["accepted"] * 3
    assert (case["ticket_number"], case["status"], case["attributes"]["contact_name"]) == (
        "XH-20260504-0001",
        "withdrawn",
        "李四",
    )
    assert said == ["又灭一盏", "好了"]
