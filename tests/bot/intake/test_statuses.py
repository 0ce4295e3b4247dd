"""The backend's word: stored once, applied in order, told in the same transaction, never guessed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.intake import statuses
from bot.intake.phrases import Phrases
from bot.intake.statuses import Update
from bot.intake.tables import StatusUpdate, Ticket, TicketEvent
from bot.intake.tickets import change_ticket
from tests.bot.forwarding.house import START, House

pytest_plugins = ["tests.bot.forwarding.fixtures"]


def news(n: int, status: str | None, minutes: int = 0, note: str | None = None, **more: Any) -> Update:
    values: dict[str, Any] = {
        "update_id": f"U{n}",
        "case_id": "D1",
        "ticket_number": None,
        "word": status or "strange",
        "status": status,
        "note": note,
        "changed_at": START + timedelta(minutes=minutes),
    }
    return Update(**(values | more))


def apply(house: House, update: Update, backend: str = "desk") -> str:
    with house.database.transaction() as session:
        return statuses.apply_update(session, house.newsroom, backend, update, house.clock())


def filed(house: House, case_id: str | None = "D1", **facts: Any) -> str:
    house.clock.now = START + timedelta(hours=1)
    return house.file(case_id=case_id, **facts)


def events(house: House) -> list[tuple[str, Any]]:
    with house.database.reading() as session:
        rows = session.scalars(select(TicketEvent).where(TicketEvent.type == "ticket.status").order_by(TicketEvent.seq))
        return [(row.data["from"], row.data["to"]) for row in rows]


LATER = START + timedelta(minutes=1)
JUDGED = [
    ("submitted", None, "accepted", START, "applied"),
    ("submitted", START, "in_progress", START, "applied"),
    ("submitted", LATER, "in_progress", START, "stale"),
    ("submitted", LATER, None, START, "stale"),
    ("submitted", START, None, LATER, "unknown_word"),
    ("submitted", START, "unchanged", LATER, "unchanged"),
    ("accepted", START, "accepted", LATER, "unchanged"),
    ("in_progress", START, "closed", LATER, "applied"),
    ("closed", START, "in_progress", LATER, "applied"),
    ("closed", START, "accepted", LATER, "unchanged"),
    ("withdrawn", START, "in_progress", LATER, "unchanged"),
    ("withdrawn", START, "closed", LATER, "unchanged"),
]


@pytest.mark.parametrize(("status", "status_at", "word", "changed_at", "expected"), JUDGED)
def test_judge(status: str, status_at: datetime | None, word: str | None, changed_at: datetime, expected: str) -> None:
    assert statuses.judge(status, status_at, word, changed_at) == expected


def test_news_changes_the_ticket_and_is_told(either_house: House) -> None:
    ticket = filed(either_house)
    assert apply(either_house, news(1, "in_progress", note="派人了")) == "applied"
    row = either_house.ticket(ticket)
    assert (row.status, row.status_at) == ("in_progress", START)
    assert events(either_house) == [("submitted", "in_progress")]
    assert either_house.texts() == ["news_in_progress XH-20260504-0001 in_progress 派人了。"]
    assert len(either_house.items()) == 1, "the backend is not told its own word"


def test_a_repeat_changes_nothing(either_house: House) -> None:
    filed(either_house)
    apply(either_house, news(1, "in_progress"))
    assert apply(either_house, news(1, "in_progress")) == "repeated"
    assert apply(either_house, news(1, "closed", 5)) == "repeated", "the first word under an id counts"
    assert len(either_house.texts()) == 1 and len(events(either_house)) == 1


def test_the_same_id_of_another_backend_is_another_update(house: House) -> None:
    filed(house)
    filed(house, backend="other", case_id="D1")
    assert apply(house, news(1, "in_progress")) == apply(house, news(1, "closed"), "other") == "applied"


def test_older_news_never_overwrites_newer(either_house: House) -> None:
    ticket = filed(either_house)
    assert apply(either_house, news(2, "closed", 10)) == "applied"
    assert apply(either_house, news(1, "in_progress", 5)) == "stale"
    assert either_house.ticket(ticket).status == "closed" and len(either_house.texts()) == 1


def test_an_unknown_word_is_shown_and_never_guessed(either_house: House) -> None:
    ticket = filed(either_house)
    assert apply(either_house, news(1, None, 5, "看过了", word="triaged")) == "unknown_word"
    assert apply(either_house, news(2, None, 6, word="triaged")) == "unknown_word"
    assert either_house.ticket(ticket).status == "submitted"
    assert either_house.reviews() == [("unknown_status", "open")], "one question for each word"
    assert either_house.texts()[0] == "news_unknown XH-20260504-0001 triaged 看过了。"
    assert apply(either_house, news(3, "accepted", 1)) == "stale", "older than the word nobody understood"


def test_a_note_without_a_change_is_told(house: House) -> None:
    filed(house)
    assert apply(house, news(1, "unchanged", note="请在家等电话")) == "unchanged"
    assert apply(house, news(2, "unchanged", 1)) == "unchanged"
    assert house.texts() == ["news_note XH-20260504-0001 unchanged 请在家等电话。"]


def test_a_withdrawn_ticket_stays_withdrawn(house: House) -> None:
    ticket = filed(house)
    with house.database.transaction() as session:
        change_ticket(session, session.get_one(Ticket, ticket), "ticket.withdrawn", {"text": "好了"}, house.clock())
    assert apply(house, news(1, "closed", 5)) == "unchanged"
    assert house.ticket(ticket).status == "withdrawn" and house.texts() == []


def test_a_case_that_the_backend_opens_again(house: House) -> None:
    ticket = filed(house, status="closed")
    assert apply(house, news(1, "submitted", word="reopened")) == "applied"
    assert house.ticket(ticket).status == "submitted"
    assert house.texts()[0].startswith("status_is_submitted")


def test_news_for_no_ticket_of_ours_is_kept_for_a_person(either_house: House) -> None:
    filed(either_house)
    assert apply(either_house, news(1, "closed", case_id="D999")) == "unknown_ticket"
    assert apply(either_house, news(1, "closed", case_id="D999")) == "repeated"
    assert either_house.reviews() == [("unknown_ticket", "open")] and either_house.texts() == []


def test_news_that_comes_before_the_case_is_known_is_applied_when_it_is(either_house: House) -> None:
    """In the backend's order; the person who was called need not look any more."""
    ticket = filed(either_house, case_id=None)
    apply(either_house, news(2, "closed", 10))
    apply(either_house, news(1, "in_progress", 5))
    with either_house.database.transaction() as session:
        row = session.get_one(Ticket, ticket)
        row.case_id = "D1"
        session.flush()
        assert statuses.apply_kept(session, either_house.newsroom, row, either_house.clock()) == 2
    assert events(either_house) == [("submitted", "in_progress"), ("in_progress", "closed")]
    assert [state for _, state in either_house.reviews()] == ["decided", "decided"]
    assert apply(either_house, news(1, "in_progress", 5)) == "repeated"


