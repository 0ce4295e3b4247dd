"""The order of the review queue, and agreement between two people: pure functions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.agreement import kappa
from bot.intake.queue_order import REASONS, Candidate, diversify, doubt, grams, likeness, most_urgent, score

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
shares = st.floats(0, 1)
candidates = st.lists(
    st.builds(
        Candidate,
        id=st.uuids().map(str),
        score=st.one_of(st.floats(-1000, 0), st.floats(9_000_000, 10_000_000)),
        pair=st.sampled_from(["", "UM-G02|TR-03", "UM-A01|UM-A02"]),
        grams=st.sampled_from(["路灯坏了", "路灯不亮了", "垃圾没人收"]).map(grams),
    ),
    max_size=30,
    unique_by=lambda c: c.id,
)


@given(moments, moments, st.sampled_from([r for r in REASONS if r != "danger"]), shares)
def test_danger_comes_before_everything_whatever_its_age(
    one: datetime, other: datetime, reason: str, sure: float
) -> None:
    assert score("danger", one) > score(reason, other, sure, sure)


@given(st.sampled_from(list(REASONS)), shares, st.floats(0.01, 400))
def test_of_two_alike_the_older_comes_first(reason: str, sure: float, hours: float) -> None:
    assert score(reason, NOW - timedelta(hours=hours), sure, sure) > score(reason, NOW, sure, sure)


@given(shares, shares)
def test_less_sure_is_more_doubtful(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0 <= doubt(high, high) <= doubt(low, low) <= 1


@pytest.mark.parametrize(
    ("confidence", "margin", "expected"), [(1.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.5, 0.1, 0.7), (None, None, 0.5)]
)
def test_doubt(confidence: float | None, margin: float | None, expected: float) -> None:
    assert doubt(confidence, margin) == pytest.approx(expected)


def test_the_most_urgent_reason_counts_and_unknown_ones_come_last() -> None:
    assert most_urgent(["sample", "something_new", "danger", "abuse"]) == "danger"
    assert most_urgent(["something_new", "sample"]) == "sample"


@given(candidates, st.integers(0, 40))
def test_diversity_loses_nobody_doubles_nobody_and_never_holds_danger_back(found: list[Candidate], limit: int) -> None:
    shown = diversify(found, limit)
    assert len(shown) == min(limit, len(found)) == len({c.id for c in shown})
    dangers = [c for c in found if c.score > 0]
    assert set(shown[: len(dangers)]) <= set(dangers)


def test_ten_alike_do_not_come_in_a_row() -> None:
    lamps = [Candidate(f"lamp{i}", -1.0 - i / 1000, "UM-G02|TR-03", grams("路灯坏了三天了")) for i in range(10)]
    others = [Candidate(f"other{i}", -4.0, f"UM-A0{i}|UM-B01", grams(f"第{i}件别的事情")) for i in range(5)]
    shown = diversify([*lamps, *others], 6)
    assert shown[0].id == "lamp0" and sum(c.id.startswith("other") for c in shown) >= 4


def test_likeness() -> None:
    assert likeness(grams("路灯 坏了"), grams("路灯坏了")) == 1.0
    assert likeness(grams(""), grams("路灯")) == 0.0 == likeness(grams("垃圾"), grams("路灯"))


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([("a", "a"), ("b", "b")], 1.0),
        ([("a", "a"), ("a", "a")], 1.0),
        ([("a", "b"), ("b", "a")], -1.0),
        # The textbook's fifty proposals: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no.
        ([("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15, 0.4),
    ],
)
def test_kappa(pairs: list[tuple[str, str]], expected: float | None) -> None:
    assert kappa(pairs) == (None if expected is None else pytest.approx(expected))
