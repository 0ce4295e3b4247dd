"""Answers come only from the city's knowledge; where it holds none, none is made up."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.intake.errors import CityError
from bot.intake.knowledge import Entry, Knowledge
from bot.intake.phrases import Both
from tests.bot.intake.home import city_desk

REAL = city_desk().knowledge
SMALL = Knowledge(
    (
        Entry("dogs", ("遛狗必须牵绳吗", "Must my dog be on a leash?"), Both({"zh": "要牵。", "en": "Yes."}), "第15条"),
        Entry(
            "hours", ("你们几点上班", "What are your office hours?"), Both({"zh": "八点。", "en": "At eight."}), None
        ),
    )
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("遛狗必须牵绳吗", "要牵。"),
        ("请问一下，遛狗必须牵绳吗？", "要牵。"),
        ("MUST my dog be on a leash", "要牵。"),
        ("你们几点上班啊", "八点。"),
        ("今天天气怎么样", None),
        ("", None),
        ("？？？", None),
        ("好", None),
        ("what is the weather", None),
    ],
)
def test_the_likeliest_wording_or_nothing(question: str, answer: str | None) -> None:
    found = SMALL.find(question)
    assert (found.text["zh"] if found else None) == answer


def test_every_wording_of_the_city_finds_its_own_answer() -> None:
    for entry in REAL.entries:
        for question in entry.questions:
            found = REAL.find(question)
            assert found is not None and found.text == entry.answer, (entry.id, question)


def test_the_city_knows_enough_and_in_both_languages() -> None:
    assert len(REAL.entries) >= 60
    ids = [entry.id for entry in REAL.entries]
    assert len(ids) == len(set(ids))
    assert [entry.id for entry in REAL.entries if not (entry.answer.get("zh") and entry.answer.get("en"))] == []


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_no_question_raises(question: str) -> None:
    REAL.find(question)


def test_a_city_without_knowledge_answers_nothing(tmp_path: Path) -> None:
    assert Knowledge.load(tmp_path).find("遛狗必须牵绳吗") is None


@pytest.mark.parametrize(
    "content", ["entries: 5\n", "- {}\n", "entries:\n- id: a\n", "a: [\n", "entries:\n- id: a\n  questions: []\n"]
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "knowledge").mkdir()
    (tmp_path / "knowledge" / "odd.yml").write_text(content, encoding="utf-8")
    with pytest.raises(CityError, match="odd.yml"):
        Knowledge.load(tmp_path)
