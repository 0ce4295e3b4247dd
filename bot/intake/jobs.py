"""Work of the learning loop: asked for by a person or the schedule, done one at a time, its progress kept for all to see.

A job that gives no sign of life for SILENT was killed with its service; it counts as failed and does not block the next.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.intake import audit
from bot.intake.ids import new_id
from bot.intake.learningtables import LearningJob
from bot.intake.people import Person

Kind = Literal["train", "check", "promote", "rollback"]
OPEN = ("waiting", "running")
SILENT = timedelta(minutes=5)
KILLED = "killed"


def ask(session: Session, kind: Kind, data: dict[str, Any], person: Person | None, now: datetime) -> LearningJob:
    """The job that was asked for; the same one where one of its kind is still to be done. `person` None: the schedule.

    Writes the audit line, so that it is the transaction's last step.
    """
    bury(session, now)
    query = select(LearningJob).where(LearningJob.kind == kind, LearningJob.state.in_(OPEN))
    found = session.scalar(query.order_by(LearningJob.asked_at))
    if found is not None:
        return found
    job = LearningJob(
        id=new_id(), kind=kind, data=data, account_id=person.id if person else None, asked_at=now, state="waiting"
    )
    session.add(job)
    session.flush()
    audit.append(session, person, f"learning.{kind}", f"job:{job.id}", data, now)
    return job


def start_next(session: Session, now: datetime) -> LearningJob | None:
    """Takes the oldest waiting job, unless one is running: here or in another service on this database."""
    bury(session, now)
    if session.scalar(select(LearningJob.id).where(LearningJob.state == "running").limit(1)):
        return None
    query = select(LearningJob).where(LearningJob.state == "waiting").order_by(LearningJob.asked_at, LearningJob.id)
    job = session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if job is None:
        return None
    job.state, job.stage, job.started_at, job.beat_at = "running", "starting", now, now
    try:
        session.flush()
    except IntegrityError:  # another service was faster
        session.rollback()
        return None
    return job


def beat(session: Session, job_id: str, now: datetime, stage: str | None = None, percent: int | None = None) -> bool:
    """A sign of life, and how far the job is. False where the job is no longer ours to do."""
    values: dict[str, Any] = {"beat_at": now}
    if stage is not None:
        values["stage"] = stage
    if percent is not None:
        values["percent"] = percent
    query = update(LearningJob).where(LearningJob.id == job_id, LearningJob.state == "running")
    return session.execute(query.values(**values)).rowcount == 1  # type: ignore[attr-defined, no-any-return]


def finish(session: Session, job_id: str, now: datetime, result: dict[str, Any], failed: bool = False) -> None:
    """Closes a running job with what came of it; a job that was given up meanwhile stays as it is."""
    job = session.get(LearningJob, job_id)
    if job is None or job.state != "running":
        return
    job.state, job.result, job.finished_at = ("failed" if failed else "done"), result, now
    if not failed:
        job.percent, job.stage = 100, "done"
    audit.append(session, None, f"learning.{job.kind}_{job.state}", f"job:{job.id}", result, now)


def bury(session: Session, now: datetime) -> None:
    """Running jobs without a sign of life have failed."""
    query = update(LearningJob).where(LearningJob.state == "running", LearningJob.beat_at < now - SILENT)
    session.execute(query.values(state="failed", result={"trouble": KILLED}, finished_at=now))


def open_job(session: Session) -> LearningJob | None:
    """The job that runs, else the next one waiting."""
    query = select(LearningJob).where(LearningJob.state.in_(OPEN))
    return session.scalar(query.order_by(LearningJob.state, LearningJob.asked_at).limit(1))


def latest(session: Session, kinds: tuple[Kind, ...], limit: int = 20) -> list[LearningJob]:
    """The newest jobs of some kinds, newest first."""
    query = select(LearningJob).where(LearningJob.kind.in_(kinds))
    return list(session.scalars(query.order_by(LearningJob.asked_at.desc(), LearningJob.id).limit(limit)))


def last_trained(session: Session) -> datetime | None:
    """When the last training began that came to an end, so that decisions after it are new to it."""
    query = select(LearningJob.started_at).where(LearningJob.kind == "train", LearningJob.state == "done")
    return session.scalar(query.order_by(LearningJob.started_at.desc()).limit(1))
