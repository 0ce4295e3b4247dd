"""Operators' decisions: read with the line of a fault, written privately, merged over the city's examples."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.decisions import SOURCE, Decision, DecisionsError, merge, read_decisions, write_decisions
from nlu.encoder import NoEncoder
from nlu.examples import Example
from nlu.model import Settings, content_digest, learn, save
from nlu.reading import Reader
from tests.nlu import tiny

ONE = Decision("d1", "路灯杆子歪了", "report", "UM-G02", "a1", "2026-11-25T01:00:00+00:00")


def test_what_is_written_is_read_back_and_private(tmp_path: Path) -> None:
    decisions = [ONE, replace(ONE, id="d2", intent="greet", service=None, text="恁好\n啊")]
    write_decisions(tmp_path / "x" / "d.jsonl", decisions)
    assert read_decisions(tmp_path / "x" / "d.jsonl") == decisions
    assert stat.S_IMODE((tmp_path / "x" / "d.jsonl").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line",
    ["{", "[1]", '{"id": "1"}', '{"id":"1","text":"t","intent":"report","by":"a","at":""}',
     '{"id":"1","text":" ","intent":"greet","by":"a","at":""}',
     '{"id":"1","text":"t","intent":"greet","service":"UM-A01","by":"a","at":""}'],
)  # fmt: skip
def test_a_fault_names_its_line(line: str, tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"id":"1","text":"t","intent":"greet","by":"a","at":""}\n\n' + line)
    with pytest.raises(DecisionsError, match="line 3"):
        read_decisions(tmp_path / "d.jsonl")


def test_a_decision_takes_the_place_of_an_example_that_says_otherwise() -> None:
    examples = [
        Example("路灯杆子歪了", "report", "UM-G08", "example"),
        Example("路灯不亮", "report", "UM-G02", "example"),
        Example("你好", "greet", None, "example"),
    ]
    merged = merge(examples, [ONE, replace(ONE, id="d2", text="路灯不亮"), replace(ONE, id="d3", service="UM-Z99")])
    assert merged == [*examples[1:], Example("路灯杆子歪了", "report", "UM-G02", SOURCE)]


def test_the_last_decision_on_a_text_counts() -> None:
    examples = [Example("甲", "report", "UM-G02", "example"), Example("乙", "report", "UM-G08", "example")]
    merged = merge(examples, [replace(ONE, service="UM-G08"), ONE])
    assert [e.service for e in merged if e.source == SOURCE] == ["UM-G02"]


def test_corrected_texts_come_right_in_the_next_model_and_the_same_data_gives_the_same_digest(tmp_path: Path) -> None:
    """Of texts that a model gets wrong, at least 95 of 100 are right once they were corrected and learnt."""
    model = tiny.model()
    known = {e.text for e in tiny.examples()}
    asked = [e for e in tiny.load_examples(tiny.CITY) if e.service and e.source == "example" and e.text not in known]
    asked = asked[::19]
    said = Reader(model, "old").judge([e.text for e in asked])
    wrong = [e for e, j in zip(asked, said, strict=True) if j.services[0][0] != e.service]
    assert len(wrong) > 100
    decisions = [Decision(str(i), e.text, "report", e.service, "a", "") for i, e in enumerate(wrong)]
    for name in ("one", "two"):
        learnt = learn(merge(tiny.examples(), decisions), tiny.CITY, NoEncoder(), Settings(encoder="none"))
        save(learnt, tmp_path / name)
    assert content_digest(tmp_path / "one") == content_digest(tmp_path / "two")
    right = [
        j.services[0][0] == e.service
        for e, j in zip(wrong, Reader(learnt, "new").judge([e.text for e in wrong]), strict=True)
    ]
    assert sum(right) / len(right) >= 0.95
