"""The learning worker with a real child process, on both databases; the program that trains is played by a script."""

import asyncio
import json
import stat
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import models
from bot.intake import examples, jobs
from bot.intake.learningtables import LearningJob
from bot.intake.people import Person
from bot.learning import exports
from bot.learning.promotion import SwapFailed
from bot.learning.schedule import OFF, Plan
from bot.learning.worker import LearningWorker, Means
from tests.bot.intake.home import Home
from tests.bot.learning.registry import registered, trialled

pytest_plugins = ["tests.bot.intake.fixtures"]

ADA = Person("a" * 32, "ada", "administrator", "zh")
# Reads the files as the engine's program does, keeps what it saw, and tells how far it is.
TRAINER = """
import json, os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
seen = {name: (folder / name).read_text() for name in ("decisions.jsonl", "recent.jsonl")}
seen["niceness"] = os.nice(0)
seen["arguments"] = sys.argv[2:]
seen["mode"] = (folder / "decisions.jsonl").stat().st_mode
(folder / "seen.json").write_text(json.dumps(seen))
print(json.dumps({"stage": "reading", "percent": 1}), flush=True)
print("a line for the log", flush=True)
print("{half a line", flush=True)
print(json.dumps({"stage": "training", "percent": 35}), flush=True)
"""
DONE = TRAINER + 'print(json.dumps({"stage": "done", "percent": 100, "model": "b", "accepted": True}), flush=True)'
BREAKS = TRAINER + "sys.exit(3)"
HANGS = TRAINER + "time.sleep(600)"


class Engine:
    """Stands for the running engine."""

    def __init__(self) -> None:
        self.archives: list[str] = []
        self.broken = False

    async def __call__(self, archive: Path) -> None:
        if self.broken:
            raise SwapFailed("it does not want to")
        self.archives.append(archive.name)


class Bench:
    """A worker with its folder."""

    def __init__(self, home: Home, folder: Path, script: str = DONE, **more: Any) -> None:
        self.home, self.engine = home, Engine()
        self.models = registered(folder / "models", "a", "b", current="a")
        self.means = Means(
            folder=folder / "learning",
            log=folder / "learning.log",
            command=(sys.executable, "-c", script),
            environment={},
            plan=Plan(OFF, 1, ZoneInfo("Asia/Shanghai")),
            recent=10,
            promotes=False,
            pinned=False,
            models=self.models,
        )
        self.means = replace(self.means, **more)
        self.worker = LearningWorker(home.database, self.means, self.engine, home.clock)

    def ask(self, kind: jobs.Kind, person: Person | None = ADA, **data: Any) -> str:
        with self.home.database.transaction() as session:
            return jobs.ask(session, kind, data, person, self.home.clock()).id

    def job(self, job_id: str) -> LearningJob:
        with self.home.database.reading() as session:
            return session.get_one(LearningJob, job_id)

    async def outcome(self, kind: jobs.Kind, **data: Any) -> tuple[str, dict[str, Any] | None]:
        job_id = self.ask(kind, **data)
        assert await self.worker.do_next()
        job = self.job(job_id)
        return job.state, job.result


def current(folder: Path) -> str:
    return next(model.name for model in models.list_models(folder) if model.current)


async def test_a_training_learns_what_people_decided_and_leaves_no_words_behind(
    either_home: Home, tmp_path: Path
) -> None:
    bench = Bench(either_home, tmp_path)
    resident = either_home.resident()
    either_home.says(resident, "路灯坏了")
    now = either_home.clock()
    with either_home.database.transaction() as session:
        for text, service, account in (("灯不亮", "UM-G02", "x"), ("灯灭了", "UM-G02", "x"), ("灯灭了", "TR-03", "y")):
            examples.add_example(session, text, service, now, account_id=account)
    state, result = await bench.outcome("train")
    assert (state, result) == ("done", {"model": "b", "accepted": True, "disputed": 2})
    seen = json.loads((bench.means.folder / "seen.json").read_text())
    (decision,) = [json.loads(line) for line in seen["decisions.jsonl"].splitlines()]
    assert (decision["text"], decision["service"], decision["by"]) == ("灯不亮", "UM-G02", "x")
    assert [json.loads(line)["text"] for line in seen["recent.jsonl"].splitlines()] == ["路灯坏了"]
    assert seen["niceness"] >= 10 and stat.S_IMODE(seen["mode"]) == 0o600 and seen["arguments"] == []
    assert not (bench.means.folder / exports.DECISIONS).exists() and not (bench.means.folder / exports.RECENT).exists()
    log = bench.means.log.read_text()
    assert "a line for the log" in log and "half a line" in log and "percent" not in log
    assert current(bench.models) == "a" and bench.engine.archives == [], "a candidate waits for a person"


async def test_a_training_that_breaks_is_told_and_the_next_may_run(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path, BREAKS)
    assert await bench.outcome("train") == ("failed", {"trouble": "process"})
    assert bench.job(bench.ask("check")).state == "waiting"
    assert not (bench.means.folder / exports.DECISIONS).exists()
    assert await bench.worker.do_next() and not await bench.worker.do_next()


