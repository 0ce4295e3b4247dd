"""A whole system in real processes on free ports, with its own folder."""

import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
START = 90  # seconds a busy machine may take to load the engine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class System:
    """`yizhan up` as a child. `environment` is added to its own."""

    data: Path
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    engine_port: int = field(default_factory=free_port)
    desk_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    residents: list["Resident"] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def desk_url(self) -> str:
        return f"http://127.0.0.1:{self.desk_port}"

    def start(self, wait: bool = True) -> "System":
        command = [
            sys.executable,
            "-m",
            "bot",
            "up",
            "--data",
            str(self.data),
            "--port",
            str(self.port),
            "--engine-port",
            str(self.engine_port),
            "--desk-port",
            str(self.desk_port),
        ]
        self.data.mkdir(parents=True, exist_ok=True)
        output = (self.data / "up.log").open("ab")
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=output, stderr=output, env={**os.environ, **self.environment}
        )
        output.close()
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = START) -> None:
        until(lambda: self.get_ready() is True, seconds, lambda: self.logs())

    def get_ready(self) -> bool | None:
        """None where nobody answers."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"yizhan up ended by itself:\n{self.logs()}")
        try:
            return httpx.get(f"{self.url}/health/ready", timeout=3).status_code == 200
        except httpx.HTTPError:
            return None

    def logs(self) -> str:
        parts = [self.data / "up.log", *sorted((self.data / "log").glob("*.log"))]
        return "\n".join(f"--- {p.name}\n{p.read_text(errors='replace')[-3000:]}" for p in parts if p.exists())

    def children(self) -> dict[str, int]:
        """Process ids of the engine and the desk, by what their command line says."""
        assert self.process is not None
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except (OSError, IndexError):
                continue
            if parent == self.process.pid:
                found["engine" if "nlu.serve" in command else "desk" if "casedesk" in command else command] = int(
                    entry.name
                )
        return found

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Ends the service at once; its children must end with it."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=30)

    def stop(self) -> None:
        for resident in self.residents:
            resident.http.close()
        if self.process is not None and self.process.poll() is None:
            self.kill(signal.SIGTERM)

    def cases(self) -> list[dict[str, Any]]:
        return list(httpx.get(f"{self.desk_url}/desk/api/cases", timeout=10).json()["cases"])

    def set_status(self, case_id: str, status: str, note: str = "") -> None:
        answer = httpx.post(
            f"{self.desk_url}/desk/api/cases/{case_id}/status", json={"status": status, "note": note}, timeout=10
        )
        answer.raise_for_status()

    def faults(self, *plan: dict[str, Any]) -> None:
        httpx.post(f"{self.desk_url}/desk/api/faults", json={"plan": list(plan)}, timeout=10).raise_for_status()

    def resident(self, language: str = "zh") -> "Resident":
        self.residents.append(Resident(self.url, language))
        return self.residents[-1]


class Resident:
    """Somebody on the web chat."""

    def __init__(self, url: str, language: str = "zh") -> None:
        self.http = httpx.Client(base_url=url, timeout=40)
        answer = self.http.post("/chat/api/sessions", json={"language": language})
        assert answer.status_code == 201, answer.text
        self.token = answer.json()["session"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self.after = 0
        self.read()

    def post(self, **body: Any) -> httpx.Response:
        return self.http.post("/chat/api/messages", json={"id": uuid.uuid4().hex, **body})

    def send(self, text: str) -> list[dict[str, Any]]:
        assert self.post(text=text).status_code == 202
        return self.read()

    def press(self, payload: str) -> list[dict[str, Any]]:
        assert self.post(button=payload).status_code == 202
        return self.read()

    def read(self, seconds: float = 30) -> list[dict[str, Any]]:
        """What has come since the last look, once the service is idle."""
        got: list[dict[str, Any]] = []
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.http.get("/chat/api/messages", params={"after": self.after, "wait": 5})
            answer.raise_for_status()
            document = answer.json()
            if document["messages"]:
                got += document["messages"]
                self.after = got[-1]["seq"]
            if document["idle"]:
                return got
        raise AssertionError(f"not idle after {seconds} s")

    def wait_for(self, words: str, seconds: float = 30) -> dict[str, Any]:
        """The next message that holds these words, though nothing was sent."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            answer = self.http.get("/chat/api/messages", params={"after": self.after, "wait": 2}).json()
            for message in answer["messages"]:
                self.after = message["seq"]
                if words in message["text"]:
                    return dict(message)
            time.sleep(0.1)
        raise AssertionError(f"no message with '{words}' within {seconds} s")

    def report(self, text: str) -> str:
        """A complete report, confirmed; the ticket's number."""
        replies = self.send(text)
        assert replies and replies[-1]["expects"] == "confirm", replies
        confirmed = self.press(replies[-1]["buttons"][0]["payload"])
        return str(next(m["ticket"]["number"] for m in confirmed if m["ticket"]))


def until(condition: Any, seconds: float, describe: Any = lambda: "") -> Any:
    """Waits until the condition is true and returns it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.2)
    raise AssertionError(f"not true within {seconds} s\n{describe()}")
