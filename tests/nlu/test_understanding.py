"""How a document is put together: which act, which requests, danger, outside."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.danger import Danger
from nlu.acts import ACT_OF_INTENT
from nlu.places import PlaceMention
from nlu.text.split import Part
from nlu.understanding import DANGER, DANGER_HEARD_BY_RULES, Found, Judgement, Problem, assemble

LAMP = [("UM-G02", 0.9), ("UM-G08", 0.06), ("TR-03", 0.04)]
TEXT = "路灯坏了还有垃圾没人收"
OUTSIDE = PlaceMention("商水县", 0, 3, "outside", None, [], False)
INSIDE = PlaceMention("逍遥镇", 3, 6, "township", "411622102", [], True)


def judged(services: Any = None, gas: float = 0.0, **intents: float) -> Judgement:
    return Judgement({"report": 0.0, **intents}, services or LAMP, {"calm": 1 - gas, "gas": gas, "fire": 0.0})


def document(
    whole: Judgement | None,
    parts: tuple[Judgement, ...] = (),
    places: tuple[PlaceMention, ...] = (),
    danger: Danger = Danger(False),
) -> dict[str, Any]:
    problems = [Problem(Part(TEXT[i : i + 4], i, i + 4), part) for i, part in enumerate(parts or (whole,)) if part]
    return assemble(Found(TEXT, "zh", whole, problems, places, danger, ()))


@pytest.mark.parametrize(
    ("whole", "act", "requests"),
    [
        (judged(report=0.9, greet=0.1), "request", 1),
        (judged(report=0.4, greet=0.3, status=0.3), "request", 1),  # doubt shows in the confidence, never as no request
        (judged(report=0.1, status=0.9), "status", 0),
        (judged(report=0.1, out_of_scope=0.9), "out_of_scope", 0),
        (None, "out_of_scope", 0),  # nothing to go by
    ],
)
def test_act_and_requests(whole: Judgement | None, act: str, requests: int) -> None:
    found = document(whole)
    assert (found["act"], len(found["requests"])) == (act, requests)


def test_a_request_wins_when_one_part_states_a_problem() -> None:
    found = document(judged(report=0.3, praise=0.7), (judged(report=0.1, praise=0.9), judged(report=0.8, praise=0.2)))
    assert found["act"] == "request" and [r["start"] for r in found["requests"]] == [1]


def test_parts_that_state_nothing_make_no_request() -> None:
    found = document(judged(report=0.9), (judged(report=0.9), judged(report=0.2, thanks=0.8), judged(report=0.7)))
    assert [r["start"] for r in found["requests"]] == [0, 2]


@pytest.mark.parametrize(
    ("places", "act"), [((OUTSIDE,), "out_of_scope"), ((OUTSIDE, INSIDE), "request"), ((), "request")]
)
def test_only_a_message_about_elsewhere_is_turned_away(places: tuple[PlaceMention, ...], act: str) -> None:
    found = document(judged(report=0.9), places=places)
    assert found["act"] == act and bool(found["requests"]) == (act == "request")


FIRE_HEARD = Danger(True, "fire", ("119",))


@pytest.mark.parametrize(
    ("danger", "share", "expected"),
    [
        (FIRE_HEARD, 0.9, (True, "rules", "fire")),
        (FIRE_HEARD, DANGER_HEARD_BY_RULES * 1.01, (True, "rules", "fire")),  # less will do where both hear it
        (FIRE_HEARD, 0.001, (False, "overruled", None)),  # a long letter that mentions a fire
        (Danger(False), 0.9, (True, "model", "gas")),
        (Danger(False, negated=True), 0.9, (True, "model", "gas")),
        (Danger(False), DANGER * 1.01, (True, "model", "gas")),
        (Danger(False), DANGER / 2, (False, None, None)),
    ],
)
def test_rules_and_danger_head_judge_together(danger: Danger, share: float, expected: tuple[Any, ...]) -> None:
    emergency = document(judged(report=0.95, gas=share), danger=danger)["emergency"]
    assert (emergency["is"], emergency["reason"], emergency["kind"]) == expected
    assert bool(emergency["numbers"]) == expected[0]


def test_rules_stand_alone_where_there_is_nothing_to_judge() -> None:
    assert document(None, danger=FIRE_HEARD)["emergency"]["reason"] == "rules"


def test_danger_seen_by_rules_is_a_request_whatever_the_act() -> None:
    found = document(judged(report=0.1, greet=0.9, gas=0.5), danger=Danger(True, "gas", ("119",)))
    assert found["act"] == "request" and found["requests"]


shares = st.dictionaries(st.sampled_from([*ACT_OF_INTENT]), st.floats(0, 1), min_size=1)


@given(shares, st.lists(shares, max_size=4), st.booleans())
def test_any_judgement_gives_a_consistent_document(whole: Any, parts: Any, is_now: bool) -> None:
    found = document(
        judged(**whole), tuple(judged(**part) for part in parts), danger=Danger(is_now, "gas" if is_now else None, ())
    )
    assert (found["act"] == "request") == bool(found["requests"])
    assert found["act"] == "request" or not found["emergency"]["is"]
    for request in found["requests"]:
        assert sum(share for _, share in request["ranking"]) <= 1
