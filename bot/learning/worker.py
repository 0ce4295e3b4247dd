"""Does the learning loop's jobs, one at a time, and asks for a training when the schedule says so."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.intake import examples, jobs
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.learningtables import LearningJob
from bot.learning import exports
from bot.learning.process import LessonFailed, run_lesson
from bot.learning.promotion import PromotionRefused, Swap, SwapFailed, promote, roll_back
from bot.learning.schedule import Plan, is_due

logger = logging.getLogger(__name__)

LOOK = 1.0  # seconds between looks at the jobs
BEAT = 20.0  # seconds between signs of life
SCHEDULE = 60.0  # seconds between looks at the schedule
PRUNE = 3600.0


@dataclass(frozen=True)
class Means:
    """What the worker works with."""

    folder: Path  # below the data folder
    log: Path
    command: tuple[str, ...]  # the training program, the folder and options follow
    environment: dict[str, str]
    plan: Plan
    recent: int  # messages in the shadow run
    promotes: bool  # whether an accepted candidate of the schedule is put into use at once
    pinned: bool  # YIZHAN_MODEL names the model: nothing may be swapped
    models: Path | None = None  # another folder than bot.models.FOLDER


class LearningWorker:
    """`run` until stopped; what is half done then counts as failed and is simply asked for again."""

    def __init__(self, database: Database, means: Means, swap: Swap, clock: Clock) -> None:
        self._database = database
        self._means = means
        self._swap = swap
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Looks for work until `stop`; a running training is ended then."""
        work = asyncio.create_task(self._work())
        try:
            await stop.wait()
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        next_schedule = next_prune = loop.time()
        while True:
            try:
                if loop.time() >= next_schedule:
                    next_schedule = loop.time() + SCHEDULE
                    await self.keep_schedule()
                if loop.time() >= next_prune:
                    next_prune = loop.time() + PRUNE
                    await self.prune()
                await self.do_next()
            except SQLAlchemyError as error:  # locked, or restarting
                logger.warning("database_away", extra={"trouble": type(error).__name__})
            await asyncio.sleep(LOOK)

    async def keep_schedule(self) -> None:
        """Asks for a training where it is due."""
        await self._database.run(ask_if_due, self._means.plan, self._clock())

    async def prune(self) -> None:
        """What was erased or withdrawn leaves the file that the next start of training reads."""
        standing = await self._database.read(lambda session: {example.id for example in examples.standing(session)})
        gone = await asyncio.to_thread(exports.prune, self._means.folder, standing)
        if gone:
            logger.info("learnt_pruned", extra={"count": gone})

    async def do_next(self) -> bool:
        """Does one job from beginning to end; False where there is none."""
        if await self._database.read(jobs.open_job) is None:
            return False
        job = await self._database.run(jobs.start_next, self._clock())
        if job is None:
            return False
        logger.info("learning_started", extra={"job": job.id, "kind": job.kind})
        beating = asyncio.create_task(self._beat(job.id))
        try:
            result, failed = await self._do(job)
        except asyncio.CancelledError:
            # The transaction runs in a thread of its own and is finished even though this task is being ended.
            await asyncio.shield(self._finish(job.id, {"trouble": "stopped"}, True))
            raise
        except Exception as error:  # the outermost place: one bad job must not end the loop
            logger.exception("learning_failed", extra={"job": job.id})
            result, failed = {"trouble": type(error).__name__}, True
        finally:
            beating.cancel()
        await self._finish(job.id, result, failed)
        if job.kind == "train" and not failed and job.account_id is None:
            await self._promote_scheduled(result)
        return True

    async def _do(self, job: LearningJob) -> tuple[dict[str, Any], bool]:
        by = job.account_id or "schedule"
        try:
            if job.kind in ("train", "check"):
                return await self._learn(job), False
            if self._means.pinned:
                return {"trouble": "pinned"}, True
            now, folder = self._clock(), self._means.models
            if job.kind == "promote":
                reason = job.data.get("reason") or ""
                return {"model": await promote(job.data["model"], reason, by, now, self._swap, folder)}, False
            return {"model": await roll_back(by, now, self._swap, folder)}, False
        except PromotionRefused as error:
            return {"trouble": error.code}, True
        except SwapFailed:
            return {"trouble": "engine"}, True
        except LessonFailed as error:
            logger.warning("lesson_failed", extra={"job": job.id, "trouble": str(error)})
            return {"trouble": "process"}, True

    async def _learn(self, job: LearningJob) -> dict[str, Any]:
        means = self._means
        lines, held_back = await self._database.read(exports.decisions_of)
        recent = await self._database.read(exports.recent_of, means.recent)
        try:
            await asyncio.to_thread(exports.write_lines, means.folder / exports.DECISIONS, lines)
            await asyncio.to_thread(exports.write_lines, means.folder / exports.RECENT, recent)

            async def progress(stage: str, percent: int) -> None:
                await self._database.run(jobs.beat, job.id, self._clock(), stage, percent)

            command = [*means.command, str(means.folder), *(["--check-only"] if job.kind == "check" else [])]
            result = await run_lesson(command, means.log, means.environment, progress)
        finally:
            await asyncio.to_thread(exports.forget, means.folder)
        return {**result, "disputed": len(held_back)}

    async def _promote_scheduled(self, result: dict[str, Any]) -> None:
        """The schedule's own candidate goes into use by itself only where the city has chosen so."""
        if self._means.promotes and result.get("accepted") and result.get("model"):
            data = {"model": result["model"], "reason": ""}
            await self._database.run(jobs.ask, "promote", data, None, self._clock())

    async def _beat(self, job_id: str) -> None:
        while True:
            await asyncio.sleep(BEAT)
            await self._database.run(jobs.beat, job_id, self._clock())

    async def _finish(self, job_id: str, result: dict[str, Any], failed: bool) -> None:
        await self._database.run(jobs.finish, job_id, self._clock(), result, failed)
        logger.info("learning_finished", extra={"job": job_id, "failed": failed})


def ask_if_due(session: Session, plan: Plan, now: datetime) -> bool:
    """One step of the schedule; whether a training was asked for."""
    asked = jobs.latest(session, ("train",), limit=1)
    new = examples.count_since(session, jobs.last_trained(session))
    if not is_due(plan, now, asked[0].asked_at if asked else None, new):
        return False
    jobs.ask(session, "train", {"new": new}, None, now)
    return True
