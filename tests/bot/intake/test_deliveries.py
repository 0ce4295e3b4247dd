"""What a person may do about a delivery, on SQLite and PostgreSQL; every decision leaves its line in the audit."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import circuits, deliveries, reviews
from bot.intake.accounttables import AuditLine
from bot.intake.outbox import NEVER
from bot.intake.people import TERMINAL, Person
from bot.intake.tables import OutboxItem
from tests.bot.forwarding.fakes import FakeBackend
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

Decision = Callable[[Session, Person, str, object], bool]


def item_in(house: House, state: str) -> str:
    """The id of a new ticket's delivery, put into a state by hand."""
    ticket_id = house.file()
    with house.database.transaction() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.ticket_id == ticket_id)).one()
        item.state = state
        item.next_attempt_at = NEVER if state == "unknown" else house.clock() + timedelta(hours=5)
        return item.id


def state_of(house: House, item_id: str) -> str:
    with house.database.reading() as session:
        return session.get_one(OutboxItem, item_id).state


def audited(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(AuditLine.action).order_by(AuditLine.seq)))


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        ("waiting", {"send_again": "waiting", "give_up": "dead"}),
        ("claimed", {}),
        ("sending", {}),
        ("accepted", {}),
        ("dead", {"send_again": "waiting", "settle": "accepted", "give_up": "dead"}),
        (
            "unknown",
            {"look_again": "unknown", "send_again": "waiting", "settle": "accepted", "give_up": "dead"},
        ),
    ],
)
def test_what_can_be_decided_in_each_state(either_house: House, state: str, allowed: dict[str, str]) -> None:
    """The pure table and the database agree; nothing under way or accepted is touched."""
    for action in ("look_again", "send_again", "settle", "give_up"):
        item_id = item_in(either_house, state)
        with either_house.database.transaction() as session:
            item = session.get_one(OutboxItem, item_id)
            assert (action in deliveries.possible(item)) == (action in allowed)
            more = ("C-1",) if action == "settle" else ()
            done = getattr(deliveries, action)(session, TERMINAL, item_id, *more, either_house.clock())
        assert done == (action in allowed)
        assert state_of(either_house, item_id) == allowed.get(action, state)
    assert audited(either_house) == [f"outbox.{action}" for action in allowed]


def test_settling_gives_the_ticket_its_case_and_closes_what_was_asked(either_house: House) -> None:
    item_id = item_in(either_house, "unknown")
    with either_house.database.transaction() as session:
        reviews.open_review(session, f"unknown_delivery:{item_id}:1", "unknown_delivery", either_house.clock())
        reviews.open_review(session, "refused:another:1", "refused", either_house.clock())
    with either_house.database.transaction() as session:
        assert deliveries.settle(session, TERMINAL, item_id, "C-77", either_house.clock())
        ticket_id = session.get_one(OutboxItem, item_id).ticket_id
    assert either_house.ticket(ticket_id).case_id == "C-77"
    assert sorted(either_house.reviews()) == [("refused", "open"), ("unknown_delivery", "decided")]


def test_what_was_given_up_is_decided(either_house: House) -> None:
    """It is off the list, and cannot be given up again; somebody may still change their mind."""
    item_id = item_in(either_house, "dead")
    with either_house.database.transaction() as session:
        assert deliveries.count_stuck(session) == 1
        assert deliveries.give_up(session, TERMINAL, item_id, either_house.clock())
        assert not deliveries.give_up(session, TERMINAL, item_id, either_house.clock())
        assert deliveries.count_stuck(session) == 0 and deliveries.list_items(session, "stuck") == []
        assert deliveries.send_again(session, TERMINAL, item_id, either_house.clock())


async def test_after_giving_up_a_change_the_next_one_goes(either_house: House) -> None:
    """A refused change does not hold up the ticket for ever; a ticket that never arrived does."""
    ticket_id = either_house.file()
    backend = FakeBackend()
    await either_house.drain(backend)
    either_house.change(ticket_id, "supplemented", text="还有一盏")
    either_house.change(ticket_id, "withdrawn")
    stuck = either_house.items()[1].id
    with either_house.database.transaction() as session:
        assert deliveries.give_up(session, TERMINAL, stuck, either_house.clock())
    await either_house.drain(backend)
    assert either_house.states() == ["accepted", "dead", "accepted"]


def test_pausing_by_hand_lasts_until_somebody_resumes(either_house: House) -> None:
    now = either_house.clock()
    with either_house.database.transaction() as session:
        deliveries.pause(session, TERMINAL, "desk", now)
        circuits.record_success(session, "desk", now)
    with either_house.database.transaction() as session:
        assert circuits.paused_until(session, "desk", now + timedelta(days=300)) is not None
        (figures,) = deliveries.figures(session, ["desk"], now)
        assert figures.is_paused_by_hand and figures.backlog == 0
        deliveries.resume(session, TERMINAL, "desk", now)
    with either_house.database.reading() as session:
        assert circuits.paused_until(session, "desk", now) is None
    assert audited(either_house) == ["backend.pause", "backend.resume"]


def test_pages_of_the_list_hold_every_item_once(either_house: House) -> None:
    made = [item_in(either_house, "dead") for _ in range(5)]  # all at the same moment
    seen: list[str] = []
    before = None
    with either_house.database.reading() as session:
        while rows := deliveries.list_items(session, "stuck", before=before, limit=2):
            seen += [row.item.id for row in rows]
            before = (rows[-1].item.created_at, rows[-1].item.id)
        assert deliveries.count_stuck(session) == 5
        assert deliveries.find_row(session, "") is None
        found = deliveries.find_row(session, made[0][:20])
    assert sorted(seen) == sorted(made) and len(set(seen)) == 5
    assert found is not None and found.item.id == made[0]
