"""The real case desk as a process of its own on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[3]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Desk:
    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.open311 = f"{self.base}/open311/v2"
        self.http = httpx.Client(base_url=self.base, trust_env=False, timeout=10)

    def cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/desk/api/cases").raise_for_status().json()["cases"]
        return found

    def updates(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.http.get("/open311/v2/servicerequestupdates.json").raise_for_status().json()
        return rows

    def plan(self, *faults: dict[str, Any]) -> None:
        self.http.post("/desk/api/faults", json={"plan": list(faults)}).raise_for_status()

    def clear(self) -> None:
        self.http.delete("/desk/api/faults").raise_for_status()

    def set_status(self, case_id: str, status: str, note: str = "") -> None:
        body = {"status": status, "note": note}
        self.http.post(f"/desk/api/cases/{case_id}/status", json=body).raise_for_status()


@contextmanager
def running_desk(folder: Path, port: int | None = None, **env: str) -> Iterator[Desk]:
    port = port or free_port()
    command = [sys.executable, "-m", "bot.casedesk", "--port", str(port), "--data", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.DEVNULL)
    desk = Desk(port)
    try:
        _wait(desk, process)
        yield desk
    finally:
        desk.http.close()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def _wait(desk: Desk, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the desk ended with {process.returncode}")
        try:
            desk.cases()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError("the desk did not answer in time")
