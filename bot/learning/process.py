"""The training program as a child of the service: at low priority, its progress read line by line, never left behind."""

import asyncio
import ctypes
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2)
NICENESS = 10  # residents go first
GRACE = 10.0  # seconds to end after SIGTERM
LONGEST_LINE = 1 << 20

Progress = Callable[[str, int], Awaitable[None]]  # stage, percent


class LessonFailed(Exception):
    """The program ended without a result; its log says why."""


def lesson_command(python: Path) -> tuple[str, ...]:
    """The training program in the engine's environment."""
    return (str(python), "-m", "nlu.lesson")


async def run_lesson(
    command: Sequence[str], log: Path, environment: Mapping[str, str], progress: Progress
) -> dict[str, Any]:
    """What the program said last. Raises LessonFailed; ends the program when cancelled."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=output,
            env={**os.environ, **environment},
            preexec_fn=_modest if sys.platform == "linux" else None,
            start_new_session=True,
            limit=LONGEST_LINE,
        )
        try:
            last = await _read(process, output.fileno(), progress)
            if await process.wait() != 0 or last.get("stage") != "done":
                raise LessonFailed(f"the training program ended with code {process.returncode}; {log} says why")
        finally:
            await _end(process)
    return {key: value for key, value in last.items() if key not in ("stage", "percent")}


async def _read(process: asyncio.subprocess.Process, log: int, progress: Progress) -> dict[str, Any]:
    """Passes progress on; everything else goes to the log."""
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    last: dict[str, Any] = {}
    async for raw in process.stdout:
        line = _progress(raw)
        if line is None:
            os.write(log, raw)
        else:
            last = line
            await progress(str(line["stage"]), int(line["percent"]))
    return last


def _progress(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except ValueError:
        return None
    return line if isinstance(line, dict) and "stage" in line and "percent" in line else None


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(GRACE):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _modest() -> None:
    """Runs in the child before it becomes the program: it yields to the service and ends with it."""
    os.nice(NICENESS)
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
