"""The worker's short transactions, each in a thread: claiming, and writing down what a try came to."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.forwarding.backends.contract import Answer, Backend
from bot.forwarding.endings import Verdict
from bot.forwarding.errors import BackendError
from bot.intake import aftermath, circuits, outbox
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.news import Newsroom
from bot.intake.outbox import Claim


class Records:
    """`worker` names this process in leases."""

    def __init__(self, database: Database, newsroom: Newsroom, clock: Clock, worker: str) -> None:
        self._database = database
        self._newsroom = newsroom
        self._clock = clock
        self._worker = worker

    async def claim(self, backend: Backend) -> Claim | None:
        def work(session: Session) -> Claim | None:
            now = self._clock()
            for item in outbox.expire_leases(session, backend.name, now, backend.rules):
                aftermath.report_stuck(session, item, now)
            return outbox.claim_next(session, backend.name, now, self._worker, backend.rules)

        return await self._database.run(work)

    async def next_due(self, backend: Backend) -> datetime | None:
        return await self._database.read(outbox.next_due, backend.name, self._clock())

    async def write(self, backend: Backend, claim: Claim, answer: Answer | BackendError, verdict: Verdict) -> bool:
        """The attempt, the item's ending and what follows, in one transaction. False where the lease was lost."""

        def work(session: Session) -> bool:
            now = self._clock()
            outbox.record_attempt(session, claim, verdict.outcome, answer.status, answer.detail, now)
            _backend(session, backend.name, verdict, now)
            item = outbox.finish(session, claim, verdict.ending, now)
            if item is None:
                return False
            aftermath.follow_up(session, self._newsroom, item, now)
            return True

        return await self._database.run(work)


def _backend(session: Session, name: str, verdict: Verdict, now: datetime) -> None:
    if verdict.health == "answers":
        circuits.record_success(session, name, now)
    elif verdict.health == "fails":
        circuits.record_failure(session, name, verdict.ending.reason or verdict.outcome, now)
    if verdict.hold is not None:
        circuits.hold(session, name, verdict.hold, now, verdict.ending.reason if verdict.shut else None)
