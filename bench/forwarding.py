"""How many tickets a second reach a backend that answers at once, and how long a claim takes with a backlog.

    python -m bench.forwarding [--tickets 3000] [--backlog 100000]

SQLite with one worker, PostgreSQL (127.0.0.1:5432) with one and four. Prints JSON.
"""

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, insert, select

from bot.intake import outbox
from bot.intake.clock import utc_now
from bot.intake.conversations import open_conversation
from bot.intake.database import Database
from bot.intake.ids import new_id
from bot.intake.orders import CREATED, SNAPSHOT, snapshot
from bot.intake.outbox import Rules
from bot.intake.tables import OutboxItem, Ticket, TicketEvent
from tests.bot.forwarding.desk_process import free_port
from tests.bot.forwarding.house import postgres_answers, postgres_database, sqlite_database

ROOT = Path(__file__).parents[1]
CONCURRENCY = 16
CHUNK = 2000
RULES = Rules(timedelta(seconds=25), timedelta(seconds=20), "look_up", "send")


def fill(database: Database, count: int) -> None:
    """`count` confirmed tickets that wait."""
    now = utc_now()
    with database.transaction() as session:
        listener, _ = open_conversation(session, "web", "bench", now)
        for start in range(0, count, CHUNK):
            tickets, events, items = [], [], []
            for number in range(start, min(start + CHUNK, count)):
                ticket = {
                    "id": new_id(), "number": f"XH-20260504-{number:06d}", "conversation_id": listener.id,
                    "service_code": "UM-G02", "status": "submitted", "text": "河堤边三盏灯都不亮", "address": "河堤路",
                    "lat": 33.79, "lon": 114.52, "urgency": "normal", "language": "zh", "photos": [],
                    "anonymous": False, "confidential": False, "backend": "desk", "created_at": now, "updated_at": now,
                }  # fmt: skip
                event = {
                    "id": new_id(), "ticket_id": ticket["id"], "seq": 1, "type": CREATED, "created_at": now,
                    "data": {SNAPSHOT: snapshot(Ticket(**ticket))},
                }  # fmt: skip
                tickets.append(ticket)
                events.append(event)
                items.append({
                    "id": new_id(), "backend": "desk", "ticket_id": ticket["id"], "event_id": event["id"], "seq": 1,
                    "state": "waiting", "ready": True, "attempts": 0, "created_at": now,
                    "next_attempt_at": now - timedelta(seconds=count - number),
                })  # fmt: skip
            for table, rows in ((Ticket, tickets), (TicketEvent, events), (OutboxItem, items)):
                session.execute(insert(table), rows)


def accepted(database: Database) -> int:
    with database.reading() as session:
        query = select(func.count()).select_from(OutboxItem).where(OutboxItem.state == "accepted")
        return session.scalar(query) or 0


def claims(database: Database, backlog: int, rounds: int = 200) -> dict[str, Any]:
    """One item at a time, commit included, as the oldest of the backlog are taken and finished."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        with database.transaction() as session:
            (claim,) = outbox.claim_due(session, "desk", utc_now(), "bench", RULES)
        times.append((time.perf_counter() - start) * 1000)
        with database.transaction() as session:
            ended = outbox.Ended(claim, outbox.Ending("accepted", case_id=claim.item_id), "accepted")
            outbox.finish_all(session, [ended], utc_now())
    times = times[rounds // 10 :]  # the first ones compile statements
    return {"backlog": backlog, **percentiles(times)}


def percentiles(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=20)
    return {"p50_ms": round(statistics.median(times), 2), "p95_ms": round(cuts[18], 2)}


@contextmanager
def backend() -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.fastbackend", str(port)], cwd=ROOT)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                httpx.get(f"{base}/count", trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        process.wait()


def flow(database: Database, workers: int, tickets: int) -> dict[str, Any]:
    """Tickets a second from the moment the first is accepted until the last is."""
    url = database.url.render_as_string(hide_password=False)
    with backend() as base:
        command = [sys.executable, "-m", "bench.forwarder", url, base, str(CONCURRENCY)]
        processes = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
        while (first := accepted(database)) == 0:
            time.sleep(0.02)
        start = time.perf_counter()
        while (last := accepted(database)) < tickets:
            time.sleep(0.1)
        seconds = time.perf_counter() - start
        for process in processes:
            process.send_signal(signal.SIGTERM)
        told = [json.loads(process.communicate(timeout=30)[0]) for process in processes]
        count = httpx.get(f"{base}/count", trust_env=False).json()
    assert count == {"cases": tickets, "posts": tickets}, count
    times = [value for one in told for value in one["claims_ms"]]
    return {
        "workers": workers,
        "tickets": tickets,
        "per_s": round((last - first) / seconds, 1),
        "claim": percentiles(times),
        "worker_cpu_s": round(sum(one["cpu_s"] for one in told), 1),
    }


def measure(tickets: int, backlog: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    kinds = [("sqlite", 1)] + ([("postgresql", 1), ("postgresql", 4)] if postgres_answers() else [])
    for kind, workers in kinds:
        with ExitStack() as stack:
            if kind == "sqlite":
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                database = stack.enter_context(sqlite_database(folder))
            else:
                database = stack.enter_context(postgres_database())
            fill(database, tickets)
            found[f"{kind}, {workers} worker(s)"] = flow(database, workers, tickets)
    for kind in dict(kinds):
        with ExitStack() as stack:
            if kind == "sqlite":
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                database = stack.enter_context(sqlite_database(folder))
            else:
                database = stack.enter_context(postgres_database())
            fill(database, backlog)
            found[f"claim, {kind}"] = claims(database, backlog)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=3000)
    parser.add_argument("--backlog", type=int, default=100_000)
    given = parser.parse_args()
    print(json.dumps(measure(given.tickets, given.backlog), indent=1))
