"""Each fault does what its name says, to the request it was planned for and to no other."""

import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.bot.casedesk.running import RunningDesk

SHORT = httpx.Timeout(0.5)


def hasty_post(desk: RunningDesk, **fields: str) -> httpx.Response:
    told = {"service_code": "UM-G02", "address_string": "人民路", **fields}
    with httpx.Client(base_url=desk.base, timeout=SHORT) as client:
        return client.post("/open311/v2/requests.json", data=told)


def test_accept_then_timeout_keeps_the_case_and_says_nothing(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "accept_then_timeout"})
    with pytest.raises(httpx.ReadTimeout):
        hasty_post(desk)
    assert len(desk.cases()) == 1
    assert hasty_post(desk).status_code == 201


def test_timeout_keeps_nothing(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "timeout"})
    with pytest.raises(httpx.ReadTimeout):
        hasty_post(desk)
    assert desk.cases() == []


def test_a_held_caller_is_hung_up_on_after_the_seconds(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "timeout", "seconds": 0.2})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        desk.post()


def test_waiting_callers_do_not_hold_up_others(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "timeout", "times": 30, "seconds": 30})
    waiting = [threading.Thread(target=lambda: pytest.raises(httpx.HTTPError, hasty_post, desk)) for _ in range(30)]
    for thread in waiting:
        thread.start()
    assert desk.http.get("/open311/v2/requests.json").status_code == 200
    assert desk.cases() == []
    for thread in waiting:
        thread.join(20)


@pytest.mark.parametrize(
    ("do", "status"),
    [("error_500", 500), ("error_503_retry_after", 503), ("refuse_400", 400), ("duplicate_400", 400)],
)
def test_a_refusal_stores_nothing_and_is_an_error_list(desk: RunningDesk, do: str, status: int) -> None:
    desk.plan({"on": "POST requests", "do": do})
    answer = desk.post()
    assert answer.status_code == status
    assert answer.json()[0]["code"] == status
    assert desk.cases() == []
    assert ("duplicate" in answer.json()[0]["description"]) == (do == "duplicate_400")
    assert desk.post().status_code == 201


def test_retry_after_says_the_seconds(desk: RunningDesk) -> None:
    desk.plan({"on": "GET requests", "do": "error_503_retry_after", "seconds": 6.5})
    assert desk.http.get("/open311/v2/requests.xml").headers["retry-after"] == "7"


def token_answer(desk: RunningDesk, token: str) -> str | None:
    answer = desk.http.get(f"/open311/v2/tokens/{token}.json")
    assert answer.status_code == 200
    assert answer.json()[0]["token"] == token
    return answer.json()[0]["service_request_id"]


def test_token_late_names_the_case_after_some_questions(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "token_late", "polls": 2})
    [row] = desk.post({"attribute[ticket_number]": "XH-1"}).json()
    assert "service_request_id" not in row
    assert [token_answer(desk, row["token"]) for _ in range(4)] == [None, None, "D000001", "D000001"]
    assert len(desk.cases()) == 1


def test_token_late_can_wait_for_seconds(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "token_late", "seconds": 0.3})
    token = desk.post().json()[0]["token"]
    assert token_answer(desk, token) is None
    time.sleep(0.35)
    assert token_answer(desk, token) == "D000001"


def test_token_never_stays_silent_while_the_case_can_be_searched(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "token_never"})
    token = desk.post({"attribute[ticket_number]": "XH-1"}).json()[0]["token"]
    assert [token_answer(desk, token) for _ in range(5)] == [None] * 5
    found = desk.http.get("/open311/v2/requests.json", params={"ticket_number": "XH-1"}).json()
    assert [row["service_request_id"] for row in found] == ["D000001"]


def test_a_case_behind_a_token_can_be_hidden_until_it_resolves(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "token_late", "polls": 1, "searchable": False})
    token = desk.post({"attribute[ticket_number]": "XH-1"}).json()[0]["token"]

    def seen() -> tuple[int, int]:
        listed = desk.http.get("/open311/v2/requests.json", params={"ticket_number": "XH-1"}).json()
        return len(listed), desk.http.get("/open311/v2/requests/D000001.json").status_code

    assert seen() == (0, 404)
    token_answer(desk, token)
    assert seen() == (1, 200)


def test_a_repeat_with_the_same_key_gets_the_same_open_token(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "token_late", "polls": 1})
    first = desk.post(key="k").json()
    assert desk.post(key="k").json() == first
    token_answer(desk, first[0]["token"])
    assert desk.post(key="k").json()[0]["service_request_id"] == "D000001"
    assert [case["posted"] for case in desk.cases()] == [3]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_malformed_is_200_with_a_body_nobody_can_read(desk: RunningDesk, form: str) -> None:
    desk.plan({"on": "POST requests", "do": "malformed", "times": 2})
    answer = desk.post(form=form)
    assert answer.status_code == 200
    assert form in answer.headers["content-type"]
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert len(desk.cases()) == 1


