"""What the load test calls a fault."""

import pytest

from bench.load import faults

STORED = [(1, "a", "done"), (3, "b", "done"), (4, "c", "done")]


@pytest.mark.parametrize(
    ("sent", "stored", "replies", "found"),
    [
        pytest.param("abc", STORED, [1, 1, 3, 4], {}, id="all is well; one message may have several replies"),
        pytest.param("abcd", STORED, [1, 3, 4], {"lost": 1}, id="never stored"),
        pytest.param("abc", STORED, [1, 4], {"unanswered": 1}, id="no reply"),
        pytest.param("acb", STORED, [1, 3, 4], {"stored_out_of_order": 1}, id="stored in another order"),
        pytest.param("abc", STORED, [1, 4, 3], {"answered_out_of_order": 1}, id="answered in another order"),
        pytest.param("a", [(1, "a", "claimed")], [], {"unfinished": 1, "unanswered": 1}, id="still in hand"),
        pytest.param("", [], [], {}, id="said nothing"),
    ],
)
def test_faults(sent: str, stored: list[tuple[int, str, str]], replies: list[int], found: dict[str, int]) -> None:
    assert {name: count for name, count in faults(sent, stored, replies).items() if count} == found
