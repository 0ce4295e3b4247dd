"""The review queue with 100,000 open items: a page of 50, and decisions. `python -m bench.console [items]`."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.intake import decisions, queue_order, reviewqueue
from bot.intake.city import City
from bot.intake.conversations import open_conversation
from bot.intake.database import Database
from bot.intake.mending import Office
from bot.intake.news import Newsroom
from bot.intake.people import TERMINAL
from bot.intake.rulings import read_ruling
from bot.intake.tables import InboxItem, Review

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CITY = City.load(Path("cities/xihua"))
CODES = sorted(CITY.catalogue.services)


def seed(database: Database, items: int) -> None:
    with database.transaction() as session:
        conversation = open_conversation(session, "web", "bench", NOW)[0].id
        for start in range(0, items, 5000):
            numbers = range(start, min(start + 5000, items))
            session.execute(insert(InboxItem), [_message(n, conversation) for n in numbers])
            session.execute(insert(Review), [_review(n, conversation) for n in numbers])


def _message(n: int, conversation: str) -> dict[str, Any]:
    code = CODES[n % len(CODES)]
    understood = {"requests": [{"service_code": code, "confidence": 0.4, "ranking": [[code, 0.4]], "text": "x"}]}
    return {"id": n + 1, "conversation_id": conversation, "update_id": str(n), "kind": "text", "state": "done",
            "payload": {"text": f"第{n}号{CITY.catalogue[code].name['zh']}的事没人管"}, "understood": understood,
            "received_at": NOW, "next_attempt_at": NOW}  # fmt: skip


def _review(n: int, conversation: str) -> dict[str, Any]:
    at = NOW - timedelta(minutes=n % 10000)
    pair = f"{CODES[n % len(CODES)]}|{CODES[(n + 1) % len(CODES)]}"
    score = queue_order.score("low_confidence", at, 0.2 + n % 40 / 100, 0.1)
    return {"id": f"{n:032d}", "dedup_key": f"inbox:{n}", "reason": "low_confidence", "conversation_id": conversation,
            "inbox_id": n + 1, "data": {}, "state": "open", "score": score, "pair": pair, "created_at": at}  # fmt: skip


def timed(name: str, work: Callable[[int], Any], times: int = 40) -> None:
    spent = []
    for n in range(times):
        start = time.perf_counter()
        work(n)
        spent.append((time.perf_counter() - start) * 1000)
    print(f"{name}: median {statistics.median(spent):.0f} ms, p95 {sorted(spent)[int(times * 0.95) - 1]:.0f} ms")


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.db")
        database.upgrade()
        seed(database, items)
        office = Office(CITY, Newsroom.of(CITY), "desk")
        ruling = read_ruling({"outcome": "accept"}, CITY)

        def page(_: int) -> None:
            with database.reading() as session:
                reviewqueue.list_queue(session, TERMINAL, NOW)

        def count(_: int) -> None:
            with database.reading() as session:
                reviewqueue.count_by_reason(session)

        def decide(n: int) -> None:
            with database.transaction() as session:
                decisions.decide(session, office, TERMINAL, f"{n:032d}", ruling, NOW)

        print(f"{items} open items, SQLite")
        timed("a page of 50", page)
        timed("counts by reason", count)
        timed("a decision", decide)
        database.close()


if __name__ == "__main__":
    main()
