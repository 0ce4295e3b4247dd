"""The desk as a process: its start, its faults in plain words, and what survives when it is killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.casedesk.settings import settings_from
from tests.bot.casedesk.running import CITY

ROOT = CITY.parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(data: Path, port: int, *more: str) -> list[str]:
    told = ["--port", str(port), "--data", str(data), "--city", str(CITY), *more]
    return [sys.executable, "-m", "bot.casedesk", *told]


@contextmanager
def process(data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    started = subprocess.Popen(command(data, port), cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/open311/discovery.json")
                break
            except httpx.TransportError:
                assert started.poll() is None and time.monotonic() < end, "the desk did not start"
                time.sleep(0.05)
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.wait(10)


def test_what_was_accepted_survives_sigkill_and_keeps_its_key(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    told = {"service_code": "NT-05", "description": "好"}
    headers = {"Idempotency-Key": "k"}
    with process(tmp_path, port) as first:
        plan = {"plan": [{"on": "POST requests", "do": "accept_then_timeout"}]}
        httpx.post(f"{base}/desk/api/faults", json=plan)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{base}/open311/v2/requests.json", data=told, headers=headers, timeout=1)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    with process(tmp_path, port) as second:
        answer = httpx.post(f"{base}/open311/v2/requests.json", data=told, headers=headers)
        assert (answer.status_code, answer.json()[0]["service_request_id"]) == (200, "D000001")
        second.send_signal(signal.SIGTERM)
        assert second.wait(10) in (0, -signal.SIGTERM)


@pytest.mark.parametrize("more", [["--city", "nowhere"], ["--webhook", "http://127.0.0.1:1/"]], ids=["city", "secret"])
def test_a_start_that_cannot_work_says_why_and_ends_with_1(tmp_path: Path, more: list[str]) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YIZHAN_")}
    done = subprocess.run(
        command(tmp_path, free_port(), *more), cwd=ROOT, env=clean, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "cannot start" in done.stderr
    assert "Traceback" not in done.stderr


def test_secrets_come_from_the_environment_or_a_file_and_stay_out_of_the_repr(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("whsec_file\n")
    env = {
        "YIZHAN_DESK_PUSH_URL": "http://127.0.0.1:1/",
        "YIZHAN_DESK_PUSH_SECRET_FILE": str(file),
        "YIZHAN_DESK_HOOK_SECRETS": "whsec_a whsec_b",
        "YIZHAN_DESK_API_KEYS": "one two",
    }
    told = settings_from(tmp_path, CITY, None, "YIZHAN_DESK_PUSH_SECRET", env)
    assert told.push_secret == "whsec_file"
    assert told.hook_secrets == ("whsec_a", "whsec_b")
    assert told.api_keys == {"one", "two"}
    assert "whsec" not in repr(told)
    with pytest.raises(ValueError, match="OTHER is not"):
        settings_from(tmp_path, CITY, "http://127.0.0.1:1/", "OTHER", {})


def test_the_desk_imports_nothing_of_the_rest_of_the_service() -> None:
    code = "import json, sys, bot.casedesk.__main__; print(json.dumps([m for m in sys.modules if m.startswith(('bot.', 'actions', 'language'))]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    names = json.loads(done.stdout)
    assert names
    assert [name for name in names if not name.startswith("bot.casedesk")] == []
