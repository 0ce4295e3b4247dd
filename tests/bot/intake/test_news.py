"""News: who hears it, in which language, and not at night."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.intake.conversations import open_conversation
from bot.intake.news import KEYS, PARAMS, quiet_until
from bot.intake.phrases import LANGUAGES, Phrases, placeholders
from bot.intake.tables import Message, Ticket
from bot.intake.tickets import follow
from tests.bot.forwarding.desk_process import ROOT
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT = datetime(2026, 5, 4, 15, 30, tzinfo=UTC)  # 23:30 in Xihua


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "start", "end", "expected"),
    [
        (at(4, 12), time(22), time(7), None),
        (at(4, 21, 59), time(22), time(7), None),
        (at(4, 22), time(22), time(7), at(5, 7)),
        (at(4, 23, 59), time(22), time(7), at(5, 7)),
        (at(5, 0), time(22), time(7), at(5, 7)),
        (at(5, 6, 59), time(22), time(7), at(5, 7)),
        (at(5, 7), time(22), time(7), None),
        (at(4, 12, 30), time(12), time(14), at(4, 14)),
        (at(4, 14), time(12), time(14), None),
    ],
)
def test_quiet_hours(now: datetime, start: time, end: time, expected: datetime | None) -> None:
    assert quiet_until(now, ZONE, start, end) == expected


def tell(house: House, ticket_id: str, key: str = "news_in_progress") -> list[Message]:
    with house.database.transaction() as session:
        house.newsroom.tell(session, session.get_one(Ticket, ticket_id), key, house.clock(), note="派人了。")
    with house.database.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.id)))


@pytest.mark.parametrize(
    ("channel", "urgency", "waits"),
    [
        ("telegram", "normal", True),
        ("telegram", "urgent", False),
        ("telegram", "emergency", False),
        ("web", "normal", False),
    ],
)
def test_a_telephone_is_not_rung_at_night_unless_it_is_urgent(
    house: House, channel: str, urgency: str, waits: bool
) -> None:
    """A web page rings nobody, so it shows news at once."""
    house.clock.now = NIGHT
    (message,) = tell(house, house.file(channel=channel, urgency=urgency))
    assert (message.next_attempt_at == at(5, 7)) == waits
    assert waits or message.next_attempt_at == NIGHT


def test_everybody_who_follows_hears_it_and_only_who_filed_it_rates(house: House) -> None:
    ticket = house.file()
    with house.database.transaction() as session:
        other, _ = open_conversation(session, "web", "neighbour", house.clock(), "en")
        follow(session, ticket, other.id, house.clock())
    first, second = tell(house, ticket, "news_closed")
    assert first.conversation_id != second.conversation_id
    assert [button["payload"] for button in first.body["buttons"]] == [
        f"rate:XH-20260504-0001:{word}" for word in ("satisfied", "mostly", "unsatisfied")
    ]
    assert (first.body["expects"], second.body["expects"], second.body["buttons"]) == ("rating", None, [])


def test_the_city_has_words_for_all_news() -> None:
    phrases = Phrases.load(ROOT / "cities/xihua")
    for language in LANGUAGES:
        for key in KEYS:
            assert placeholders(phrases.words[language][key]) <= PARAMS, (language, key)