async def test_a_check_only_asks_for_the_check(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path)
    assert (await bench.outcome("check"))[0] == "done"
    assert json.loads((bench.means.folder / "seen.json").read_text())["arguments"] == ["--check-only"]


async def test_stopping_the_service_ends_the_training_and_says_so(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path, HANGS)
    job_id, stop = bench.ask("train"), asyncio.Event()
    running = asyncio.create_task(bench.worker.run(stop))
    async with asyncio.timeout(20):
        while bench.job(job_id).percent < 35:
            await asyncio.sleep(0.05)
        stop.set()
        await running
    assert (bench.job(job_id).state, bench.job(job_id).result) == ("failed", {"trouble": "stopped"})
    assert not (bench.means.folder / exports.DECISIONS).exists()


async def test_promotion_swaps_the_engine_then_the_registry_and_back(either_home: Home, tmp_path: Path) -> None:
    bench = Bench(either_home, tmp_path)
    assert await bench.outcome("promote", model="b") == ("failed", {"trouble": "not_compared"})
    trialled(bench.models, "b", "a", accepted=False)
    assert await bench.outcome("promote", model="b") == ("failed", {"trouble": "refused"})
    assert current(bench.models) == "a" and bench.engine.archives == []
    assert await bench.outcome("promote", model="b", reason="路灯更要紧") == ("done", {"model": "b"})
    assert current(bench.models) == "b" and bench.engine.archives == ["b.tar.gz"]
    assert await bench.outcome("promote", model="b") == ("done", {"model": "b"}), "again: no harm"
    assert await bench.outcome("rollback") == ("done", {"model": "a"})
    assert current(bench.models) == "a" and bench.engine.archives[-1] == "a.tar.gz"


@pytest.mark.parametrize(
    ("kind", "data", "trouble"),
    [("promote", {"model": "zz"}, "missing"), ("rollback", {}, "nothing_before")],
)
async def test_what_cannot_be_put_into_use(
    home: Home, tmp_path: Path, kind: jobs.Kind, data: dict[str, str], trouble: str
) -> None:
    assert await Bench(home, tmp_path).outcome(kind, **data) == ("failed", {"trouble": trouble})


async def test_an_engine_that_refuses_leaves_everything_as_it_was(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path)
    trialled(bench.models, "b", "a", accepted=True)
    bench.engine.broken = True
    assert await bench.outcome("promote", model="b") == ("failed", {"trouble": "engine"})
    assert current(bench.models) == "a"


async def test_a_model_named_in_the_settings_is_not_swapped(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path, pinned=True)
    assert await bench.outcome("rollback") == ("failed", {"trouble": "pinned"})


@pytest.mark.parametrize("promotes", [True, False])
async def test_the_schedule_trains_once_and_promotes_only_where_that_was_chosen(
    either_home: Home, tmp_path: Path, promotes: bool
) -> None:
    plan = Plan(2, 2, ZoneInfo("Asia/Shanghai"))
    bench = Bench(either_home, tmp_path, plan=plan, promotes=promotes)
    trialled(bench.models, "b", "a", accepted=True)
    with either_home.database.transaction() as session:
        examples.add_example(session, "灯不亮", "UM-G02", either_home.clock())
    await bench.worker.keep_schedule()
    assert not await bench.worker.do_next(), "one decision is too few"
    with either_home.database.transaction() as session:
        examples.add_example(session, "灯灭了", "UM-G02", either_home.clock())
    await bench.worker.keep_schedule()
    await bench.worker.keep_schedule()
    assert await bench.worker.do_next()
    assert await bench.worker.do_next() is promotes
    assert current(bench.models) == ("b" if promotes else "a")
    await bench.worker.keep_schedule()
    assert not await bench.worker.do_next(), "nothing new since"


async def test_what_was_erased_leaves_the_file_that_is_learnt_again(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path)
    with home.database.transaction() as session:
        kept = examples.add_example(session, "灯不亮", "UM-G02", home.clock())
    lines = [{"id": kept.id, "text": "灯不亮"}, {"id": "gone", "text": "灯灭了"}]
    exports.write_lines(bench.means.folder / exports.LEARNT, lines)
    await bench.worker.prune()
    await bench.worker.prune()
    left = (bench.means.folder / exports.LEARNT).read_text(encoding="utf-8")
    assert [json.loads(line)["id"] for line in left.splitlines()] == [kept.id]


async def test_a_job_of_a_service_that_was_killed_is_taken_again(home: Home, tmp_path: Path) -> None:
    bench = Bench(home, tmp_path)
    first = bench.ask("train")
    with home.database.transaction() as session:
        assert jobs.start_next(session, home.clock()) is not None
    assert not await bench.worker.do_next(), "somebody seems to be at it"
    home.clock.now += jobs.SILENT + timedelta(minutes=1)
    second = bench.ask("train")
    assert second != first and await bench.worker.do_next()
    assert bench.job(second).state == "done" and bench.job(first).state == "failed"
