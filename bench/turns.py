"""Whole turns over the chat API: POST of a message until its reply can be read, in real processes.

Printed: p50/p95 and turns a second with 1, 4 and 8 residents at once; turn 5 against turn 100 of one conversation; start
until ready; resident memory of engine and service together.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.e2e.system import Resident, System

TURNS = 24  # of each resident in a run
WORDS = (
    "人民路和青华路交叉口路灯坏了三天了",
    "取消",
    "红花路小学门口垃圾堆成山没人收",
    "取消",
    "我的单子咋样了",
    "谢谢",
)


def main() -> None:
    print(json.dumps(measure(), ensure_ascii=False, indent=1))


def measure() -> dict[str, Any]:
    """All figures of one run, on a system of its own."""
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder))
        started = time.monotonic()
        system.start()
        figures: dict[str, Any] = {"start_to_ready_s": round(time.monotonic() - started, 1)}
        try:
            _warm(system)
            for residents in (1, 4, 8):
                figures[f"residents_{residents}"] = _load(system, residents)
            figures["turn_5_ms"], figures["turn_100_ms"] = _long_conversation(system)
            figures["memory_mb"] = _memory(system)
        finally:
            system.stop()
    return figures


def _warm(system: System) -> None:
    resident = system.resident()
    for words in WORDS:
        _turn(resident, words)


def _load(system: System, count: int) -> dict[str, float]:
    residents = [system.resident() for _ in range(count)]

    def play(resident: Resident) -> list[float]:
        return [_turn(resident, WORDS[i % len(WORDS)]) for i in range(TURNS)]

    started = time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        times = [value for part in pool.map(play, residents) for value in part]
    elapsed = time.monotonic() - started
    return {
        "p50_ms": round(statistics.median(times) * 1000, 1),
        "p95_ms": round(statistics.quantiles(times, n=20)[18] * 1000, 1),
        "turns_per_s": round(len(times) / elapsed, 1),
    }


def _long_conversation(system: System) -> tuple[float, float]:
    """Medians of five turns around the 5th and around the 100th."""
    resident = system.resident()
    times = [_turn(resident, WORDS[i % len(WORDS)]) for i in range(105)]
    return tuple(round(statistics.median(part) * 1000, 1) for part in (times[2:8], times[98:104]))  # type: ignore[return-value]


def _turn(resident: Resident, words: str) -> float:
    """Seconds from the POST until the first reply has been read."""
    started = time.perf_counter()
    assert resident.post(text=words).status_code == 202
    while True:
        answer = resident.http.get("/chat/api/messages", params={"after": resident.after, "wait": 20}).json()
        if answer["messages"]:
            resident.after = answer["messages"][-1]["seq"]
            return time.perf_counter() - started


def _memory(system: System) -> dict[str, float]:
    """Resident set size in megabytes, from ps."""
    assert system.process is not None
    pids = {"service": system.process.pid, **system.children()}
    sizes = {}
    for name, pid in pids.items():
        out = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
        sizes[name] = round(int(out) / 1024, 0)
    sizes["engine_and_service"] = sizes["service"] + sizes["engine"]
    return sizes


if __name__ == "__main__":
    sys.exit(main())
