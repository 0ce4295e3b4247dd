"""What an answer or a failure comes to, for the item and for its backend. Pure; the worker writes it down."""

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.forwarding import retry
from bot.forwarding.backends.contract import Accepted, Answer, NotFound, Pending
from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Permanent, Shut, Temporary
from bot.forwarding.retry import Dead, Decision, LookUp, Pause, Retry, Schedule
from bot.intake.outbox import Claim, Ending, OnUnknown


@dataclass(frozen=True)
class Verdict:
    """`health`: what the try says of the backend as a whole. `hold`: leave it alone until then; with `shut` because
    its door is."""

    ending: Ending
    outcome: str  # the word for the delivery's line
    health: Literal["answers", "fails", "says_nothing"]
    hold: datetime | None = None
    shut: bool = False


@dataclass(frozen=True)
class Circumstances:
    """What deciding needs beside the answer."""

    claim: Claim
    now: datetime
    rng: random.Random
    schedule: Schedule
    on_unknown: OnUnknown


def judge(answer: Answer | BackendError, about: Circumstances) -> Verdict:
    if isinstance(answer, BackendError):
        return _failed(answer, about)
    if isinstance(answer, Accepted):
        return Verdict(Ending("accepted", case_id=answer.case_id), "accepted", "answers")
    if isinstance(answer, Pending):
        return _pending(answer, about)
    return _not_found(answer, about)


def _pending(answer: Pending, about: Circumstances) -> Verdict:
    polls = about.claim.tries + 1 if about.claim.kind == "resume" else 1
    decision = retry.decide_token(polls, about.now, about.rng, about.schedule)
    ending = _ending(decision, "the backend gave a token and no case id yet", about, token=answer.token)
    return Verdict(ending, "token", "answers")


def _not_found(answer: NotFound, about: Circumstances) -> Verdict:
    if about.claim.token is not None:
        reason = "the backend took the ticket and gave a token, but neither the token nor a search leads to a case"
        return Verdict(Ending("unknown", reason), "not_found", "answers")
    decision = retry.decide_not_found(about.claim.attempts, about.now, about.rng, about.schedule)
    return Verdict(_ending(decision, "looked up: not there", about), "not_found", "answers")


def _failed(failure: BackendError, about: Circumstances) -> Verdict:
    decision = _decide(failure, about)
    hold = decision.until if isinstance(decision, Pause) else None
    if isinstance(decision, Retry) and decision.hold_backend:
        hold = decision.at
    return Verdict(
        ending=_ending(decision, failure.reason, about),
        outcome=_WORDS[type(failure)],
        health=_health(failure),
        hold=hold,
        shut=isinstance(failure, Shut),
    )


def _decide(failure: BackendError, about: Circumstances) -> Decision:
    claim, now, rng, schedule = about.claim, about.now, about.rng, about.schedule
    if claim.kind == "send" or isinstance(failure, Shut):
        return retry.decide(claim.attempts, failure, now, rng, schedule)
    if claim.kind == "look_up":
        return retry.decide_look_again(claim.tries, now, rng, schedule)
    if isinstance(failure, Permanent):  # the token is not known (any more): look for the case itself
        return LookUp(now)
    return retry.decide_token(claim.tries + 1, now, rng, schedule)


def _ending(decision: Decision, reason: str, about: Circumstances, token: str | None = None) -> Ending:
    match decision:
        case Retry(at=at):
            return Ending("waiting", reason, at, token=token)
        case LookUp(at=at) if about.on_unknown == "person":
            return Ending("unknown", reason, None, token=token)
        case LookUp(at=at):
            return Ending("unknown", reason, at, token=token)
        case Pause(until=until):
            state: Literal["unknown", "waiting"] = "unknown" if about.claim.kind == "look_up" else "waiting"
            return Ending(state, reason, until, free=True)
        case Dead(reason=final):
            return Ending("dead", final)


def _health(failure: BackendError) -> Literal["answers", "fails", "says_nothing"]:
    """A refusal is an answer. A Retry-After is obeyed and counts as none: the backend is busy, not broken."""
    if isinstance(failure, Permanent | AlreadyThere):
        return "answers"
    obeyed = isinstance(failure, Temporary) and failure.retry_after is not None
    return "says_nothing" if obeyed or isinstance(failure, Shut) else "fails"


_WORDS = {
    Temporary: "temporary",
    Shut: "shut",
    Permanent: "permanent",
    Ambiguous: "ambiguous",
    AlreadyThere: "already_there",
}
