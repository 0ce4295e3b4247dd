"""Real processes, real SIGKILL, a real desk that misbehaves: no ticket lost, none doubled."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from bot.intake.clock import utc_now
from tests.bot.forwarding.desk_process import ROOT, Desk, running_desk
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

TICKETS = 40
KILLS = 6
LIMIT = 120  # seconds until everything has to be delivered; no figure, only an end to waiting


def start(house: House, desk: Desk, *more: str) -> "subprocess.Popen[bytes]":
    url = house.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.bot.forwarding.worker_process", url, desk.open311, *more]
    return subprocess.Popen(command, cwd=ROOT)


def make_trouble(desk: Desk) -> None:
    desk.plan(
        {"on": "POST requests", "do": "slow", "seconds": 0.2, "times": 6},
        {"on": "POST requests", "do": "accept_then_timeout", "seconds": 1, "times": 3},
        {"on": "POST requests", "do": "reset", "stored": True, "times": 2},
        {"on": "POST requests", "do": "error_500"},
        {"on": "POST requests", "do": "token_late", "polls": 1, "times": 2},
        {"on": "POST requests", "do": "malformed", "times": 2},
        {"on": "POST requests", "do": "slow", "seconds": 0.3, "times": 20},
        {"on": "GET requests", "do": "reset", "times": 2},
        {"on": "POST servicerequestupdates", "do": "slow", "seconds": 0.2, "times": 5},
    )


def test_killed_again_and_again_where_the_desk_can_only_be_searched(either_house: House, tmp_path: Path) -> None:
    """Every case was posted exactly once."""
    assert {case["posted"] for case in kill_and_deliver(either_house, tmp_path)} == {1}


def test_killed_again_and_again_where_the_desk_keeps_our_key(house: House, tmp_path: Path) -> None:
    kill_and_deliver(house, tmp_path, "with-key")


def kill_and_deliver(house: House, folder: Path, *more: str) -> list[dict[str, Any]]:
    """The desk's cases after everything was delivered by workers that were killed meanwhile."""
    rng = random.Random(3)
    house.clock.now = utc_now()
    tickets = [house.file() for _ in range(TICKETS)]
    for ticket in tickets[:10]:
        house.change(ticket, "supplemented", text="一")
        house.change(ticket, "withdrawn", text="二")
    with running_desk(folder / "desk") as desk:
        make_trouble(desk)
        workers = [start(house, desk, *more), start(house, desk, *more)]
        deadline = time.monotonic() + LIMIT
        kills = 0
        while set(house.states()) != {"accepted"} and time.monotonic() < deadline:
            time.sleep(rng.uniform(0.7, 1.6))
            if kills < KILLS:
                victim = kills % 2
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                workers[victim] = start(house, desk, *more)
                kills += 1
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        codes = [worker.wait(timeout=20) for worker in workers]
        cases, updates = desk.cases(), desk.updates()
    assert Counter(house.states()) == {"accepted": TICKETS + 20}
    assert kills == KILLS and codes == [0, 0]
    numbers = Counter(case["ticket_number"] for case in cases)
    assert numbers == Counter(house.ticket(ticket).number for ticket in tickets)
    assert {house.ticket(ticket).case_id for ticket in tickets} == {case["id"] for case in cases}
    said: dict[str, list[str]] = {}
    for row in updates:
        said.setdefault(row["service_request_id"], []).append(row["description"])
    assert list(said.values()) == [["居民补充\n一", "居民撤回\n二"]] * 10
    return cases
