"""`make chaos`: deliveries under everything at once, beside a naive client, and how fast they are when nothing is wrong.

    python -m bench.delivery [--tickets 10000] [--flow 3000] [--backlog 100000] [--only-chaos]

Writes docs/benchmarks-delivery.md. Ends with 1 where something was lost, doubled or out of order.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import forwarding, naive
from tests.bot.forwarding.desk_process import running_desk
from tests.bot.forwarding.house import House, postgres_answers, postgres_database, sqlite_database
from tests.chaos.steps import STEPS
from tests.chaos.storm import Outcome, Storm
from tests.chaos.worker_process import KEEPS, SEARCHED

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks-delivery.md"
KILLS = 4  # at each step
LIMIT = 1800  # seconds for one run
Runs = dict[str, Outcome]


def storms(tickets: int, rounds: int) -> Runs:
    kinds = [("SQLite", 1), ("SQLite", 4)]
    if postgres_answers():
        kinds += [("PostgreSQL", 1), ("PostgreSQL", 4)]
    return {
        f"{kind}, {workers} worker{'s'[: workers > 1]}": storm(kind, workers, tickets, rounds)
        for kind, workers in kinds
    }


def storm(kind: str, workers: int, tickets: int, rounds: int) -> Outcome:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = stack.enter_context(sqlite_database(folder) if kind == "SQLite" else postgres_database())
        desks = {name: stack.enter_context(running_desk(folder / name)) for name in (KEEPS, SEARCHED)}
        outcome = Storm(House(database), desks, folder, tickets, workers).rage(KILLS, rounds, LIMIT)
    print(json.dumps({"storm": kind, "workers": workers, **vars(outcome)}), flush=True)
    return outcome


def naive_run(tickets: int, rounds: int) -> naive.Naive:
    with tempfile.TemporaryDirectory() as folder, running_desk(Path(folder)) as desk:
        numbers = [f"XH-20260504-{number:06d}" for number in range(tickets // 2)]
        found = asyncio.run(naive.deliver(desk, numbers, rounds, spacing(tickets, rounds)))
    print(json.dumps({"naive": vars(found)}), flush=True)
    return found


def spacing(tickets: int, rounds: int) -> int:
    return max(3, tickets // (2 * rounds * 24))


def page(runs: Runs, beside: naive.Naive, flow: dict[str, Any]) -> str:
    head = "| | accepted | refused by the desks | lost | doubled | out of order | for a person | kills | flow again, s | seconds |"
    rows = [
        f"| {name} | {o.accepted} of {o.tickets} | {o.refused} | {len(o.lost)} | {len(o.doubled)} | {len(o.disordered)} "
        f"| {o.waiting_for_person} | {sum(o.kills.values())} | {o.recovery_s:.1f} | {o.seconds:.0f} |"
        for name, o in runs.items()
    ]
    rows.append(
        f"| naive client, {naive.RETRIES} retries | of {beside.tickets} | | {beside.lost} | {beside.doubled} | | | 0 | | |"
    )
    return f"""# Benchmarks of delivery

Written by `python -m bench.delivery` (`make chaos` is its form with 10,000 tickets) on {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores; load average at the end {os.getloadavg()[1]:.1f}.
Where the load is higher than the cores, figures of time say more about the machine than about deliveries.

Two desks, one that keeps our key and one that can only be searched, make every mistake they know, in rounds; workers are
killed by SIGKILL at each of {len(STEPS)} steps ({", ".join(STEPS)}); the clock leaps an hour ahead and slips ten seconds back; the SQLite
disk is full for two seconds. Refused are tickets that a desk was told to refuse for ever: each waits for a person. The naive
client meets the faults of one desk and is never killed.

{head}
|{"---|" * 10}
{chr(10).join(rows)}
{flow_table(flow)}"""


def flow_table(flow: dict[str, Any]) -> str:
    if not flow:
        return ""
    rows = [
        f"| {name} | {f['per_s']} | {f['claim']['p50_ms']} / {f['claim']['p95_ms']} |"
        for name, f in flow.items()
        if "per_s" in f
    ]
    claims = [
        f"| {name.removeprefix('claim, ')} | {f['backlog']} | {f['p50_ms']} / {f['p95_ms']} |"
        for name, f in flow.items()
        if "per_s" not in f
    ]
    return f"""
To a backend that answers at once, {forwarding.CONCURRENCY} requests at a time for each worker (`python -m bench.forwarding`):

| | tickets a second | a claim of several, p50 / p95 ms |
|---|---|---|
{chr(10).join(rows)}

One item claimed while many wait, commit included:

| | waiting | p50 / p95 ms |
|---|---|---|
{chr(10).join(claims)}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--flow", type=int, default=3000)
    parser.add_argument("--backlog", type=int, default=100_000)
    parser.add_argument("--only-chaos", action="store_true")
    given = parser.parse_args()
    rounds = max(1, min(20, given.tickets // 250))
    runs = storms(given.tickets, rounds)
    beside = naive_run(given.tickets, rounds)
    flow = {} if given.only_chaos else forwarding.measure(given.flow, given.backlog)
    PAGE.write_text(page(runs, beside, flow), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
    return int(any(o.lost or o.doubled or o.disordered or o.unfinished for o in runs.values()))


if __name__ == "__main__":
    sys.exit(main())