def test_kept_news_is_applied_when_it_is_heard_again(house: House) -> None:
    ticket = filed(house, case_id=None)
    apply(house, news(1, "in_progress"))
    with house.database.transaction() as session:
        session.get_one(Ticket, ticket).case_id = "D1"
    assert apply(house, news(1, "in_progress")) == "applied"
    assert house.ticket(ticket).status == "in_progress"


def test_our_number_finds_the_ticket_unless_the_id_says_another(house: House) -> None:
    filed(house, case_id=None)
    assert apply(house, news(1, "accepted", ticket_number="XH-20260504-0001")) == "applied"
    filed(house, case_id="D5")
    assert apply(house, news(2, "closed", ticket_number="XH-20260504-0002", case_id="D6")) == "unknown_ticket"


def test_a_backend_cannot_speak_about_another_backends_tickets(house: House) -> None:
    ticket = filed(house)
    update = news(1, "closed", ticket_number="XH-20260504-0001")
    assert apply(house, update, "other") == "unknown_ticket"
    assert house.ticket(ticket).status == "submitted"


def test_a_clock_far_ahead_does_not_shut_out_later_news(house: House) -> None:
    ticket = filed(house)
    far = START + timedelta(days=4000)
    assert apply(house, news(1, "accepted", changed_at=far)) == "applied"
    assert house.ticket(ticket).status_at == house.clock()
    assert apply(house, news(2, "closed", 61)) == "applied"


def test_a_clock_somewhat_ahead_keeps_the_backends_own_order(house: House) -> None:
    filed(house)
    apply(house, news(2, "closed", 10 * 60))
    assert apply(house, news(1, "in_progress", 9 * 60)) == "stale"


def test_nothing_a_backend_says_can_break_the_database(either_house: House) -> None:
    """Too long, NUL, and what the columns do not hold."""
    filed(either_house)
    wild = news(1, None, word="w" * 500 + "\0", note="x\0" * 5000, update_id="u" * 4000, case_id="D\0" + "9" * 900)
    assert apply(either_house, wild) == "unknown_ticket"
    assert apply(either_house, news(2, None, word="\0", note="a\0b", update_id="\0")) == "unknown_word"
    assert len(either_house.texts()[0]) < 1200


def test_a_failure_while_telling_leaves_nothing_half_done(house: House) -> None:
    ticket = filed(house)
    mute = House(house.database).newsroom
    object.__setattr__(mute, "phrases", Phrases({"zh": {}, "en": {}}))
    with pytest.raises(Exception, match="news_closed"), house.database.transaction() as session:
        statuses.apply_update(session, mute, "desk", news(1, "closed"), house.clock())
    assert house.ticket(ticket).status == "submitted"
    with house.database.reading() as session:
        assert session.scalars(select(StatusUpdate)).all() == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), repeats=st.lists(st.integers(0, 5), max_size=6))
def test_in_whatever_order_news_arrives_the_newest_word_stands(
    house: House, order: list[int], repeats: list[int]
) -> None:
    words = ["accepted", "in_progress", "closed", "in_progress", "unchanged", "closed"]
    house.made += 1
    case = f"D{house.made}"
    ticket = filed(house, case_id=case)
    for n in [*order, *repeats]:
        apply(house, news(n, words[n], n, update_id=f"{case}-{n}", case_id=case))
    row = house.ticket(ticket)
    assert row.status == "closed" and row.status_at == START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("note", "expected"),
    [("", ""), ("  ", ""), ("派人了", "派人了。"), ("派人了！", "派人了！"), ("On the way", "On the way.")],
)
def test_a_note_between_sentences_ends_like_one(note: str, expected: str) -> None:
    assert statuses.sentence(note) == expected
