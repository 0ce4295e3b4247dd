"""A change of status is pushed signed, tried again a few times, and never in the desk's way."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.bot.casedesk.running import RunningDesk

SECRET = "whsec_" + "cHVzaC1zZWNyZXQtcHVzaC1zZWNyZXQ="


class Listener:
    """Keeps what it was sent; answers the given statuses in turn, then 204."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.taken.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 204)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_args: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/backend/webhooks/desk"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, count: int) -> None:
        end = time.monotonic() + 10
        while len(self.taken) < count:
            assert time.monotonic() < end, f"only {len(self.taken)} pushes came"
            time.sleep(0.02)


@pytest.fixture
def listener() -> Iterator[Listener]:
    started = Listener()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture
def pushing(start: Callable[..., RunningDesk], listener: Listener) -> RunningDesk:
    return start(push_url=listener.url, push_secret=SECRET, push_tries=3, push_first_wait=0.01)


def test_a_change_of_status_is_pushed_signed(pushing: RunningDesk, listener: Listener) -> None:
    number = pushing.filed(**{"attribute[ticket_number]": "XH-1"})
    told = pushing.status(number, "in_progress", "已派单")
    listener.wait_for(1)
    [(headers, body)] = listener.taken
    event = Webhook(SECRET).verify(body, headers)
    assert event["type"] == "case.status"
    assert event["data"] == {
        "update_id": told["update_id"],
        "service_request_id": number,
        "ticket_number": "XH-1",
        "status": "in_progress",
        "note": "已派单",
        "updated_datetime": told["updated_datetime"],
    }


def test_a_refused_push_comes_again_with_the_same_id_and_body(pushing: RunningDesk, listener: Listener) -> None:
    listener.statuses = [500, 302]
    pushing.status(pushing.filed(), "closed")
    listener.wait_for(3)
    assert len({headers["webhook-id"] for headers, _ in listener.taken}) == 1
    assert len({body for _, body in listener.taken}) == 1
    for headers, body in listener.taken:
        Webhook(SECRET).verify(body, headers)


def test_tries_end_and_polling_tells_all_the_same(pushing: RunningDesk, listener: Listener) -> None:
    listener.statuses = [500] * 10
    number = pushing.filed()
    pushing.status(number, "closed")
    listener.wait_for(3)
    time.sleep(0.3)
    assert len(listener.taken) == 3
    [row] = pushing.http.get("/open311/v2/servicerequestupdates.json").json()
    assert row["status"] == "closed"


def test_a_listener_that_is_away_does_not_hold_up_the_desk(start: Callable[..., RunningDesk]) -> None:
    desk = start(push_url="http://127.0.0.1:9/", push_secret=SECRET, push_tries=2, push_first_wait=0.01)
    desk.status(desk.filed(), "closed")
    assert desk.cases()[0]["status"] == "closed"


def test_what_a_reporter_says_is_not_pushed_back(pushing: RunningDesk, listener: Listener) -> None:
    number = pushing.filed()
    said = {"service_request_id": number, "status": "withdrawn"}
    assert pushing.http.post("/open311/v2/servicerequestupdates.json", data=said).status_code == 201
    pushing.status(number, "closed")
    listener.wait_for(1)
    assert [json.loads(body)["data"]["status"] for _, body in listener.taken] == ["closed"]
