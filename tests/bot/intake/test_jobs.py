"""Jobs of the learning loop: one at a time, seen by all, and not for ever blocked by one that was killed."""

from datetime import UTC, datetime, timedelta

from bot.intake import audit, jobs
from bot.intake.people import Person
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
ADA = Person("a" * 32, "ada", "administrator", "zh")
SOON = timedelta(seconds=20)


def test_a_job_is_asked_for_once_and_its_way_is_kept(either_home: Home) -> None:
    database = either_home.database
    with database.transaction() as session:
        job = jobs.ask(session, "train", {}, ADA, NOW)
    with database.transaction() as session:
        assert jobs.ask(session, "train", {}, None, NOW + SOON).id == job.id, "impatience does not train twice"
        assert jobs.ask(session, "promote", {"model": "m"}, ADA, NOW + SOON).id != job.id
    with database.transaction() as session:
        taken = jobs.start_next(session, NOW + SOON)
        assert taken is not None and taken.id == job.id
    with database.transaction() as session:
        assert jobs.start_next(session, NOW + SOON) is None, "one at a time"
        assert jobs.beat(session, job.id, NOW + 2 * SOON, "training", 40)
        running = jobs.open_job(session)
        assert running is not None and (running.stage, running.percent) == ("training", 40)
    with database.transaction() as session:
        jobs.finish(session, job.id, NOW + 3 * SOON, {"model": "m"})
        jobs.finish(session, job.id, NOW + 4 * SOON, {"trouble": "x"}, failed=True)
    with database.transaction() as session:
        (done,) = jobs.latest(session, ("train",))
        assert (done.state, done.percent, done.result) == ("done", 100, {"model": "m"})
        assert jobs.last_trained(session) == NOW + SOON
        assert not jobs.beat(session, job.id, NOW)
        following = jobs.start_next(session, NOW + 5 * SOON)
        assert following is not None and following.kind == "promote"
    with database.transaction() as session:
        said = [(line.action, line.person_name) for line in audit.lines(session)]
        assert said == [("learning.train", "ada"), ("learning.promote", "ada"), ("learning.train_done", None)]
        assert audit.verify(session) is None


def test_a_killed_job_blocks_nobody(either_home: Home) -> None:
    database = either_home.database
    with database.transaction() as session:
        job = jobs.ask(session, "train", {}, ADA, NOW)
        assert jobs.start_next(session, NOW) is not None
    late = NOW + jobs.SILENT + SOON
    with database.transaction() as session:
        again = jobs.ask(session, "train", {}, ADA, late)
        assert again.id != job.id
        taken = jobs.start_next(session, late)
        assert taken is not None and taken.id == again.id
        (first,) = [j for j in jobs.latest(session, ("train",)) if j.id == job.id]
        assert first.state == "failed" and first.result == {"trouble": jobs.KILLED}
        assert not jobs.beat(session, job.id, late), "the killed one must not come back"


def test_nothing_to_do(either_home: Home) -> None:
    with either_home.database.transaction() as session:
        assert jobs.start_next(session, NOW) is None and jobs.open_job(session) is None
        assert jobs.last_trained(session) is None and not jobs.beat(session, "x", NOW)
        jobs.finish(session, "x", NOW, {})
