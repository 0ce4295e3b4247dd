"""The worker's short transactions, each in a thread: writing down what tries came to and claiming what is next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.forwarding.backends.contract import Answer, Backend
from bot.forwarding.endings import Verdict
from bot.forwarding.errors import BackendError
from bot.intake import aftermath, circuits, outbox
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.news import Newsroom
from bot.intake.outbox import Claim, Ended


@dataclass(frozen=True)
class Tried:
    """A try that is over: what came back and what it means."""

    claim: Claim
    answer: Answer | BackendError
    verdict: Verdict


@dataclass(frozen=True)
class Turn:
    """`kept`: for each try whether it was written to its item, or its lease was lost. `due`: when there is something to
    do, asked only where fewer items were found than wanted."""

    kept: Sequence[bool]
    claims: Sequence[Claim]
    due: datetime | None


class Records:
    """`worker` names this process in leases."""

    def __init__(self, database: Database, newsroom: Newsroom, clock: Clock, worker: str) -> None:
        self._database = database
        self._newsroom = newsroom
        self._clock = clock
        self._worker = worker

    async def turn(self, backend: Backend, tried: Sequence[Tried], wanted: int) -> Turn:
        """Endings, what follows from them, and up to `wanted` new claims, in one transaction: one commit for all."""
        return await self._database.run(self._turn, backend, tried, wanted)

    def _turn(self, session: Session, backend: Backend, tried: Sequence[Tried], wanted: int) -> Turn:
        now = self._clock()
        kept = self._write(session, backend.name, tried, now) if tried else []
        claims: Sequence[Claim] = ()
        if wanted:
            for item in outbox.expire_leases(session, backend.name, now, backend.rules):
                aftermath.report_stuck(session, item, now)
            claims = outbox.claim_due(session, backend.name, now, self._worker, backend.rules, wanted)
        short = len(claims) < wanted
        return Turn(kept, claims, outbox.next_due(session, backend.name, now) if short else None)

    def _write(self, session: Session, backend: str, tried: Sequence[Tried], now: datetime) -> list[bool]:
        items = outbox.finish_all(session, [_ended(one) for one in tried], now)
        aftermath.follow_up(session, self._newsroom, [item for item in items if item is not None], now)
        for one in tried:
            _backend(session, backend, one.verdict, now)
        return [item is not None for item in items]


def _ended(one: Tried) -> Ended:
    verdict = one.verdict
    return Ended(one.claim, verdict.ending, verdict.outcome, one.answer.status, one.answer.detail)


def _backend(session: Session, name: str, verdict: Verdict, now: datetime) -> None:
    if verdict.health == "answers":
        circuits.record_success(session, name, now)
    elif verdict.health == "fails":
        circuits.record_failure(session, name, verdict.ending.reason or verdict.outcome, now)
    if verdict.hold is not None:
        circuits.hold(session, name, verdict.hold, now, verdict.ending.reason if verdict.shut else None)
