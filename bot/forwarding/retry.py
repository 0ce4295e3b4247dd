"""When to try again: pure. The worker asks after every failure and does what it is told.

`attempts` counts the requests that went out with the ticket in them, the failed one included; looking up does not
count.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Permanent, Shut, Temporary

JITTER = 0.2  # a wait is drawn from ±20 % around the schedule's, so that tickets do not come back as one wave
LONGEST_RETRY_AFTER = timedelta(days=1)  # a backend cannot silence us for longer than this at a time
ALREADY_THERE_LIMIT = 3  # "I have it" this often, and never found: a person looks


@dataclass(frozen=True)
class Schedule:
    """How long to wait after the first, second, … failure, and the pause when the backend's door is shut."""

    waits: tuple[timedelta, ...]
    settle: timedelta  # after an unclear answer, before looking: longer than the request's own timeout
    token_waits: tuple[timedelta, ...]  # between questions about a token
    shut_pause: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class Retry:
    """Send again at `at`. `hold_backend`: nobody else's ticket goes out before that either."""

    at: datetime
    hold_backend: bool = False


@dataclass(frozen=True)
class LookUp:
    """Ask the backend at `at` whether it has the ticket; only then decide about sending again."""

    at: datetime


@dataclass(frozen=True)
class Pause:
    """The door is shut: the ticket and its backend wait until `until`. Costs the ticket no attempt."""

    until: datetime
    reason: str


@dataclass(frozen=True)
class Dead:
    """No further try; an operator sees the reason."""

    reason: str


Decision = Retry | LookUp | Pause | Dead


def decide(attempts: int, failure: BackendError, now: datetime, rng: random.Random, schedule: Schedule) -> Decision:
    """What becomes of an item whose request number `attempts` (from 1) ended in `failure`."""
    match failure:
        case Shut():
            return Pause(_after(schedule.shut_pause, now, rng), failure.reason)
        case Temporary(retry_after=datetime() as asked) if attempts <= len(schedule.waits):
            # "Retry-After" is said to us as a client, not about one ticket: the others wait as well.
            return Retry(min(max(asked, now), now + LONGEST_RETRY_AFTER), hold_backend=True)
        case Temporary():
            return _again(attempts, failure.reason, now, rng, schedule)
        case Ambiguous():
            return LookUp(now + schedule.settle)
        case AlreadyThere() if attempts >= ALREADY_THERE_LIMIT:
            return Dead(f"the backend says it has this ticket, but it cannot be found there: {failure.reason}")
        case AlreadyThere():
            return LookUp(now + schedule.settle)
        case Permanent():
            return Dead(failure.reason)
    raise TypeError(f"no rule for {type(failure).__name__}; add one to bot/forwarding/retry.py")


def decide_not_found(attempts: int, now: datetime, rng: random.Random, schedule: Schedule) -> Retry | Dead:
    """After a look-up that found nothing: the backend does not have it, so it may be sent again."""
    if attempts <= 1:
        return Retry(now)  # the settling time was wait enough
    return _again(
        attempts - 1, "the backend's answers stayed unclear and it does not have the ticket", now, rng, schedule
    )


def decide_look_again(looks: int, now: datetime, rng: random.Random, schedule: Schedule) -> LookUp:
    """After a look-up (the `looks`-th, from 1) that got no answer. Never gives up: the ticket may be there."""
    return LookUp(_after(schedule.waits[min(looks, len(schedule.waits)) - 1], now, rng))


def decide_token(polls: int, now: datetime, rng: random.Random, schedule: Schedule) -> Retry | LookUp:
    """After a token brought no id for the `polls`-th time (the answer that brought it is the first): ask again, in the
    end look for the case itself. Never sends: the backend has taken the ticket."""
    if polls > len(schedule.token_waits):
        return LookUp(now)
    return Retry(_after(schedule.token_waits[polls - 1], now, rng))


def parse_retry_after(value: str | None, now: datetime) -> datetime | None:
    """The header in either form (seconds, or an HTTP date) as a moment; None where it is missing or senseless."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:9])), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000": UTC of unknown origin
    return min(max(moment, now), now + LONGEST_RETRY_AFTER)


def waits_of(seconds: Sequence[float]) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=value) for value in seconds)


def _again(attempts: int, reason: str, now: datetime, rng: random.Random, schedule: Schedule) -> Retry | Dead:
    if attempts > len(schedule.waits):
        return Dead(f"not taken in {attempts} tries: {reason}")
    return Retry(_after(schedule.waits[attempts - 1], now, rng))


def _after(wait: timedelta, now: datetime, rng: random.Random) -> datetime:
    return now + wait * rng.uniform(1 - JITTER, 1 + JITTER)
