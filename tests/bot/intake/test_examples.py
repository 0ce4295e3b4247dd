"""Examples that people decided: masked, withdrawn on undo, and chosen so that no disputed word is learnt."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake import examples
from bot.intake.conversations import get_conversation
from bot.intake.erasure import erase_conversation
from bot.intake.examples import DISPUTED, SUPERSEDED, choose
from bot.intake.exchange import Row
from bot.intake.learningtables import Example
from bot.intake.people import TERMINAL
from bot.intake.reviews import open_review
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


def row(name: str, text: str, service: str | None, account: str, minutes: int = 0, intent: str = "report") -> Example:
    return Example(
        id=name, text=text, intent=intent, service_code=service, source="decision", origin="", account_id=account,
        created_at=NOW + timedelta(minutes=minutes),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "kept", "held_back"),
    [
        ([], set(), {}),
        ([row("1", "路灯坏了", "UM-G02", "a")], {"1"}, {}),
        # the same person again: the last word counts
        ([row("1", "路灯坏了", "UM-G02", "a"), row("2", "路灯坏了", "TR-03", "a", 1)], {"2"}, {"1": SUPERSEDED}),
        # two people of one mind: one example
        ([row("1", "路灯坏了", "UM-G02", "a"), row("2", "路灯 坏了", "UM-G02", "b", 1)], {"2"}, {"1": SUPERSEDED}),
        # two people of two minds: none
        (
            [row("1", "路灯坏了", "UM-G02", "a"), row("2", "路灯坏了", "TR-03", "b", 1)],
            set(),
            {"1": DISPUTED, "2": DISPUTED},
        ),
        # a third settles it
        (
            [
                row("1", "路灯坏了", "UM-G02", "a"),
                row("2", "路灯坏了", "TR-03", "b", 1),
                row("3", "路灯坏了", "TR-03", "c", 2),
            ],
            {"3"},
            {"1": DISPUTED, "2": SUPERSEDED},
        ),
        # an act and a service differ too
        (
            [row("1", "你好", "UM-G02", "a"), row("2", "你好", None, "b", 1, "greet")],
            set(),
            {"1": DISPUTED, "2": DISPUTED},
        ),
    ],
)
def test_one_word_for_each_text(rows: list[Example], kept: set[str], held_back: dict[str, str]) -> None:
    choice = choose(rows)
    assert {example.id for example in choice.kept} == kept and choice.held_back == held_back


@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.sampled_from(["UM-G02", "TR-03", "UM-A01"]), st.sampled_from("xyz")),
        max_size=12,
    )
)
def test_every_example_is_either_learnt_or_held_back_and_no_text_twice(drawn: list[tuple[str, str, str]]) -> None:
    rows = [row(str(i), text, service, account, i) for i, (text, service, account) in enumerate(drawn)]
    choice = choose(rows)
    kept = [example.id for example in choice.kept]
    assert sorted([*kept, *choice.held_back]) == sorted(r.id for r in rows)
    assert len({example.text for example in choice.kept}) == len(kept)


def test_examples_are_masked_kept_and_withdrawn(either_home: Home) -> None:
    resident = either_home.resident()
    item = either_home.receive(resident, "我叫王建国，电话13800001234，路灯坏了")
    with either_home.database.transaction() as session:
        review, _ = open_review(session, "k", "low_confidence", NOW, conversation_id=resident, inbox_id=item)
        said = {"account_id": "a" * 32, "review_id": review.id, "inbox_id": item}
        examples.add_example(session, "我叫王建国，电话13800001234，路灯坏了", "UM-G02", NOW, **said)
        examples.add_example(session, "还有井盖", "UM-G01", NOW + timedelta(minutes=5), **said)
    with either_home.database.transaction() as session:
        stored = examples.standing(session)
        assert [e.service_code for e in stored] == ["UM-G02", "UM-G01"]
        assert "13800001234" not in stored[0].text and "王建国" not in stored[0].text and "路灯坏了" in stored[0].text
        assert examples.count_since(session, NOW) == 1 and examples.count_since(session, None) == 2
        assert examples.withdraw_examples(session, review.id, NOW) == 2
        assert examples.withdraw_examples(session, review.id, NOW) == 0
        assert examples.standing(session) == [] and examples.count_since(session, None) == 0


def test_erasing_a_resident_erases_what_was_learnt_from_the_words(either_home: Home) -> None:
    resident = either_home.resident()
    item = either_home.receive(resident, "路灯坏了")
    with either_home.database.transaction() as session:
        examples.add_example(session, "路灯坏了", "UM-G02", NOW, inbox_id=item)
        examples.add_example(session, "井盖没了", "UM-G01", NOW, source="import", origin="f.csv")
        erase_conversation(session, get_conversation(session, resident))
        assert [e.text for e in examples.standing(session)] == ["井盖没了"]


def test_a_file_speaks_for_itself_and_not_for_whoever_brought_it(either_home: Home) -> None:
    with either_home.database.transaction() as session:
        rows = [Row("灯不亮", "report", "UM-G02"), Row("恁好", "greet"), Row("灯不亮", "report", "UM-G02")]
        assert examples.import_rows(session, rows, "f.csv", TERMINAL, NOW) == 2
        assert examples.import_rows(session, rows, "g.csv", TERMINAL, NOW) == 0, "known already"
        assert {examples.author_of(example) for example in examples.standing(session)} == {"import:f.csv"}
        assert examples.author_of(row("1", "灯", "UM-G02", "ada")) == "ada"


@pytest.mark.parametrize(
    ("text", "service", "intent"), [(" ", "UM-G02", "report"), ("路灯", None, "report"), ("你好", "UM-G02", "greet")]
)
def test_half_an_example_is_refused(either_home: Home, text: str, service: str | None, intent: str) -> None:
    with either_home.database.transaction() as session, pytest.raises(ValueError):
        examples.add_example(session, text, service, NOW, intent=intent)
