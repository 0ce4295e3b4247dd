"""A turn is one transaction: whole or not at all, once, and only for who holds the lease."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from bot.intake import inbox
from bot.intake.draft import VERSION
from bot.intake.errors import EngineSilent, LeaseLost
from bot.intake.tables import Draft as DraftRow
from bot.intake.tables import InboxItem
from tests.bot.intake.home import CROSSING, LAMP, Home, document

pytest_plugins = ["tests.bot.intake.fixtures"]


def test_one_message_and_one_confirmation_make_one_ticket(either_home: Home) -> None:
    resident = either_home.resident()
    confirm = either_home.reports_lamp(resident)
    (filed,) = either_home.presses(resident, confirm)
    (ticket,) = either_home.tickets()
    assert filed["ticket"] == {"number": ticket.number, "service_code": "UM-G02"}
    assert (ticket.address, ticket.text, ticket.conversation_id) == (CROSSING, LAMP, resident)
    counts = either_home.counts()
    assert (counts["tickets"], counts["ticket_events"], counts["outbox"]) == (1, 1, 1)


def test_the_confirmation_again_makes_no_second_ticket(home: Home) -> None:
    resident = home.resident()
    confirm = home.reports_lamp(resident)
    home.presses(resident, confirm)
    (answer,) = home.presses(resident, confirm)
    assert answer["ticket"] is None and len(home.tickets()) == 1


def test_completing_again_changes_nothing(either_home: Home) -> None:
    resident = either_home.resident()
    either_home.receive(resident, LAMP)
    item = either_home.claimed()
    meant = document(LAMP, place=CROSSING)
    assert either_home.complete(item, meant)
    before = (either_home.counts(), either_home.bodies(resident))
    assert not either_home.complete(item, meant)
    assert (either_home.counts(), either_home.bodies(resident)) == before


def test_who_lost_the_lease_changes_nothing(either_home: Home) -> None:
    resident = either_home.resident()
    either_home.receive(resident, LAMP)
    old = either_home.claimed()
    either_home.clock.forward(seconds=31)
    new = either_home.claimed()
    with pytest.raises(LeaseLost):
        either_home.complete(old, document(LAMP, place=CROSSING))
    assert either_home.bodies(resident) == []
    assert either_home.complete(new, document(LAMP, place=CROSSING))
    assert len(either_home.bodies(resident)) == 1
    with pytest.raises(LeaseLost):
        either_home.complete(old, document(LAMP, place=CROSSING))


def test_an_item_that_nobody_claimed_cannot_be_completed(home: Home) -> None:
    item = home.item(home.receive(home.resident(), LAMP))
    item.lease_token = "guessed"
    with pytest.raises(LeaseLost):
        home.complete(item, document(LAMP))


class Killed(Exception):
    """The process ended here."""


@contextmanager
def killed_at_statement(home: Home, number: int) -> Iterator[list[str]]:
    """The connection breaks at this statement of the next transaction, counted from 0."""
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            return
        if len(seen) == number:
            raise Killed(statement)
        seen.append(statement)

    event.listen(home.database.engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(home.database.engine, "before_cursor_execute", count)


def test_a_crash_at_any_step_of_filing_leaves_nothing_and_the_next_try_succeeds(either_home: Home) -> None:
    resident = either_home.resident()
    confirm = either_home.reports_lamp(resident)
    either_home.receive(resident, kind="button", button=confirm)
    item = either_home.claimed()
    before = (either_home.counts(), either_home.bodies(resident), either_home.item(item.id).state)
    step = 0
    while True:
        with killed_at_statement(either_home, step):
            try:
                either_home.complete(item)
                break
            except Killed:
                pass
        after = (either_home.counts(), either_home.bodies(resident), either_home.item(item.id).state)
        assert after == before, f"something was left after a crash at statement {step}"
        step += 1
    assert step > 8, "filing writes a ticket, its event, its delivery, a message, the draft and the item"
    assert len(either_home.tickets()) == 1 and either_home.tickets()[0].number.endswith("-0001")
    assert either_home.item(item.id).state == "done"


def test_a_phrase_that_is_missing_leaves_nothing(home: Home) -> None:
    from bot.intake.errors import CityError
    from bot.intake.phrases import Phrases

    words = {language: dict(table) for language, table in home.desk.city.phrases.words.items()}
    del words["zh"]["filed"]
    resident = home.resident()
    confirm = home.reports_lamp(resident)
    home.receive(resident, kind="button", button=confirm)
    item, before = home.claimed(), home.counts()
    with pytest.raises(CityError, match="filed"):
        home.complete(item, desk=home.with_city(phrases=Phrases(words)))
    assert home.counts() == before
    assert home.complete(item)


@pytest.mark.parametrize("part", ["emergency", "act", "language", "requests", "places"])
def test_a_document_that_lacks_a_part_is_no_answer(home: Home, part: str) -> None:
    resident = home.resident()
    home.receive(resident, LAMP)
    item = home.claimed()
    meant = document(LAMP, place=CROSSING)
    del meant[part]
    with pytest.raises(EngineSilent, match=part):
        home.complete(item, meant)
    assert home.item(item.id).state == "claimed" and home.bodies(resident) == []


def test_the_engines_document_is_kept_with_the_turn(home: Home) -> None:
    resident = home.resident()
    home.receive(resident, LAMP)
    item, meant = home.claimed(), document(LAMP, place=CROSSING)
    home.complete(item, meant)
    done = home.item(item.id)
    assert (done.state, done.done_at, done.understood) == ("done", home.clock(), meant)


@pytest.mark.parametrize(
    ("version", "content"),
    [
        (VERSION + 1, {}),
        (0, {"lines": []}),
        (VERSION, {}),
        (VERSION, {"lines": [{"text": "x"}], "place": {}}),
        (VERSION, {"lines": "no", "place": {"candidates": []}}),
        (VERSION, {"lines": [], "place": None}),
        (VERSION, {"lines": [], "place": {"candidates": []}, "unknown": 1}),
        (VERSION, []),
        (VERSION, {"lines": [{"ranking": 3, "place": {}}], "place": {"candidates": []}}),
        (VERSION, {"lines": [{"text": "x", "ranking": [["a"]], "place": {"candidates": []}}], "place": {}}),
    ],
)
def test_a_draft_that_cannot_be_read_starts_afresh_and_says_so(home: Home, version: int, content: Any) -> None:
    resident = home.resident()
    with home.database.transaction() as session:
        session.add(DraftRow(conversation_id=resident, version=version, document=content, updated_at=home.clock()))
    sorry, card = home.says(resident, LAMP, document(LAMP, place=CROSSING))
    assert sorry["text"] == home.desk.city.phrases.text("draft_unreadable", "zh")
    assert card["expects"] == "confirm"
    home.presses(resident, card["buttons"][0]["payload"])
    assert len(home.tickets()) == 1, "the chat works again"


def test_a_draft_survives_for_months(home: Home) -> None:
    resident = home.resident()
    confirm = home.reports_lamp(resident)
    home.clock.forward(days=100)
    assert home.presses(resident, confirm)[-1]["ticket"] is not None


def test_the_language_follows_the_messages_until_one_is_chosen(home: Home) -> None:
    resident = home.resident()
    (hello,) = home.says(resident, "hello there", document("hello there", "smalltalk", language="en"))
    assert hello["text"].isascii()
    (hello,) = home.says(resident, "在吗", document("在吗", "smalltalk"))
    assert not hello["text"].isascii()
    (chosen,) = home.presses(resident, "/language en")
    (after,) = home.says(resident, "在吗", document("在吗", "smalltalk"))
    assert after["text"].isascii()
    conversation = home.conversation(resident)
    assert (conversation.language, conversation.language_set) == ("en", True)
    assert chosen["text"] == home.desk.city.phrases.text("language_set", "en"), "said in the language just chosen"


def test_danger_in_the_words_is_seen_even_where_the_engine_saw_none(home: Home) -> None:
    text = "人民路饭店着火了，火苗子往外窜"
    first = home.says(home.resident(), text, document(text, "smalltalk"))[0]
    assert first["emergency"] and "119" in first["text"]


def test_words_that_only_mention_danger_raise_no_alarm_where_the_engine_is_sure(home: Home) -> None:
    text = f"{CROSSING}那家店着火了"
    calm = document(text, place=CROSSING) | {"emergency": {"is": False, "numbers": [], "reason": "overruled"}}
    assert not any(body["emergency"] for body in home.says(home.resident(), text, calm))


def test_danger_that_the_engine_alone_saw_counts_too(home: Home) -> None:
    text = "这边情况不太妙"
    seen = document(text, "request", "EM-02", emergency={"is": True, "kind": "fire", "numbers": ["119"]})
    first = home.says(home.resident(), text, seen)[0]
    assert first["emergency"] and "119" in first["text"]


def test_a_danger_that_was_answered_while_the_engine_was_away_is_not_answered_twice(home: Home) -> None:
    resident = home.resident()
    text = "人民路饭店着火了，火苗子往外窜"
    home.receive(resident, text)
    item = home.claimed()
    with home.database.transaction() as session:
        session.get_one(InboxItem, item.id).warned = True
    home.complete(item, document(text, "request", "EM-02"))
    assert not any(body["emergency"] for body in home.bodies(resident))


def test_replies_name_the_message_they_answer(home: Home) -> None:
    from sqlalchemy import select

    from bot.intake.tables import Message

    resident = home.resident()
    item = home.receive(resident, "在吗")
    home.complete(home.claimed(), document("在吗", "smalltalk"))
    with home.database.reading() as session:
        assert {message.inbox_id for message in session.scalars(select(Message))} == {item}


def test_a_pin_a_photo_and_a_command_need_no_engine(home: Home) -> None:
    resident = home.resident()
    for kind, payload in (
        ("location", {"location": {"lat": 33.79, "lon": 114.52}}),
        ("photo", {"uploads": ["u1"]}),
        ("command", {"command": "help"}),
        ("other", {"other": "voice"}),
        ("text", {}),
    ):
        home.receive(resident, kind=kind, **payload)
        before = len(home.bodies(resident))
        assert home.complete(home.claimed())
        assert len(home.bodies(resident)) > before, f"silence after {kind}"


def test_another_residents_open_case_is_offered_and_joined(home: Home) -> None:
    neighbour, resident = home.resident("n"), home.resident("r")
    home.presses(neighbour, home.reports_lamp(neighbour))
    (offer,) = home.says(resident, LAMP, document(LAMP, place=CROSSING))
    assert offer["expects"] == "join_duplicate"
    (joined,) = home.presses(resident, "join:yes")
    assert home.tickets()[0].number in joined["text"]
    assert home.counts()["followers"] == 1 and len(home.tickets()) == 1


def test_calling_for_a_person_is_written_down_once_for_each_message(home: Home) -> None:
    resident = home.resident()
    for _ in range(2):
        home.says(resident, "转人工", document("转人工", "handoff"))
    assert home.counts()["reviews"] == 2


def test_two_messages_in_a_row_are_answered_in_their_order(home: Home) -> None:
    resident = home.resident()
    ids = [home.receive(resident, "在吗"), home.receive(resident, LAMP)]
    for expected in ids:
        item = home.claimed()
        assert item.id == expected
        home.complete(item, document("在吗", "smalltalk") if expected == ids[0] else document(LAMP, place=CROSSING))
    assert home.bodies(resident)[-1]["expects"] == "confirm"
    with home.database.reading() as session:
        assert inbox.count_unfinished(session, resident) == 0