def test_malformed_may_have_stored_nothing(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "malformed", "stored": False})
    assert desk.post().status_code == 200
    assert desk.cases() == []


@pytest.mark.parametrize("stored", [False, True])
def test_reset_cuts_the_connection_hard(desk: RunningDesk, stored: bool) -> None:
    desk.plan({"on": "POST requests", "do": "reset", "stored": stored})
    host, port = desk.base.removeprefix("http://").split(":")
    body = b"service_code=NT-05"
    head = (
        b"POST /open311/v2/requests.json HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=5) as wire:
        wire.sendall(head + body)
        with pytest.raises(ConnectionResetError):
            wire.recv(1)
    assert len(desk.cases()) == int(stored)


def test_slow_answers_in_the_end(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "slow", "seconds": 0.4})
    begun = time.monotonic()
    assert desk.post().status_code == 201
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize("stored", [True, False], ids=["work first", "all of it late"])
def test_slow_beyond_the_callers_patience_stores_before_or_after(desk: RunningDesk, stored: bool) -> None:
    desk.plan({"on": "POST requests", "do": "slow", "seconds": 1.0, "stored": stored})
    with pytest.raises(httpx.ReadTimeout):
        hasty_post(desk)
    assert len(desk.cases()) == int(stored)
    end = time.monotonic() + 5
    while not desk.cases() and time.monotonic() < end:
        time.sleep(0.05)
    assert len(desk.cases()) == 1


def test_items_are_consumed_in_order_each_by_a_request_that_fits(desk: RunningDesk) -> None:
    desk.plan(
        {"on": "POST requests", "do": "error_500"},
        {"on": "GET requests", "do": "refuse_400"},
        {"on": "POST requests", "do": "error_503_retry_after", "times": 2},
    )
    assert [desk.post().status_code for _ in range(4)] == [500, 503, 503, 201]
    assert desk.http.get("/open311/v2/services.json").status_code == 200
    got = [desk.http.get("/open311/v2/requests/D000001.json").status_code for _ in range(2)]
    assert got == [400, 200]
    assert desk.http.get("/desk/api/faults").json() == {"plan": []}


@pytest.mark.parametrize(
    ("on", "method", "path"),
    [
        ("POST servicerequestupdates", "POST", "/open311/v2/servicerequestupdates.xml"),
        ("GET servicerequestupdates", "GET", "/open311/v2/servicerequestupdates.json"),
        ("GET tokens", "GET", "/open311/v2/tokens/x.json"),
        ("GET services", "GET", "/open311/v2/services/UM-A01.json"),
        ("GET discovery", "GET", "/open311/discovery.json"),
        ("POST hooks", "POST", "/hooks/tickets"),
    ],
)
def test_every_place_can_fail(desk: RunningDesk, on: str, method: str, path: str) -> None:
    desk.plan({"on": on, "do": "error_500"})
    assert desk.http.request(method, path).status_code == 500
    assert desk.http.request(method, path).status_code != 500


def test_deleting_the_plan_ends_all_faults(desk: RunningDesk) -> None:
    desk.plan({"on": "POST requests", "do": "error_500", "times": 100})
    assert desk.post().status_code == 500
    assert desk.http.delete("/desk/api/faults").json() == {"plan": []}
    assert desk.post().status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"plan": {}},
        {"plan": [{"on": "POST requests"}]},
        {"plan": [{"on": "POST requests", "do": "explode"}]},
        {"plan": [{"on": "DELETE requests", "do": "reset"}]},
        {"plan": [{"on": "GET tokens", "do": "token_late"}]},
        {"plan": [{"on": "POST requests", "do": "slow", "seconds": -1}]},
        {"plan": [{"on": "POST requests", "do": "slow", "second": 1}]},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_with_reasons(desk: RunningDesk, body: Any) -> None:
    answer = desk.http.post("/desk/api/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()[0]["description"]


def test_the_desk_stops_though_a_caller_waits(start: Callable[..., RunningDesk]) -> None:
    """The fixture's end fails when the desk does not stop."""
    desk = start(fault_hold=120.0)
    desk.plan({"on": "GET requests", "do": "timeout"})
    host, port = desk.base.removeprefix("http://").split(":")
    wire = socket.create_connection((host, int(port)))
    wire.sendall(b"GET /open311/v2/requests.json HTTP/1.1\r\nHost: x\r\n\r\n")
    threading.Timer(6, wire.close).start()
    time.sleep(0.2)
