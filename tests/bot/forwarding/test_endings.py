"""What a try comes to: the item's next state and what it says of the backend, as a table over all kinds of claim."""

import random
from datetime import timedelta
from typing import Any

import pytest

from bot.forwarding.backends.contract import Accepted, NotFound, Pending
from bot.forwarding.endings import Circumstances, judge
from bot.forwarding.errors import AlreadyThere, Ambiguous, Permanent, Shut, Temporary
from bot.forwarding.retry import Schedule, waits_of
from bot.intake.orders import Order
from bot.intake.outbox import Claim, Kind, OnUnknown
from tests.bot.forwarding.house import START

SCHEDULE = Schedule(waits_of([10, 100]), timedelta(seconds=40), waits_of([2, 4]), timedelta(minutes=15))
ORDER = Order("k", "desk", "ticket.created", "e", 1, START, "XH-1", None, "UM-G02", "灯", "路")


class Middle(random.Random):
    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def about(
    kind: Kind, attempts: int = 1, tries: int = 1, token: str | None = None, unknown: OnUnknown = "look_up"
) -> Any:
    claim = Claim("i", "t", "l", kind, attempts, tries, 1, token, ORDER)
    return Circumstances(claim, START, Middle(), SCHEDULE, unknown)


def short(answer: Any, circumstances: Circumstances) -> tuple[Any, ...]:
    verdict = judge(answer, circumstances)
    ending = verdict.ending
    seconds = None if ending.at is None else (ending.at - START).total_seconds()
    hold = None if verdict.hold is None else (verdict.hold - START).total_seconds()
    return ending.state, seconds, verdict.outcome, verdict.health, hold


NINETY = START + timedelta(seconds=90)
TABLE = [
    (Accepted("D1"), about("send"), ("accepted", None, "accepted", "answers", None)),
    (Pending("T"), about("send"), ("waiting", 2, "token", "answers", None)),
    (Temporary("x"), about("send"), ("waiting", 10, "temporary", "fails", None)),
    (Temporary("x"), about("send", attempts=3), ("dead", None, "temporary", "fails", None)),
    (Temporary("x", retry_after=NINETY), about("send"), ("waiting", 90, "temporary", "says_nothing", 90)),
    (Shut("x"), about("send", attempts=99), ("waiting", 900, "shut", "says_nothing", 900)),
    (Permanent("x"), about("send"), ("dead", None, "permanent", "answers", None)),
    (Ambiguous("x"), about("send"), ("unknown", 40, "ambiguous", "fails", None)),
    (Ambiguous("x"), about("send", unknown="send"), ("unknown", 40, "ambiguous", "fails", None)),
    (Ambiguous("x"), about("send", unknown="person"), ("unknown", None, "ambiguous", "fails", None)),
    (AlreadyThere("x"), about("send"), ("unknown", 40, "already_there", "answers", None)),
    (AlreadyThere("x"), about("send", attempts=3), ("dead", None, "already_there", "answers", None)),
    (Accepted("D1"), about("look_up"), ("accepted", None, "accepted", "answers", None)),
    (NotFound(), about("look_up"), ("waiting", 0, "not_found", "answers", None)),
    (NotFound(), about("look_up", attempts=2), ("waiting", 10, "not_found", "answers", None)),
    (NotFound(), about("look_up", attempts=4), ("dead", None, "not_found", "answers", None)),
    (NotFound(), about("look_up", token="T"), ("unknown", None, "not_found", "answers", None)),
    (Temporary("x"), about("look_up", attempts=9), ("unknown", 10, "temporary", "fails", None)),
    (Temporary("x"), about("look_up", tries=9), ("unknown", 100, "temporary", "fails", None)),
    (Permanent("x"), about("look_up"), ("unknown", 10, "permanent", "answers", None)),
    (Shut("x"), about("look_up"), ("unknown", 900, "shut", "says_nothing", 900)),
    (Accepted("D1"), about("resume", token="T"), ("accepted", None, "accepted", "answers", None)),
    (Pending("T"), about("resume", token="T"), ("waiting", 4, "token", "answers", None)),
    (Pending("T"), about("resume", token="T", tries=2), ("unknown", 0, "token", "answers", None)),
    (Pending("T"), about("resume", token="T", tries=2, unknown="person"), ("unknown", None, "token", "answers", None)),
    (Temporary("x"), about("resume", token="T"), ("waiting", 4, "temporary", "fails", None)),
    (Permanent("x"), about("resume", token="T"), ("unknown", 0, "permanent", "answers", None)),
    (Shut("x"), about("resume", token="T"), ("waiting", 900, "shut", "says_nothing", 900)),
]


@pytest.mark.parametrize(("answer", "circumstances", "expected"), TABLE)
def test_judge(answer: Any, circumstances: Circumstances, expected: tuple[Any, ...]) -> None:
    assert short(answer, circumstances) == expected


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        *[("look_up", answer) for answer in (Temporary("x"), Permanent("x"), Shut("x"), NotFound())],
        *[("resume", answer) for answer in (Temporary("x"), Permanent("x"), Shut("x"), Pending("T"))],
    ],
)
def test_with_a_token_in_hand_nothing_ever_leads_to_sending(kind: Kind, answer: Any) -> None:
    """Once there is a token the backend has the ticket: `waiting` then means asking about the token."""
    for tries in range(1, 30):
        assert judge(answer, about(kind, tries=tries, token="T")).ending.state in ("waiting", "unknown")


def test_a_pause_is_free_and_a_token_is_kept() -> None:
    assert judge(Shut("x"), about("send")).ending.free
    assert judge(Pending("T7"), about("send")).ending.token == "T7"
