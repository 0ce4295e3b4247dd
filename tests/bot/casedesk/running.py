"""A real desk on a real port, for the tests."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.casedesk.app import build
from bot.casedesk.server import server_for
from bot.casedesk.settings import Settings

CITY = Path(__file__).parents[3] / "cities" / "xihua"


@dataclass(frozen=True)
class RunningDesk:
    base: str
    http: httpx.Client

    def post(self, fields: dict[str, Any] | None = None, key: str | None = None, form: str = "json") -> httpx.Response:
        """POST requests with a street lamp unless told otherwise."""
        told = {
            "service_code": "UM-G02",
            "address_string": "人民路与青华路口",
            "description": "路灯坏了",
            **(fields or {}),
        }
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(f"/open311/v2/requests.{form}", data=told, headers=headers)

    def filed(self, **fields: Any) -> str:
        answer = self.post(fields)
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["service_request_id"])

    def cases(self) -> list[dict[str, Any]]:
        return list(self.http.get("/desk/api/cases").json()["cases"])

    def plan(self, *faults: dict[str, Any]) -> None:
        answer = self.http.post("/desk/api/faults", json={"plan": list(faults)})
        assert answer.status_code == 200, answer.text

    def status(self, number: str, word: str, note: str = "") -> dict[str, Any]:
        answer = self.http.post(f"/desk/api/cases/{number}/status", json={"status": word, "note": note})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextmanager
def running(settings: Settings) -> Iterator[RunningDesk]:
    server = server_for(build(settings), 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the desk did not start"
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=base, timeout=10) as client:
            yield RunningDesk(base, client)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the desk did not stop"
