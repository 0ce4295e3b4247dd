"""Signed ticket events become cases and updates, each once."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from bot.casedesk.settings import Settings
from tests.bot.casedesk.running import RunningDesk, running

OLD = "whsec_" + "b2xkLXNlY3JldC1vbGQtc2VjcmV0"
NEW = "whsec_" + "bmV3LXNlY3JldC1uZXctc2VjcmV0"
CREATED = {
    "ticket_number": "XH-1",
    "service_code": "UM-G02",
    "description": "路灯坏了",
    "address": "人民路与青华路口",
    "lat": 33.79,
    "long": 114.52,
    "place_code": "411622001001",
    "anonymous": True,
}


@pytest.fixture
def desk(settings: Settings) -> Iterator[RunningDesk]:
    with running(replace(settings, hook_secrets=(OLD, NEW))) as started:
        yield started


def signed(webhook_id: str, body: str, secret: str = NEW, at: datetime | None = None) -> dict[str, str]:
    sent = at or datetime.now(UTC)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(sent.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, sent, body),
    }


def send(desk: RunningDesk, webhook_id: str, kind: str, data: Any, **changed: str) -> httpx.Response:
    body = json.dumps({"type": kind, "timestamp": "2026-11-24T20:00:00+08:00", "data": data}, ensure_ascii=False)
    headers = {**signed(webhook_id, body), **changed}
    return desk.http.post("/hooks/tickets", content=body.encode(), headers=headers)


def test_a_created_ticket_becomes_a_case(desk: RunningDesk) -> None:
    answer = send(desk, "m-1", "ticket.created", CREATED)
    assert answer.json() == {"received": True, "service_request_id": "D000001"}
    [case] = desk.cases()
    assert (case["ticket_number"], case["address"], case["lat"]) == ("XH-1", "人民路与青华路口", 33.79)
    assert case["attributes"]["place_code"] == "411622001001"
    assert case["attributes"]["anonymous"] == "true"
    assert case["source"] == "webhook"


def test_the_ticket_and_the_change_may_stand_in_parts_of_their_own(desk: RunningDesk) -> None:
    ticket = {
        "service_code": "UM-G02",
        "description": "路灯坏了",
        "address": "人民路",
        "lat": 0.00001,
        "lon": 114.5,
        "grid": None,
        "anonymous": False,
        "contact": {"name": "某某", "phone": "13800000000"},
        "media": ["http://127.0.0.1:1/1.jpg"],
    }
    created = {"ticket_number": "XH-1", "seq": 1, "ticket": ticket, "change": None}
    assert send(desk, "m-1", "ticket.created", created).status_code == 200
    change = {"rating": 2, "reason": "没修好", "comment": "又坏了", "media": []}
    rated = {"ticket_number": "XH-1", "seq": 2, "ticket": {**ticket, "service_code": "UM-A01"}, "change": change}
    assert send(desk, "m-2", "ticket.rated", rated).status_code == 200
    [case] = desk.cases()
    assert (case["service_code"], case["lat"], case["long"]) == ("UM-G02", 0.00001, 114.5)
    assert case["attributes"]["contact_phone"] == "13800000000"
    assert (case["attributes"]["anonymous"], case["attributes"]["rating"]) == ("false", "2")
    assert case["media"] == ["http://127.0.0.1:1/1.jpg"]
    [row] = desk.http.get("/open311/v2/servicerequestupdates.json").json()
    assert row["description"] == "没修好\n又坏了"


def test_the_same_id_or_number_again_makes_no_second_case(desk: RunningDesk) -> None:
    for webhook_id in ("m-1", "m-1", "m-2"):
        assert send(desk, webhook_id, "ticket.created", CREATED).json()["service_request_id"] == "D000001"
    assert [case["posted"] for case in desk.cases()] == [2]


def test_later_events_become_updates_once(desk: RunningDesk) -> None:
    send(desk, "m-1", "ticket.created", CREATED)
    correction = {"ticket_number": "XH-1", "service_code": "UM-A01", "address": "奉母路"}
    for webhook_id in ("m-2", "m-2"):
        assert send(desk, webhook_id, "ticket.corrected", correction).status_code == 200
    send(desk, "m-3", "ticket.supplemented", {"ticket_number": "XH-1", "text": "还有一盏"})
    send(desk, "m-4", "ticket.rated", {"ticket_number": "XH-1", "rating": 5})
    send(desk, "m-5", "ticket.withdrawn", {"ticket_number": "XH-1"})
    [case] = desk.cases()
    assert (case["service_code"], case["address"], case["status"]) == ("UM-A01", "奉母路", "withdrawn")
    assert case["attributes"]["rating"] == "5"
    updates = desk.http.get("/open311/v2/servicerequestupdates.json").json()
    assert [row["description"] for row in updates] == [None, "还有一盏", None, None]
    send(desk, "m-6", "ticket.reopened", {"ticket_number": "XH-1", "reason": "没修好"})
    assert desk.cases()[0]["status"] == "reopened"


def test_an_update_before_its_ticket_is_to_come_again(desk: RunningDesk) -> None:
    early = send(desk, "m-2", "ticket.withdrawn", {"ticket_number": "XH-1"})
    assert early.status_code == 409
    send(desk, "m-1", "ticket.created", CREATED)
    assert send(desk, "m-2", "ticket.withdrawn", {"ticket_number": "XH-1"}).status_code == 200
    assert desk.cases()[0]["status"] == "withdrawn"


def test_the_old_secret_counts_while_both_are_set(desk: RunningDesk) -> None:
    body = json.dumps({"type": "ticket.created", "data": CREATED})
    for secret, number in ((OLD, "m-1"), (NEW, "m-2")):
        answer = desk.http.post("/hooks/tickets", content=body, headers=signed(number, body, secret))
        assert answer.status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense-without-comma"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": ""},
        {"webhook-id": ""},
        {"webhook-id": "another"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "never"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1"},
    ],
    ids=str,
)
def test_a_wrong_signature_is_401_and_changes_nothing(desk: RunningDesk, changed: dict[str, str]) -> None:
    assert send(desk, "m-1", "ticket.created", CREATED, **changed).status_code == 401
    assert desk.cases() == []


def test_old_and_unsigned_requests_are_401(desk: RunningDesk) -> None:
    body = json.dumps({"type": "ticket.created", "data": CREATED})
    late = signed("m-1", body, at=datetime.now(UTC) - timedelta(minutes=6))
    assert desk.http.post("/hooks/tickets", content=body, headers=late).status_code == 401
    assert desk.http.post("/hooks/tickets", content=body).status_code == 401
    assert desk.http.post("/hooks/tickets", content=b"\xff\xfe", headers=signed("m-1", "")).status_code == 401


@pytest.mark.parametrize(
    ("kind", "data", "status"),
    [
        ("ticket.created", {}, 400),
        ("ticket.created", {"ticket_number": "XH-1", "service_code": "XX", "address": "a"}, 404),
        ("ticket.created", {"ticket_number": "XH-1", "service_code": "UM-G02"}, 400),
        ("ticket.created", {"ticket_number": "XH-1", "service_code": "UM-G02", "address": {"a": []}}, 400),
        ("ticket.created", [], 400),
        (None, {}, 400),
        ("weather.changed", {"ticket_number": "XH-1"}, 200),
    ],
)
def test_events_that_make_no_sense_are_refused_and_foreign_ones_left_aside(
    desk: RunningDesk, kind: Any, data: Any, status: int
) -> None:
    assert send(desk, "m-1", kind, data).status_code == status
    assert desk.cases() == []


def test_a_large_body_is_refused_unread(desk: RunningDesk) -> None:
    assert send(desk, "m-1", "ticket.created", {**CREATED, "text": "a" * 70_000}).status_code == 413


def test_without_a_secret_the_receiver_is_shut(settings: Settings) -> None:
    with running(settings) as shut:
        assert send(shut, "m-1", "ticket.created", CREATED).status_code == 503
