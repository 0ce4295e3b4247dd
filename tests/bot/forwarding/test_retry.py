"""The rules of trying again, as a table and as properties."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forwarding import retry
from bot.forwarding.errors import AlreadyThere, Ambiguous, BackendError, Permanent, Shut, Temporary
from bot.forwarding.retry import Dead, LookUp, Pause, Retry, Schedule

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SCHEDULE = Schedule(
    waits=retry.waits_of([5, 300, 7200]), settle=timedelta(seconds=40), token_waits=retry.waits_of([2, 10, 60])
)


class Middle(random.Random):
    """Draws the middle, so that a table can name moments."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


TABLE = [
    pytest.param(1, Temporary("no connection"), Retry(later(seconds=5)), id="first failure waits the first step"),
    pytest.param(2, Temporary("no connection"), Retry(later(seconds=300)), id="second failure waits the second"),
    pytest.param(3, Temporary("no connection"), Retry(later(hours=2)), id="third failure waits the third"),
    pytest.param(4, Temporary("down"), Dead("not taken in 4 tries: down"), id="the schedule ends in a dead letter"),
    pytest.param(
        1,
        Temporary("busy", retry_after=later(seconds=90)),
        Retry(later(seconds=90), hold_backend=True),
        id="Retry-After is obeyed by all",
    ),
    pytest.param(
        1,
        Temporary("busy", retry_after=later(seconds=-9)),
        Retry(NOW, hold_backend=True),
        id="a past Retry-After means now",
    ),
    pytest.param(
        1,
        Temporary("busy", retry_after=later(days=99)),
        Retry(later(days=1), hold_backend=True),
        id="a Retry-After is bounded",
    ),
    pytest.param(
        4,
        Temporary("busy", retry_after=later(seconds=9)),
        Dead("not taken in 4 tries: busy"),
        id="Retry-After does not lengthen the schedule",
    ),
    pytest.param(1, Ambiguous("no answer"), LookUp(later(seconds=40)), id="unclear: look after the settling time"),
    pytest.param(99, Ambiguous("no answer"), LookUp(later(seconds=40)), id="unclear never dies without a look"),
    pytest.param(1, AlreadyThere("duplicate"), LookUp(later(seconds=40)), id="already there: find its id"),
    pytest.param(
        3,
        AlreadyThere("dup"),
        Dead("the backend says it has this ticket, but it cannot be found there: dup"),
        id="already there, never found: a person",
    ),
    pytest.param(1, Permanent("bad"), Dead("bad"), id="refused for ever"),
    pytest.param(9, Shut("gone"), Pause(later(minutes=15), "gone"), id="a shut door costs the ticket nothing"),
]


@pytest.mark.parametrize(("attempts", "failure", "expected"), TABLE)
def test_decide(attempts: int, failure: BackendError, expected: retry.Decision) -> None:
    assert retry.decide(attempts, failure, NOW, Middle(), SCHEDULE) == expected


def test_every_kind_of_failure_has_a_rule() -> None:
    """A new error class without a rule fails here, not at night."""

    def tree(kind: type[BackendError]) -> list[type[BackendError]]:
        return [kind, *(below for child in kind.__subclasses__() for below in tree(child))]

    for kind in tree(BackendError)[1:]:
        retry.decide(1, kind("x"), NOW, Middle(), SCHEDULE)
    with pytest.raises(TypeError, match="no rule"):
        retry.decide(1, BackendError("x"), NOW, Middle(), SCHEDULE)


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [(1, Retry(NOW)), (2, Retry(later(seconds=5))), (4, Retry(later(hours=2)))],
)
def test_not_found_is_sent_again_on_the_schedule(attempts: int, expected: Retry) -> None:
    assert retry.decide_not_found(attempts, NOW, Middle(), SCHEDULE) == expected


def test_not_found_gives_up_after_the_schedule() -> None:
    assert isinstance(retry.decide_not_found(5, NOW, Middle(), SCHEDULE), Dead)


@pytest.mark.parametrize(("looks", "seconds"), [(1, 5), (2, 300), (3, 7200), (50, 7200)])
def test_a_look_that_got_no_answer_is_repeated_for_ever(looks: int, seconds: int) -> None:
    assert retry.decide_look_again(looks, NOW, Middle(), SCHEDULE) == LookUp(later(seconds=seconds))


def test_a_token_is_asked_again_and_in_the_end_the_case_is_looked_for() -> None:
    steps = [retry.decide_token(polls, NOW, Middle(), SCHEDULE) for polls in (1, 2, 3, 4)]
    assert steps == [Retry(later(seconds=2)), Retry(later(seconds=10)), Retry(later(seconds=60)), LookUp(NOW)]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("0", NOW),
        ("120", later(seconds=120)),
        (" 7 ", later(seconds=7)),
        ("99999999999", later(days=1)),
        ("Mon, 04 May 2026 12:05:00 GMT", later(minutes=5)),
        ("Mon, 04 May 2026 12:05:00 -0000", later(minutes=5)),
        ("Mon, 04 May 2026 11:00:00 GMT", NOW),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_in_both_forms(header: str | None, expected: datetime | None) -> None:
    assert retry.parse_retry_after(header, NOW) == expected


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)))
def test_any_http_date_is_bounded(moment: datetime) -> None:
    parsed = retry.parse_retry_after(format_datetime(moment.replace(tzinfo=UTC), usegmt=True), NOW)
    assert parsed is not None and NOW <= parsed <= NOW + retry.LONGEST_RETRY_AFTER


@given(st.text(max_size=40))
def test_no_header_can_raise(header: str) -> None:
    retry.parse_retry_after(header, NOW)


WAITS = st.lists(st.integers(1, 200_000), min_size=1, max_size=12).map(retry.waits_of)


@given(waits=WAITS, attempts=st.integers(1, 40), seed=st.integers())
def test_a_temporary_failure_waits_within_the_jitter_or_ends(
    waits: tuple[timedelta, ...], attempts: int, seed: int
) -> None:
    """Never in the past, never beyond ±20 %, dead exactly where the schedule is used up."""
    decision = retry.decide(attempts, Temporary("x"), NOW, random.Random(seed), Schedule(waits, timedelta(40), waits))
    assert isinstance(decision, Dead) == (attempts > len(waits))
    if isinstance(decision, Retry):
        wait, slack = waits[attempts - 1], timedelta(microseconds=1)
        assert wait * 0.8 - slack <= decision.at - NOW <= wait * 1.2 + slack


@given(attempts=st.integers(1, 1000), seed=st.integers())
def test_an_unclear_answer_is_never_followed_by_sending(attempts: int, seed: int) -> None:
    decision = retry.decide(attempts, Ambiguous("x"), NOW, random.Random(seed), SCHEDULE)
    assert isinstance(decision, LookUp) and decision.at >= NOW + SCHEDULE.settle
