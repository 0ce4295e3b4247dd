"""The engine's document becomes our own types, or is no answer at all."""

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.errors import EngineSilent
from bot.intake.understanding import Understanding
from tests.bot.intake.home import CROSSING, LAMP, document

GOOD = document(LAMP, place=CROSSING)


def test_every_part_is_read() -> None:
    meant = Understanding.read(GOOD | {"intent": "report", "ranking": [["UM-G02", 0.9]]})
    (request,), (place,) = meant.requests, meant.places
    assert (meant.act, meant.intent, meant.language, meant.danger) == ("request", "report", "zh", None)
    assert (request.service_code, request.confidence, request.text) == ("UM-G02", 0.9, LAMP)
    assert (place.text, place.start, place.inside) == (CROSSING, 0, True)
    assert meant.ranking == (("UM-G02", 0.9),)


@pytest.mark.parametrize(
    ("emergency", "danger"),
    [
        ({"is": False, "kind": "fire"}, None),
        ({"is": True, "kind": "fire"}, "fire"),
        ({"is": True, "kind": None}, "injury"),
        ({"is": True}, "injury"),
    ],
)
def test_danger_always_has_a_kind(emergency: dict[str, Any], danger: str | None) -> None:
    assert Understanding.read(GOOD | {"emergency": emergency}).danger == danger


def test_the_intent_may_be_missing_and_is_the_act_then() -> None:
    assert Understanding.read({k: v for k, v in GOOD.items() if k != "intent"}).intent == "request"


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in [(*path, key), *paths(inner, (*path, key))]]
    if isinstance(value, list):
        return [p for i, inner in enumerate(value) for p in [(*path, i), *paths(inner, (*path, i))]]
    return []


OPTIONAL = {"intent", "ranking", "numbers", "reason", "pii", "model"}


@pytest.mark.parametrize(
    "path", [p for p in paths(GOOD) if isinstance(p[-1], str)], ids=lambda p: ".".join(map(str, p))
)
def test_a_document_without_one_of_its_parts_is_no_answer(path: tuple[Any, ...]) -> None:
    damaged = copy.deepcopy(GOOD)
    holder = damaged
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    needed = path[-1] not in OPTIONAL or path[0] == "requests"
    if not needed:
        Understanding.read(damaged)
        return
    with pytest.raises(EngineSilent, match="lacks a part"):
        Understanding.read(damaged)


wild = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(paths(GOOD)), wild)
def test_a_wild_part_is_read_or_refused_never_a_fault(path: tuple[Any, ...], value: Any) -> None:
    damaged = copy.deepcopy(GOOD)
    holder = damaged
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    with suppress(EngineSilent):
        Understanding.read(damaged)
