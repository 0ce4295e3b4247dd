"""Processes are killed between any two steps: nothing lost, never silence, no second ticket."""

import os
import signal
import time

import httpx
import pytest

from tests.e2e.system import System, until

pytestmark = pytest.mark.e2e

BIN = "女娲公园北门口的垃圾桶满得盖不上了，袋子都堆到路上了"


def test_killing_engine_desk_and_service_loses_nothing(system: System) -> None:
    """One system, one story: each process is killed in turn while a resident is being served."""
    system.start()
    _engine_away_then_back(system)
    _desk_away_then_back(system)
    _service_killed_and_started_again(system)
    _the_service_takes_its_children_along(system)


def _engine_away_then_back(system: System) -> None:
    resident = system.resident()
    os.kill(system.children()["engine"], signal.SIGKILL)
    assert resident.post(text="昆山路小学门口着火了，冒黑烟").status_code == 202
    warned = resident.wait_for("119", 20)
    assert warned["emergency"] is True, "danger gets its number while the engine is away"
    resident.wait_for("稍等", 30)
    system.wait_ready()
    replies = resident.read(60)
    assert any(m["expects"] for m in replies), "the turn is done when the engine is back"
    assert sum(m["emergency"] for m in replies) == 0, "the warning is not said twice"


def _desk_away_then_back(system: System) -> None:
    resident = system.resident()
    old = system.children()["desk"]
    replies = resident.send(BIN)
    os.kill(old, signal.SIGKILL)
    confirmed = resident.press(replies[-1]["buttons"][0]["payload"])
    number = next(m["ticket"]["number"] for m in confirmed if m["ticket"])
    until(lambda: _cases(system, number), 60, system.logs)
    time.sleep(1)
    assert len(_cases(system, number)) == 1


def _service_killed_and_started_again(system: System) -> None:
    resident = system.resident()
    replies = resident.send("红花路面粉厂门口污水往外冒，臭得很")
    payload = replies[-1]["buttons"][0]["payload"]
    assert resident.post(button=payload).status_code == 202
    assert resident.post(text="我那个单子咋样了").status_code == 202
    system.kill()
    system.start()
    messages = resident.read(60)
    numbers = {m["ticket"]["number"] for m in messages if m["ticket"]}
    assert len(numbers) == 1, messages
    number = numbers.pop()
    until(lambda: _cases(system, number), 60, system.logs)
    time.sleep(2)
    assert len(_cases(system, number)) == 1
    # The same button pressed again, as after a lost answer: no second ticket.
    resident.press(payload)
    time.sleep(1)
    assert len([c for c in system.cases() if "面粉厂" in (c["address"] or "")]) == 1


def _the_service_takes_its_children_along(system: System) -> None:
    children = system.children()
    assert set(children) == {"engine", "desk"}
    system.kill()
    until(lambda: not any(_alive(pid) for pid in children.values()), 20)


def _cases(system: System, number: str) -> list[dict[str, object]]:
    try:
        return [case for case in system.cases() if case["ticket_number"] == number]
    except httpx.HTTPError:
        return []


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rsplit(")", 1)[1].split()[0] != "Z"
