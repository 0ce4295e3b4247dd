"""Many residents over a while: is anything lost or out of order, how long do they wait, does the memory grow?

    python -m bench.load [--residents 200] [--every 30] [--seconds 120]

Each resident sends a message every so many seconds over the chat API of a system of its own; every fifth time two at once.
Prints JSON; exit code 1 where a message was lost, not answered or out of order. What happened is read from the
system's database in the end, so that a reply the network lost is not mistaken for one that was never given.
"""

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.turns import WORDS
from tests.e2e.system import System

PATIENCE = 60  # seconds after the last message until all must be answered
PAIR_EVERY = 5  # turns; two messages follow each other without waiting then
SAMPLE_EVERY = 5.0  # seconds between looks at the memory


@dataclass
class Run:
    """What the residents saw."""

    sent: dict[str, list[str]] = field(default_factory=dict)  # resident's token -> ids of messages in order
    waits: list[float] = field(default_factory=list)  # seconds from sending one message until its reply was read
    refused: int = 0  # answers other than 202


def faults(sent: Iterable[str], items: Iterable[tuple[int, str, str]], replies: Iterable[int]) -> dict[str, int]:
    """Of one conversation: messages sent (ids in order), stored (number, id, state) and the numbers replies belong to."""
    stored = {update: (number, state) for number, update, state in items}
    numbers = [stored[update][0] for update in sent if update in stored]
    answered = list(replies)
    return {
        "lost": sum(update not in stored for update in sent),
        "unfinished": sum(state != "done" for _, state in stored.values()),
        "unanswered": len(set(numbers) - set(answered)),
        "stored_out_of_order": sum(a > b for a, b in zip(numbers, numbers[1:], strict=False)),
        "answered_out_of_order": sum(a > b for a, b in zip(answered, answered[1:], strict=False)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residents", type=int, default=200)
    parser.add_argument("--every", type=float, default=30.0, help="seconds between a resident's messages")
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder)).start()
        try:
            figures = asyncio.run(_load(system, given.residents, given.every, given.seconds))
        finally:
            system.stop()
    print(json.dumps(figures, indent=1))
    return 1 if any(figures["faults"].values()) else 0


async def _load(system: System, residents: int, every: float, seconds: float) -> dict[str, Any]:
    run = Run()
    limits = httpx.Limits(max_connections=residents + 10, max_keepalive_connections=residents + 10)
    async with httpx.AsyncClient(base_url=system.url, timeout=PATIENCE, limits=limits) as http:
        tokens = [(await http.post("/chat/api/sessions", json={})).json()["session"] for _ in range(residents)]
        ends = time.monotonic() + seconds
        memory = asyncio.create_task(_watch(system, ends))
        async with asyncio.TaskGroup() as group:
            for number, token in enumerate(tokens):
                group.create_task(_resident(http, token, number, every, ends, run))
        sizes = await memory
    return {
        "residents": residents,
        "messages": sum(map(len, run.sent.values())),
        "refused": run.refused,
        "faults": _faults(system.data / "yizhan.db", run),
        "p50_ms": _ms(statistics.median(run.waits)),
        "p95_ms": _ms(statistics.quantiles(run.waits, n=20)[18]),
        "longest_ms": _ms(max(run.waits)),
        "memory_mb": sizes,
    }


async def _resident(http: httpx.AsyncClient, token: str, number: int, every: float, ends: float, run: Run) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    after = await _read(http, headers, 0)
    sent = run.sent.setdefault(token, [])
    chance = random.Random(number)
    await asyncio.sleep(chance.uniform(0, every))  # they did not all come at the same moment
    turn = 0
    while time.monotonic() < ends:
        started = time.monotonic()
        alone = (turn + number) % PAIR_EVERY != 0
        for offset in range(1 if alone else 2):
            body = {"id": uuid.uuid4().hex, "text": WORDS[(turn + offset) % len(WORDS)]}
            sent.append(body["id"])
            answer = await http.post("/chat/api/messages", headers=headers, json=body)
            run.refused += answer.status_code != 202
        after = await _read(http, headers, after)
        if alone:
            run.waits.append(time.monotonic() - started)
        turn += 1
        await asyncio.sleep(max(0.0, every - (time.monotonic() - started)))


async def _read(http: httpx.AsyncClient, headers: dict[str, str], after: int) -> int:
    """Reads until the service is idle; the number of the last message."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = await http.get("/chat/api/messages", headers=headers, params={"after": after, "wait": 20})
        document = answer.json()
        if document["messages"]:
            after = document["messages"][-1]["seq"]
        if document["idle"]:
            break
    return after


async def _watch(system: System, ends: float) -> dict[str, float]:
    """Resident memory of service and engine: after a quarter of the time, at the end, and the most there was."""
    seen: list[float] = []
    while time.monotonic() < ends or len(seen) < 2:
        seen.append(await asyncio.to_thread(_memory, system))
        await asyncio.sleep(SAMPLE_EVERY)
    return {"early": seen[len(seen) // 4], "end": seen[-1], "most": max(seen)}


def _memory(system: System) -> float:
    assert system.process is not None
    pids = [system.process.pid, system.children()["engine"]]
    listed = subprocess.run(["ps", "-o", "rss=", "-p", ",".join(map(str, pids))], capture_output=True, check=True)
    return round(sum(map(int, listed.stdout.split())) / 1024)


def _faults(database: Path, run: Run) -> dict[str, int]:
    total: dict[str, int] = {}
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        items: dict[str, list[tuple[int, str, str]]] = {}
        replies: dict[str, list[int]] = {}
        for number, conversation, update, state in connection.execute(
            "SELECT id, conversation_id, update_id, state FROM inbox ORDER BY id"
        ):
            items.setdefault(conversation, []).append((number, update, state))
        for conversation, number in connection.execute(
            "SELECT conversation_id, inbox_id FROM messages WHERE inbox_id IS NOT NULL ORDER BY conversation_id, seq"
        ):
            replies.setdefault(conversation, []).append(number)
    owners = {update: conversation for conversation, stored in items.items() for _, update, _ in stored}
    for sent in run.sent.values():
        conversation = next((owners[update] for update in sent if update in owners), "")
        for name, count in faults(sent, items.get(conversation, []), replies.get(conversation, [])).items():
            total[name] = total.get(name, 0) + count
    return total


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


if __name__ == "__main__":
    sys.exit(main())
