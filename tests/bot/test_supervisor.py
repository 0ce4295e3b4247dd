"""Child processes, for real: started again when they die, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import supervisor
from bot.lockfile import take_lock
from bot.settings import SettingError
from bot.supervisor import Child

SLEEPER = "import os, time, pathlib, sys; pathlib.Path(sys.argv[1]).open('a').write(f'{os.getpid()}\\n'); print('up', flush=True); time.sleep(120)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = """
import asyncio, sys
from pathlib import Path
from bot.supervisor import Child
folder = Path(sys.argv[1])
asyncio.run(Child("c", [sys.executable, "-c", sys.argv[2], str(folder / "pids")], folder / "c.log").keep())
"""


def running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def pids(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


async def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


def child(folder: Path, program: str = SLEEPER, **more: str) -> Child:
    return Child("c", [sys.executable, "-c", program, str(folder / "pids")], folder / "log" / "c.log", more)


async def stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_child_that_is_killed_is_started_again_and_ended_at_the_end(tmp_path: Path) -> None:
    kept = child(tmp_path)
    task = asyncio.create_task(kept.keep())
    await until(lambda: len(pids(tmp_path)) == 1)
    os.kill(pids(tmp_path)[0], signal.SIGKILL)
    await until(lambda: len(pids(tmp_path)) == 2)
    assert kept.alive and kept.starts == 2
    await stop(task)
    assert not kept.alive and not any(running(pid) for pid in pids(tmp_path))


async def test_the_output_goes_to_its_log_and_is_added_to_it(tmp_path: Path) -> None:
    for _ in range(2):
        task = asyncio.create_task(child(tmp_path).keep())
        before = len(pids(tmp_path))
        await until(lambda before=before: len(pids(tmp_path)) > before)
        await stop(task)
    assert (tmp_path / "log" / "c.log").read_text().count("up") == 2


async def test_a_child_sees_what_it_is_given_beside_our_environment(tmp_path: Path) -> None:
    program = "import os, time; print(os.environ['YIZHAN_X'], 'PATH' in os.environ, flush=True); time.sleep(60)"
    task = asyncio.create_task(child(tmp_path, program, YIZHAN_X="given").keep())
    log = tmp_path / "log" / "c.log"
    await until(lambda: log.exists() and "given True" in log.read_text())
    await stop(task)


async def test_a_child_that_does_not_want_to_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE", 0.3)
    kept = child(tmp_path, DEAF)
    task = asyncio.create_task(kept.keep())
    await until(lambda: len(pids(tmp_path)) == 1)
    await stop(task)
    assert not running(pids(tmp_path)[0])


async def test_a_child_that_ends_at_once_is_not_started_in_a_rush(tmp_path: Path) -> None:
    kept = child(tmp_path, "raise SystemExit(3)")
    task = asyncio.create_task(kept.keep())
    await asyncio.sleep(1.2)
    assert 1 <= kept.starts <= 3
    await stop(task)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans on Linux only")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_goes_when_its_parent_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), SLEEPER], cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while not pids(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    (orphan,) = pids(tmp_path)
    assert running(orphan)
    parent.send_signal(number)
    parent.wait(timeout=10)
    while running(orphan) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(orphan)


def test_a_folder_belongs_to_one_service_until_that_ends(tmp_path: Path) -> None:
    lock = take_lock(tmp_path)
    with pytest.raises(SettingError, match="another yizhan is running"):
        take_lock(tmp_path)
    lock.close()
    take_lock(tmp_path).close()
