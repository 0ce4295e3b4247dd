"""Tickets: a number of its own for each, and never a ticket without its event and its way to the backend."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.intake import tickets
from bot.intake.conversations import get_conversation
from bot.intake.draft import Draft, Line, Place
from bot.intake.tables import OutboxItem, Ticket, TicketEvent
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]

LINE = Line("路灯坏了", "UM-G02", 0.9, place=Place("人民路", "411622001", lat=33.79, lon=114.52))


def file(home: Home, resident: str, line: Line = LINE, draft: Draft | None = None) -> Ticket:
    with home.database.transaction() as session:
        conversation = get_conversation(session, resident)
        town = home.desk.city
        whole = draft or Draft(lines=(line,))
        return tickets.file_ticket(session, conversation, None, whole, line, town, "desk", home.clock())


def test_a_ticket_comes_with_its_event_and_its_delivery(either_home: Home) -> None:
    ticket = file(either_home, either_home.resident())
    with either_home.database.reading() as session:
        (event,) = session.scalars(select(TicketEvent))
        (item,) = session.scalars(select(OutboxItem))
    assert (event.ticket_id, event.seq, event.type) == (ticket.id, 1, "ticket.created")
    assert (item.ticket_id, item.event_id, item.backend, item.state) == (ticket.id, event.id, "desk", "waiting")


def test_what_is_rolled_back_leaves_nothing_not_even_a_number(either_home: Home) -> None:
    resident = either_home.resident()
    before = either_home.counts()
    with pytest.raises(RuntimeError), either_home.database.transaction() as session:
        conversation = get_conversation(session, resident)
        town, now = either_home.desk.city, either_home.clock()
        tickets.file_ticket(session, conversation, None, Draft(lines=(LINE,)), LINE, town, "desk", now)
        raise RuntimeError("killed before the commit")
    assert either_home.counts() == before
    assert file(either_home, resident).number.endswith("-0001")


def test_numbers_are_unique_when_many_file_at_once(either_home: Home) -> None:
    """Also the very first ones of a day, when the day's counter is not there yet."""
    residents = [either_home.resident(f"r{n}") for n in range(6)]
    start, made, lock = threading.Barrier(len(residents)), [], threading.Lock()

    def go(resident: str) -> None:
        start.wait()
        for _ in range(3):
            ticket = file(either_home, resident)
            with lock:
                made.append(ticket.number)

    threads = [threading.Thread(target=go, args=(resident,)) for resident in residents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [f"XH-20260504-{n:04d}" for n in range(1, 19)]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 5, 4, 15, 59, tzinfo=UTC), "20260504"),
        (datetime(2026, 5, 4, 16, 0, tzinfo=UTC), "20260505"),  # midnight in Xihua
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "20270101"),
    ],
)
def test_the_number_bears_the_local_day_and_counts_anew_each_day(home: Home, now: datetime, day: str) -> None:
    resident = home.resident()
    file(home, resident)
    home.clock.now = now
    first, second = file(home, resident), file(home, resident)
    assert int(second.number[-4:]) == int(first.number[-4:]) + 1
    assert first.number.startswith(f"XH-{day}-")


def test_a_day_with_more_than_9999_tickets_goes_on_counting(home: Home) -> None:
    resident = home.resident()
    file(home, resident)
    with home.database.transaction() as session:
        session.get_one(tickets.Cursor, "ticket:20260504").value = "9999"
    assert file(home, resident).number == "XH-20260504-10000"


def test_anonymous_means_that_nothing_of_the_resident_is_on_the_ticket(home: Home) -> None:
    facts = {"name": "张三", "phone": "13800000001"}
    known = file(home, home.resident(), draft=Draft(lines=(LINE,), **facts))
    hidden = file(home, home.resident(), draft=Draft(lines=(LINE,), anonymous=True, **facts))
    assert (known.contact_name, known.contact_phone) == ("张三", "13800000001")
    assert (hidden.contact_name, hidden.contact_phone, hidden.anonymous) == (None, None, True)


def test_everything_on_the_card_is_on_the_ticket(home: Home) -> None:
    draft = Draft(lines=(LINE,), photos=("u1",), occurred="昨晚", confidential=True)
    ticket = file(home, home.resident(), draft=draft)
    assert (ticket.text, ticket.place_code, ticket.lat, ticket.lon) == ("路灯坏了", "411622001", 33.79, 114.52)
    assert (ticket.photos, ticket.occurred, ticket.confidential) == (["u1"], "昨晚", True)
    assert ticket.address.endswith("人民路") and ticket.urgency == home.desk.city.catalogue["UM-G02"].urgency


