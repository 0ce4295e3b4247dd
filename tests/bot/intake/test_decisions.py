"""Deciding: one transaction that closes the item, mends the ticket, tells the resident; the same again is the same."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from bot.intake import audit, decisions, reviewqueue
from bot.intake.decisions import Conflict
from bot.intake.doubts import ReviewRules
from bot.intake.errors import BadInput
from bot.intake.learningtables import Example
from bot.intake.people import Person
from bot.intake.rulings import read_ruling
from bot.intake.tables import OutboxItem, Review, Ticket, TicketEvent
from bot.intake.turns import Desk
from tests.bot.intake.home import CROSSING, LAMP, Home, document

pytest_plugins = ["tests.bot.intake.fixtures"]

LI = Person("1" * 32, "李敏", "operator", "zh")
WANG = Person("2" * 32, "王强", "operator", "zh")
ZHAO = Person("3" * 32, "赵丽", "reviewer", "zh")


def unsure(code: str = "UM-G02", text: str = LAMP, share: float = 0.45) -> dict[str, Any]:
    """What the engine makes of a message that it is not sure of."""
    meant = document(text, place=CROSSING if CROSSING in text else "")
    ranking = [[code, share], ["TR-03", 0.3], ["UM-B02", 0.02]]
    meant["requests"][0] |= {"service_code": code, "confidence": share, "ranking": ranking}
    meant["explanation"] = {
        "nearest": [{"text": "路灯一闪一闪", "label": code, "likeness": 0.61}],
        "words": [{"text": "路灯", "weight": 0.4}],
    }
    return meant


def reports(home: Home, resident: str) -> None:
    """Files the lamp, as a matter of one's own where somebody else's is offered."""
    last = home.says(resident, LAMP, unsure())[-1]
    if last["expects"] == "join_duplicate":
        last = home.presses(resident, "join:no")[-1]
    home.presses(resident, next(b["payload"] for b in last["buttons"] if b["payload"].startswith("confirm")))


def only_review(home: Home) -> Review:
    with home.database.reading() as session:
        (review,) = session.scalars(select(Review).where(Review.reason != "handoff"))
        return review


def decide(home: Home, body: dict[str, Any], person: Person = LI, review_id: str = "", **more: Any) -> dict[str, Any]:
    review_id = review_id or only_review(home).id
    ruling = read_ruling(body, home.desk.city)
    with home.database.transaction() as session:
        return decisions.decide(session, home.desk.office, person, review_id, ruling, home.clock(), **more)


def undo(home: Home, person: Person = LI) -> dict[str, Any]:
    with home.database.transaction() as session:
        return decisions.undo_last(session, home.desk.office, person, home.clock())


def queue(home: Home, person: Person) -> list[str]:
    with home.database.reading() as session:
        return [review.id for review in reviewqueue.list_queue(session, person, home.clock())]


def events(home: Home) -> list[tuple[str, dict[str, Any]]]:
    with home.database.reading() as session:
        query = select(TicketEvent).join(OutboxItem, OutboxItem.event_id == TicketEvent.id).order_by(TicketEvent.seq)
        return [(event.type, event.data) for event in session.scalars(query) if event.type != "ticket.created"]


def examples(home: Home) -> list[tuple[str, str | None]]:
    with home.database.reading() as session:
        query = select(Example).where(Example.withdrawn_at.is_(None))
        return [(example.intent, example.service_code) for example in session.scalars(query)]


@pytest.fixture
def lamp(either_home: Home) -> Home:
    """A resident has filed something of which the engine was not sure."""
    without_lots(either_home)
    reports(either_home, either_home.resident())
    return either_home


def without_lots(home: Home, **rules: float) -> None:
    desk = home.desk
    home.desk = Desk(
        desk.city, desk.knowledge, desk.calendar, desk.backend, ReviewRules(**{"sample": 0.0, "twice": 0.0, **rules})
    )


def test_a_doubtful_report_is_one_item_with_its_ticket(lamp: Home) -> None:
    review = only_review(lamp)
    assert (review.reason, review.pair, review.state) == ("low_confidence", "UM-G02|TR-03", "open")
    assert review.ticket_id == lamp.tickets()[0].id
    assert queue(lamp, LI) == [review.id]


def test_a_correction_mends_the_ticket_tells_the_backend_and_the_resident_and_teaches(lamp: Home) -> None:
    answer = decide(lamp, {"outcome": "correct", "service_code": "TR-03"})
    (ticket,) = lamp.tickets()
    assert (ticket.service_code, answer["mended"], answer["told"], answer["why"]) == ("TR-03", True, 1, None)
    assert events(lamp) == [("ticket.corrected", {"service_code": "TR-03"})]
    body = lamp.bodies(ticket.conversation_id)[-1]["text"]
    assert ticket.number in body and lamp.desk.city.catalogue["TR-03"].department["zh"] in body
    assert examples(lamp) == [("report", "TR-03")]
    assert queue(lamp, LI) == []
    with lamp.database.reading() as session:
        assert [line.action for line in audit.lines(session)] == ["review.decided"]
        assert audit.verify(session) is None


def test_accepting_teaches_and_troubles_nobody(lamp: Home) -> None:
    before = len(lamp.bodies(lamp.tickets()[0].conversation_id))
    answer = decide(lamp, {"outcome": "accept"})
    assert (answer["mended"], answer["told"], answer["why"]) == (False, 0, "nothing_changed")
    assert len(lamp.bodies(lamp.tickets()[0].conversation_id)) == before
    assert events(lamp) == [] and examples(lamp) == [("report", "UM-G02")]


def test_the_same_again_is_the_same_and_another_is_a_conflict(lamp: Home) -> None:
    first = decide(lamp, {"outcome": "correct", "service_code": "TR-03"})
    counts = lamp.counts()
    assert decide(lamp, {"outcome": "correct", "service_code": "TR-03"}) == first
    assert decide(lamp, {"outcome": "correct", "service_code": "TR-03"}, WANG) == first
    with pytest.raises(Conflict) as caught:
        decide(lamp, {"outcome": "correct", "service_code": "UM-B02"}, WANG)
    assert caught.value.decided_by == "李敏" and lamp.counts() == counts


def test_a_place_put_right(lamp: Home) -> None:
    decide(lamp, {"outcome": "correct", "places": [{"text": "长平路与青华路口", "lat": 33.78, "lon": 114.52}]})
    (ticket,) = lamp.tickets()
    assert (ticket.address, ticket.place_code, ticket.lat, ticket.service_code) == (
        "长平路与青华路口",
        None,
        33.78,
        "UM-G02",
    )
    assert events(lamp)[0][1] == {"address": "长平路与青华路口", "lat": 33.78, "lon": 114.52} | (
        {"place_code": None} if "place_code" in events(lamp)[0][1] else {}
    )


def test_out_of_scope_withdraws(lamp: Home) -> None:
    decide(lamp, {"outcome": "out_of_scope"})
    assert lamp.tickets()[0].status == "withdrawn" and [e for e, _ in events(lamp)] == ["ticket.withdrawn"]
    assert examples(lamp) == [("out_of_scope", None)]


def test_a_split_files_the_other_problem_for_the_same_resident(lamp: Home) -> None:
    answer = decide(lamp, {"outcome": "split", "services": ["UM-G02", "UM-A11"]})
    first, second = lamp.tickets()
    assert (second.service_code, second.conversation_id, second.address) == (
        "UM-A11",
        first.conversation_id,
        first.address,
    )
    assert [t["number"] for t in answer["tickets"]] == [first.number, second.number]
    assert undo(lamp)["told"] == 1 and lamp.tickets()[1].status == "withdrawn"


def test_a_merge_lets_the_resident_hear_of_the_other_case(lamp: Home) -> None:
    other_resident = lamp.resident("r2")
    review = only_review(lamp)
    reports(lamp, other_resident)
    first, other = lamp.tickets()
    decide(lamp, {"outcome": "merge", "ticket": other.number}, review_id=review.id)
    assert [t.status for t in lamp.tickets()] == ["withdrawn", "submitted"]
    assert other.number in lamp.bodies(first.conversation_id)[-1]["text"]
    undo(lamp)
    assert [t.status for t in lamp.tickets()] == ["submitted", "submitted"]


def test_an_emergency_raises_the_ticket(lamp: Home) -> None:
    decide(lamp, {"outcome": "emergency", "kind": "electric"})
    assert (lamp.tickets()[0].service_code, lamp.tickets()[0].urgency) == ("UM-G09", "emergency")


def test_undo_mends_the_ticket_back_and_says_so(lamp: Home) -> None:
    decide(lamp, {"outcome": "correct", "service_code": "TR-03"})
    done = undo(lamp)
    review, (ticket,) = only_review(lamp), lamp.tickets()
    assert (done["undone"], done["told"], review.state, ticket.service_code) == ([review.id], 1, "open", "UM-G02")
    assert [data["service_code"] for _, data in events(lamp)] == ["TR-03", "UM-G02"]
    assert examples(lamp) == [] and undo(lamp)["why"] == "nothing_to_undo"
    assert decide(lamp, {"outcome": "correct", "service_code": "UM-B02"}, WANG)["mended"]


def test_what_somebody_changed_since_is_not_undone(lamp: Home) -> None:
    decide(lamp, {"outcome": "correct", "service_code": "TR-03"})
    with lamp.database.transaction() as session:
        session.scalars(select(Ticket)).one().service_code = "UM-A01"
    assert undo(lamp)["why"] == "changed_since" and lamp.tickets()[0].service_code == "UM-A01"


def test_a_closed_ticket_stays_as_it_is(lamp: Home) -> None:
    with lamp.database.transaction() as session:
        session.scalars(select(Ticket)).one().status = "closed"
    answer = decide(lamp, {"outcome": "correct", "service_code": "TR-03"})
    assert (answer["why"], answer["told"]) == ("closed", 0) and examples(lamp) == [("report", "TR-03")]


def test_a_decision_before_the_filing_reaches_the_ticket(either_home: Home) -> None:
    without_lots(either_home)
    resident = either_home.resident()
    card = either_home.says(resident, LAMP, unsure())[-1]
    assert decide(either_home, {"outcome": "correct", "service_code": "TR-03"})["why"] == "not_filed"
    either_home.presses(resident, next(b["payload"] for b in card["buttons"] if b["payload"].startswith("confirm")))
    assert [ticket.service_code for ticket in either_home.tickets()] == ["TR-03"]


def test_two_at_the_same_moment_and_one_is_told(lamp: Home) -> None:
    review, start, seen = only_review(lamp), threading.Barrier(2), []

    def go(person: Person, code: str) -> None:
        start.wait()
        try:
            decide(lamp, {"outcome": "correct", "service_code": code}, person, review.id)
            seen.append("done")
        except Conflict:
            seen.append("conflict")

    threads = [threading.Thread(target=go, args=given) for given in ((LI, "TR-03"), (WANG, "UM-B02"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == ["conflict", "done"] and len(events(lamp)) == 1


def test_a_second_opinion_is_blind_and_a_reviewer_settles_the_difference(either_home: Home) -> None:
    without_lots(either_home, twice=1.0)
    reports(either_home, either_home.resident())
    decide(either_home, {"outcome": "correct", "service_code": "TR-03"})
    review = only_review(either_home)
    assert review.state == "second" and queue(either_home, LI) == [] and queue(either_home, WANG) == [review.id]
    with pytest.raises(Conflict):
        decide(either_home, {"outcome": "accept", "service_code": "UM-B02"}, WANG)  # not asked for as an opinion
    answer = decide(either_home, {"outcome": "correct", "service_code": "UM-B02"}, WANG, second=True)
    assert (answer["state"], answer["why"]) == ("disputed", "second_opinion")
    assert either_home.tickets()[0].service_code == "TR-03" and queue(either_home, WANG) == []
    assert queue(either_home, ZHAO) == [review.id]
    decide(either_home, {"outcome": "correct", "service_code": "UM-B02"}, ZHAO, second=True)
    assert only_review(either_home).state == "decided" and either_home.tickets()[0].service_code == "UM-B02"
    with either_home.database.reading() as session:
        assert reviewqueue.agreement(session)[1] == 1


def test_many_at_once_and_one_undo(either_home: Home) -> None:
    without_lots(either_home)
    for n in range(12):
        reports(either_home, either_home.resident(f"r{n}"))
    with either_home.database.transaction() as session:
        first = session.get_one(Review, queue(either_home, LI)[0])
        ids = [first.id, *(r.id for r in reviewqueue.list_similar(session, LI, first, either_home.clock()))]
        ruling = read_ruling({"outcome": "correct", "service_code": "TR-03"}, either_home.desk.city)
        done = decisions.decide_many(session, either_home.desk.office, LI, ids, ruling, either_home.clock())
    assert len(done["decided"]) == 12 and {t.service_code for t in either_home.tickets()} == {"TR-03"}
    assert len(undo(either_home)["undone"]) == 12
    assert {t.service_code for t in either_home.tickets()} == {"UM-G02"} and len(queue(either_home, LI)) == 12


def test_held_and_skipped_items_are_left_to_others(lamp: Home) -> None:
    review = only_review(lamp)
    with lamp.database.transaction() as session:
        assert reviewqueue.hold(session, LI, review.id, lamp.clock()) is None
    with lamp.database.transaction() as session:
        assert reviewqueue.hold(session, WANG, review.id, lamp.clock()) == LI.id
    assert queue(lamp, WANG) == [] and queue(lamp, LI) == [review.id]
    lamp.clock.forward(minutes=4)
    assert queue(lamp, WANG) == [review.id]
    decide(lamp, {"outcome": "skip"}, WANG)
    assert queue(lamp, WANG) == [] and queue(lamp, LI) == [review.id]


def test_danger_is_always_looked_at_and_the_lot_draws_silent_ones(either_home: Home) -> None:
    without_lots(either_home, sample=1.0)
    either_home.says(either_home.resident("a"), LAMP, document(LAMP, place=CROSSING))
    meant = document("电线掉下来冒火花了", code="UM-G09") | {
        "emergency": {"is": True, "kind": "electric", "numbers": [], "reason": None}
    }
    either_home.says(either_home.resident("b"), "电线掉下来冒火花了", meant)
    with either_home.database.reading() as session:
        found = [r.reason for r in reviewqueue.list_queue(session, LI, either_home.clock())]
    assert found == ["danger", "sample"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"outcome": "delete"},
        {"outcome": "correct"},
        {"outcome": "correct", "service_code": "XX-99"},
        {"outcome": "correct", "places": [{"lat": 33.0}]},
        {"outcome": "correct", "places": [{"lat": 1, "lon": 1}]},
        {"outcome": "split", "services": ["UM-G02"]},
        {"outcome": "merge"},
        {"outcome": "hand_over"},
        {"outcome": "emergency", "kind": "boredom"},
        {"outcome": "correct", "services": "UM-G02"},
        {"outcome": "correct", "service_code": {"a": 1}},
    ],
)
def test_what_cannot_be_decided_is_refused_in_words(home: Home, body: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        read_ruling(body, home.desk.city)


@pytest.mark.parametrize(
    ("text", "abusive"),
    [("你们这群废物", False), ("滚蛋吧你", True), ("傻逼", True), ("路灯坏了", False), ("草坪该浇水了", False)],
)
def test_abuse(text: str, abusive: bool) -> None:
    from language.abuse import is_abusive

    assert is_abusive(text) is abusive
