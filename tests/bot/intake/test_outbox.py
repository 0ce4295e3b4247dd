"""The outbox's promises, on SQLite and PostgreSQL: order within a ticket, leases, and nothing sent twice unseen."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.intake import circuits, outbox
from bot.intake.outbox import NEVER, Claim, Ended, Ending, Rules
from bot.intake.tables import OutboxItem, Ticket, TicketEvent
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

RULES = Rules(timedelta(seconds=30), timedelta(seconds=20), "look_up", "send")
BLIND = Rules(timedelta(seconds=30), timedelta(seconds=20), "person", "person")


def claim(house: House, backend: str = "desk", rules: Rules = RULES, worker: str = "w1") -> Claim | None:
    with house.database.transaction() as session:
        return next(iter(outbox.claim_due(session, backend, house.clock(), worker, rules)), None)


def claimed(house: House, backend: str = "desk", rules: Rules = RULES) -> Claim:
    found = claim(house, backend, rules)
    assert found is not None
    return found


def finish(house: House, item: Claim, ending: Ending) -> bool:
    with house.database.transaction() as session:
        (kept,) = outbox.finish_all(session, [Ended(item, ending, "said")], house.clock())
        return kept is not None


def expire(house: House, rules: Rules = RULES) -> int:
    with house.database.transaction() as session:
        return len(outbox.expire_leases(session, "desk", house.clock(), rules))


def due(house: House, backend: str = "desk") -> object:
    with house.database.reading() as session:
        return outbox.next_due(session, backend, house.clock())


def test_a_claim_is_in_state_sending_before_anything_goes_out(either_house: House) -> None:
    """Committed first: whoever finds it after a crash knows that it may be on the wire."""
    either_house.file()
    item = claimed(either_house)
    (row,) = either_house.items()
    assert (item.kind, item.attempts, row.state) == ("send", 1, "sending")
    assert row.sent_at == either_house.clock() and row.lease_until == either_house.clock() + RULES.lease
    assert item.order.key == row.id and item.order.text == "河堤边三盏灯都不亮"
    assert either_house.deliveries() == [("send", None)]
    assert claim(either_house) is None


def test_enqueueing_an_event_twice_is_enqueueing_it_once(either_house: House) -> None:
    either_house.file()
    with either_house.database.transaction() as session:
        event = session.query(TicketEvent).one()
        ticket = session.query(Ticket).one()
        _, created = outbox.enqueue(session, ticket, event, either_house.clock())
        assert not created
    assert len(either_house.items()) == 1


def test_every_try_says_what_the_resident_confirmed(either_house: House) -> None:
    """The same key with other words would be refused; a correction goes out as an event of its own."""
    ticket = either_house.file(contact_name="王五", contact_phone="13800000000")
    with either_house.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.id == ticket).values(text="改过的话", service_code="UM-G03"))
    order = claimed(either_house).order
    assert (order.text, order.service_code) == ("河堤边三盏灯都不亮", "UM-G02")
    assert order.contact_name == "王五" and "13800000000" not in repr(order)
    with either_house.database.reading() as session:
        assert "13800000000" not in str(session.query(TicketEvent).one().data)


@pytest.mark.parametrize("wish", ["anonymous", "confidential"])
def test_who_wants_to_stay_unknown_stays_unknown(house: House, wish: str) -> None:
    house.file(contact_name="王五", contact_phone="13800000000", **{wish: True})
    order = claimed(house).order
    assert (order.contact_name, order.contact_phone) == (None, None)


def test_events_of_a_ticket_leave_in_order_and_others_do_not_wait(either_house: House) -> None:
    first = either_house.file()
    either_house.change(first, "supplemented", text="一")
    either_house.clock.forward(seconds=1)
    either_house.file()
    one, two = claimed(either_house), claimed(either_house)
    assert one.order.event_type == two.order.event_type == "ticket.created"
    assert claim(either_house) is None, "the supplement waits for its ticket"
    finish(either_house, one, Ending("waiting", at=either_house.clock() + timedelta(hours=1)))
    assert claim(either_house) is None, "also while its ticket waits for a retry"
    either_house.clock.forward(hours=1)
    again = claimed(either_house)
    assert again.item_id == one.item_id and again.attempts == 2
    finish(either_house, again, Ending("accepted", case_id="D1"))
    later = claimed(either_house)
    assert (later.order.event_type, later.order.case_id) == ("ticket.supplemented", "D1")


def test_nothing_follows_a_ticket_that_never_arrived(either_house: House) -> None:
    ticket = either_house.file()
    either_house.change(ticket, "withdrawn", text="好了")
    finish(either_house, claimed(either_house), Ending("dead", "refused"))
    assert claim(either_house) is None and due(either_house) is None
    with either_house.database.transaction() as session:
        (item, *_) = either_house.items()
        assert outbox.send_again(session, item.id, either_house.clock())
    finish(either_house, claimed(either_house), Ending("accepted", case_id="D1"))
    assert claimed(either_house).order.event_type == "ticket.withdrawn"


def test_a_refused_change_does_not_hold_up_the_next(either_house: House) -> None:
    ticket = either_house.file()
    either_house.change(ticket, "supplemented", text="一")
    either_house.change(ticket, "withdrawn", text="二")
    finish(either_house, claimed(either_house), Ending("accepted", case_id="D1"))
    finish(either_house, claimed(either_house), Ending("dead", "refused"))
    assert claimed(either_house).order.event_type == "ticket.withdrawn"


def test_backends_do_not_see_each_others_items(either_house: House) -> None:
    either_house.file("desk")
    either_house.file("other")
    assert claimed(either_house, "other").order.backend == "other"
    assert claim(either_house, "other") is None and claim(either_house, "desk") is not None


def test_a_lease_that_runs_out_while_sending_means_unknown(either_house: House) -> None:
    """It is looked up after the settling time, not sent again."""
    either_house.file()
    claimed(either_house)
    either_house.clock.forward(seconds=29)
    assert expire(either_house) == 0
    either_house.clock.forward(seconds=2)
    assert expire(either_house) == 1
    assert either_house.states() == ["unknown"] and claim(either_house) is None
    either_house.clock.forward(seconds=20)
    item = claimed(either_house)
    assert (item.kind, item.attempts) == ("look_up", 1)
    assert either_house.states() == ["claimed"]


def test_a_clock_that_jumps_does_not_shorten_the_settling_time(either_house: House) -> None:
    either_house.file()
    claimed(either_house)
    either_house.clock.forward(days=1)
    expire(either_house)
    assert claim(either_house) is None
    assert due(either_house) == either_house.clock() + RULES.settle


def test_where_nobody_can_look_a_person_decides(either_house: House) -> None:
    either_house.file()
    claimed(either_house, rules=BLIND)
    either_house.clock.forward(minutes=1)
    expire(either_house, BLIND)
    (item,) = either_house.items()
    assert item.next_attempt_at == NEVER
    either_house.clock.forward(days=400)
    assert claim(either_house, rules=BLIND) is None and due(either_house) is None
    with either_house.database.transaction() as session:
        assert [stuck.id for stuck in outbox.list_stuck(session)] == [item.id]
        assert outbox.settle_by_hand(session, item.id, "D9", either_house.clock())
        assert not outbox.settle_by_hand(session, item.id, "D9", either_house.clock())
        assert not outbox.send_again(session, item.id, either_house.clock())
    assert either_house.states() == ["accepted"] and either_house.ticket(item.ticket_id).case_id == "D9"


def test_a_lease_that_runs_out_while_looking_puts_the_item_back(either_house: House) -> None:
    either_house.file()
    finish(either_house, claimed(either_house), Ending("unknown", "no answer", either_house.clock()))
    assert claimed(either_house).kind == "look_up"
    either_house.clock.forward(minutes=1)
    assert expire(either_house) == 1 and either_house.states() == ["unknown"]
    assert claimed(either_house).tries == 2


def test_a_token_is_resumed_and_never_sent(either_house: House) -> None:
    either_house.file()
    finish(either_house, claimed(either_house), Ending("waiting", "token", either_house.clock(), token="T1"))
    item = claimed(either_house)
    assert (item.kind, item.token, item.attempts) == ("resume", "T1", 1)
    either_house.clock.forward(minutes=1)
    expire(either_house)
    assert claimed(either_house).kind == "resume"


def test_an_unknown_item_with_a_token_is_looked_up_even_where_the_key_is_kept(house: House) -> None:
    keeps = Rules(RULES.lease, RULES.settle, "send", "send")
    house.file()
    finish(house, claimed(house, rules=keeps), Ending("unknown", "x", house.clock(), token="T1"))
    assert claimed(house, rules=keeps).kind == "look_up"


def test_where_the_backend_keeps_our_key_an_unknown_item_is_sent_again(house: House) -> None:
    keeps = Rules(RULES.lease, RULES.settle, "send", "send")
    house.file()
    first = claimed(house, rules=keeps)
    finish(house, first, Ending("unknown", "no answer", house.clock()))
    second = claimed(house, rules=keeps)
    assert (second.kind, second.order.key, second.attempts) == ("send", first.order.key, 2)


def test_a_worker_that_lost_its_lease_changes_nothing(either_house: House) -> None:
    either_house.file()
    slow = claimed(either_house)
    either_house.clock.forward(minutes=1)
    expire(either_house)
    either_house.clock.forward(minutes=1)
    quick = claimed(either_house)
    assert not finish(either_house, slow, Ending("dead", "x"))
    assert not finish(either_house, slow, Ending("accepted", case_id="D1"))
    assert finish(either_house, quick, Ending("accepted", case_id="D2"))
    assert not finish(either_house, quick, Ending("waiting", at=either_house.clock()))
    assert either_house.states() == ["accepted"]


def test_a_late_acceptance_is_the_truth_where_nobody_holds_the_item(either_house: House) -> None:
    ticket = either_house.file()
    slow = claimed(either_house)
    either_house.clock.forward(minutes=1)
    expire(either_house)
    assert not finish(either_house, slow, Ending("waiting", at=either_house.clock()))
    assert finish(either_house, slow, Ending("accepted", case_id="D1"))
    assert either_house.states() == ["accepted"] and either_house.ticket(ticket).case_id == "D1"


def test_a_pause_costs_no_attempt(house: House) -> None:
    house.file()
    finish(house, claimed(house), Ending("waiting", "shut", house.clock(), free=True))
    assert claimed(house).attempts == 1


def test_next_due_names_the_moment_something_can_be_done(either_house: House) -> None:
    start = either_house.clock()
    assert due(either_house) is None
    ticket = either_house.file()
    either_house.change(ticket, "supplemented", text="一")
    assert due(either_house) == start
    item = claimed(either_house)
    assert due(either_house) == start + RULES.lease, "a worker that died is noticed when its lease is over"
    finish(either_house, item, Ending("waiting", at=start + timedelta(hours=2)))
    assert due(either_house) == start + timedelta(hours=2)
    with either_house.database.transaction() as session:
        circuits.hold(session, "desk", start + timedelta(hours=3), start)
    assert due(either_house) == start + timedelta(hours=3)


def test_counts(either_house: House) -> None:
    either_house.file()
    either_house.clock.forward(minutes=5)
    either_house.file()
    finish(either_house, claimed(either_house), Ending("dead", "x"))
    with either_house.database.reading() as session:
        assert outbox.count_by_state(session) == {("desk", "dead"): 1, ("desk", "waiting"): 1}
        assert outbox.get_oldest_open(session, "desk") == either_house.clock()
        assert outbox.get_oldest_open(session, "other") is None


def test_many_workers_at_once_never_get_the_same_item(either_house: House) -> None:
    for _ in range(24):
        either_house.file()
    got: list[str] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        misses = 0
        while misses < 3:
            item = claim(either_house, worker=name)
            if item is None:
                misses += 1
                continue
            with lock:
                got.append(item.item_id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 24


def test_the_claim_finds_its_way_by_index(house: House) -> None:
    """A backlog does not slow the claim: no statement of it reads the whole table."""
    house.file()
    statements: list[str] = []

    def watch(session: Session) -> None:
        from sqlalchemy import event

        @event.listens_for(session.get_bind(), "before_cursor_execute")
        def note(conn: object, cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)

    with house.database.transaction() as session:
        watch(session)
        outbox.expire_leases(session, "desk", house.clock(), RULES)
        outbox.claim_due(session, "desk", house.clock(), "w", RULES, 8)
    asked = [text for text in statements if text.lstrip().startswith("SELECT") and "outbox" in text]
    assert len(asked) >= 3
    with house.database.reading() as session:
        raw = session.connection().connection
        for statement in asked:
            count = statement.count("?")
            plan = raw.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", ("1",) * count).fetchall()
            assert not [row for row in plan if "SCAN" in row[3] and "CONSTANT" not in row[3]], (statement, plan)


def test_an_item_says_nothing_of_the_resident_in_its_repr(house: House) -> None:
    house.file()
    assert "灯" not in repr(house.items()[0]) and isinstance(house.items()[0], OutboxItem)