@pytest.mark.parametrize(
    ("type_", "status", "becomes"),
    [
        ("ticket.withdrawn", "submitted", "withdrawn"),
        ("ticket.withdrawn", "in_progress", "withdrawn"),
        ("ticket.withdrawn", "withdrawn", "withdrawn"),
        ("ticket.reopened", "closed", "submitted"),
        ("ticket.reopened", "in_progress", "in_progress"),
        ("ticket.supplemented", "accepted", "accepted"),
        ("ticket.rated", "closed", "closed"),
    ],
)
def test_what_the_resident_does_changes_the_status_only_where_it_may(
    home: Home, type_: str, status: str, becomes: str
) -> None:
    ticket_id = file(home, home.resident()).id
    with home.database.transaction() as session:
        ticket = session.get_one(Ticket, ticket_id)
        ticket.status = status
        event = tickets.change_ticket(session, ticket, type_, {"photos": ["u9"]}, home.clock())
        assert event.seq == 2
    with home.database.reading() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert (ticket.status, ticket.photos) == (becomes, ["u9"])
        assert [item.seq for item in session.scalars(select(OutboxItem).order_by(OutboxItem.seq))] == [1, 2]


def test_own_tickets_come_newest_first_and_others_stay_theirs(home: Home) -> None:
    a, b = home.resident("a"), home.resident("b")
    numbers = []
    for resident in (a, b, a):
        numbers.append(file(home, resident).number)
        home.clock.forward(minutes=1)
    with home.database.reading() as session:
        assert [t.number for t in tickets.list_own(session, a)] == [numbers[2], numbers[0]]
        assert [t.number for t in tickets.list_own(session, a, limit=1)] == [numbers[2]]
        found = tickets.find_ticket(session, numbers[1])
        assert found is not None and found.conversation_id == b
        assert tickets.find_ticket(session, "XH-1") is None
        with pytest.raises(LookupError):
            tickets.get_ticket(session, "none")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({}, True),
        ({"status": "closed"}, False),
        ({"status": "withdrawn"}, False),
        ({"confidential": True}, False),
        ({"service_code": "UM-G03"}, False),
        ({"created_at": datetime(2026, 1, 1, tzinfo=UTC)}, False),
    ],
)
def test_only_open_public_recent_tickets_of_others_are_offered(
    home: Home, change: dict[str, object], seen: bool
) -> None:
    mine, theirs = home.resident("me"), home.resident("them")
    file(home, mine)
    other = file(home, theirs).id
    with home.database.transaction() as session:
        for name, value in change.items():
            setattr(session.get_one(Ticket, other), name, value)
    since = home.clock() - timedelta(days=60)
    with home.database.reading() as session:
        found = tickets.list_others_open(session, mine, {"UM-G02"}, since)
        assert [ticket.id for ticket in found] == ([other] if seen else [])


def test_joining_twice_is_joining_once_and_ends_the_offer(home: Home) -> None:
    first, second = home.resident("a"), home.resident("b")
    ticket = file(home, first)
    for _ in range(2):
        with home.database.transaction() as session:
            tickets.follow(session, ticket.id, second, home.clock())
    with home.database.reading() as session:
        listeners = [c.id for c in tickets.listeners(session, session.get_one(Ticket, ticket.id))]
        assert listeners == [first, second]
        assert tickets.list_others_open(session, second, {"UM-G02"}, home.clock() - timedelta(days=1)) == []


@pytest.mark.parametrize(("status", "closed"), [("submitted", False), ("closed", True), ("rejected", True)])
def test_the_conversation_sees_when_a_ticket_was_closed(home: Home, status: str, closed: bool) -> None:
    ticket_id = file(home, home.resident()).id
    with home.database.transaction() as session:
        session.get_one(Ticket, ticket_id).status = status
        session.get_one(Ticket, ticket_id).status_at = home.clock() if closed else None
    with home.database.reading() as session:
        view = tickets.view(session, session.get_one(Ticket, ticket_id))
    assert view.closed_at == (home.clock() if closed else None)
