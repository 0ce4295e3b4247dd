"""Tickets found by words and filters, on SQLite and PostgreSQL, and the full-text index that stays true."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from bot.intake import search
from bot.intake.search import Filters, find_tickets
from bot.intake.tables import OutboxItem, Ticket, TicketEvent
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]


def found(house: House, **filters: object) -> list[str]:
    """The last digits of the found tickets' numbers, newest first."""
    with house.database.reading() as session:
        page = find_tickets(session, Filters(**filters))  # type: ignore[arg-type]
        assert page.number == len(page.tickets)
        return [ticket.number[-1] for ticket in page.tickets]


@pytest.fixture
def town(either_house: House) -> House:
    for text, address in (
        ("青华路上的路灯三天不亮", "青华路"),
        ("The lamp at the bridge is dark", "址坊镇桥头"),
        ("井盖 100% 丢了_别踩", "人民路与青华路口"),
    ):
        either_house.clock.forward(minutes=1)
        either_house.file(text=text, address=address)
    return either_house


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("", ["3", "2", "1"]),
        ("路灯不", []),
        ("路灯三天", ["1"]),
        ("青华路", ["3", "1"]),
        ("灯", ["1"]),
        ("路口", ["3"]),
        ("青华路 灯", ["1"]),
        ("LAMP bridge", ["2"]),
        ("20260504-0002", ["2"]),
        ("0% 丢", ["3"]),
        ("%", ["3"]),
        ("_别", ["3"]),
        ('"', []),
        ('桥头" OR "', []),
        ("number:xyz", []),
        ("没有这样的词", []),
    ],
)
def test_words_are_found_whether_short_or_long(town: House, words: str, numbers: list[str]) -> None:
    """One or two Chinese characters are a word too; what means something to a database is a letter like any other."""
    assert found(town, words=words) == numbers


def test_the_index_follows_changes_and_removals(town: House) -> None:
    with town.database.transaction() as session:
        first = session.scalars(select(Ticket).where(Ticket.number.endswith("1"))).one()
        first.text, first.case_id = "其实是红绿灯坏了", "CASE-9"
    assert found(town, words="路灯三天") == [] and found(town, words="红绿灯") == ["1"]
    assert found(town, words="CASE-9") == ["1"]
    with town.database.transaction() as session:
        for table in (OutboxItem, TicketEvent):
            session.execute(delete(table).where(table.ticket_id == first.id))
        session.execute(delete(Ticket).where(Ticket.id == first.id))
    assert found(town, words="红绿灯") == []


def test_filters_join(town: House) -> None:
    town.file(service_code="UM-A11", status="closed", backend="other")
    with town.database.transaction() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.backend == "other")).one()
        item.state = "dead"
    assert found(town, statuses=("closed",)) == ["4"] and found(town, services=("UM-A11", "UM-B02")) == ["4"]
    assert found(town, backend="desk") == ["3", "2", "1"]
    assert found(town, delivery="dead") == ["4"] and found(town, delivery="open") == ["3", "2", "1"]
    assert found(town, delivery="delivered") == [] and found(town, delivery="unknown") == []
    now = town.clock()
    assert found(town, since=now) == ["4", "3"] and found(town, until=now - timedelta(minutes=1)) == ["1"]
    assert found(town, words="青华路", statuses=("closed",)) == []


def test_pages_hold_every_ticket_once(either_house: House) -> None:
    for _ in range(7):
        either_house.file()  # all at the same moment
    seen, before = [], None
    with either_house.database.reading() as session:
        while True:
            page = find_tickets(session, Filters(words="河堤边"), before, limit=3)
            assert page.number == 7
            seen += [ticket.number for ticket in page.tickets]
            if page.older is None:
                break
            before = page.older
    assert len(seen) == 7 and len(set(seen)) == 7


@given(st.text())
def test_a_search_is_cut_to_a_few_words(words: str) -> None:
    parts = search.split(words)
    assert len(parts) <= search.MOST and len(set(parts)) == len(parts) and all(part.strip() for part in parts)
