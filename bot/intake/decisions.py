"""Deciding a review item: one function, one transaction. It closes the item, mends the live ticket, tells the resident,
keeps the example and writes the audit line; the pages and the JSON API both call it.

A second opinion (`second=True`) changes nothing: it is compared. Where two people differ, a reviewer has the last word.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import audit, examples, messages, tickets
from bot.intake.accounttables import Account
from bot.intake.conversation.dangers import KINDS, danger_say
from bot.intake.conversations import get_conversation
from bot.intake.errors import BadInput, IntakeError
from bot.intake.ids import new_id
from bot.intake.mending import Mended, Office, mend, take_back
from bot.intake.people import Person
from bot.intake.reviewtables import ReviewDecision
from bot.intake.rulings import PASSING, PlaceRuling, Ruling
from bot.intake.tables import InboxItem, Review, Ticket

WARN_WITHIN = timedelta(hours=2)  # a message older than this needs no telephone numbers any more
UNDO_WITHIN = timedelta(hours=8)  # a shift
OUT_OF_SCOPE = "out_of_scope"


class Conflict(IntakeError):
    """Somebody has decided otherwise; look at the item as it is now."""

    def __init__(self, decided_by: str) -> None:
        super().__init__(f"decided otherwise by {decided_by}; look at the item again")
        self.decided_by = decided_by


def decide(
    session: Session,
    office: Office,
    person: Person,
    review_id: str,
    ruling: Ruling,
    now: datetime,
    *,
    second: bool = False,
    batch_id: str | None = None,
) -> dict[str, Any]:
    """What came of it, as the API answers. The same decision again gives the same answer.

    Raises LookupError where there is no such item, Conflict, or BadInput where this item cannot be decided so.
    """
    review = session.scalar(select(Review).where(Review.id == review_id).with_for_update())
    if review is None:
        raise LookupError(f"no review item {review_id}")
    standing = list_standing(session, review.id)
    for one in standing:
        if one.ruling == ruling.to_document() and not (second and one.person_id != person.id):
            return one.answer
    round_ = _round(review, standing, person, second)
    if ruling.outcome in PASSING:
        return _pass_on(session, person, review, ruling, now)
    filed = list_tickets(session, review)
    label = label_of(ruling, current_services(session, review, filed))
    done = Mended(why="second_opinion")
    if round_ != 2:
        done = mend(session, office, ruling, filed, now)
        if ruling.outcome == "emergency" and not filed:
            done.told += _warn(session, office, review, ruling, now)
    _close(review, round_, label, standing, now)
    _teach(session, person, review, ruling, label, now)
    row = ReviewDecision(
        id=new_id(),
        review_id=review.id,
        round=round_,
        person_id=person.id,
        person_name=person.name,
        outcome=ruling.outcome,
        ruling=ruling.to_document(),
        label=label,
        effects=done.effects,
        answer=_answer(session, review, ruling, person, done),
        batch_id=batch_id or new_id(),
        decided_at=now,
    )
    session.add(row)
    facts = {"outcome": ruling.outcome, "label": label, "round": round_, "told": done.told, "why": done.why}
    audit.append(session, person, "review.decided", f"review:{review.id}", facts, now)
    return row.answer


def decide_many(
    session: Session, office: Office, person: Person, review_ids: list[str], ruling: Ruling, now: datetime
) -> dict[str, Any]:
    """The same decision on many items, undone as one. Items that somebody decided meanwhile are left and named."""
    batch_id = new_id()
    decided, left = [], []
    for review_id in review_ids:
        try:
            decide(session, office, person, review_id, ruling, now, batch_id=batch_id)
        except (Conflict, LookupError):
            left.append(review_id)
        else:
            decided.append(review_id)
    return {"decided": decided, "left": left, "batch": batch_id}


def undo_last(session: Session, office: Office, person: Person, now: datetime) -> dict[str, Any]:
    """Takes back this person's last decision, or the last lot of them; `undone` is empty where there is none.

    The resident is told only where the decision was told. Raises Conflict where somebody has decided upon it since.
    """
    last = session.scalar(
        select(ReviewDecision)
        .where(
            ReviewDecision.person_id == person.id,
            ReviewDecision.undone_at.is_(None),
            ReviewDecision.decided_at >= now - UNDO_WITHIN,
        )
        .order_by(ReviewDecision.decided_at.desc(), ReviewDecision.id)
        .limit(1)
    )
    if last is None:
        return {"undone": [], "told": 0, "why": "nothing_to_undo"}
    rows = session.scalars(
        select(ReviewDecision).where(ReviewDecision.batch_id == last.batch_id, ReviewDecision.undone_at.is_(None))
    ).all()
    told, why = 0, None
    for row in rows:
        review = session.scalar(select(Review).where(Review.id == row.review_id).with_for_update())
        assert review is not None  # noqa: S101 - the decision's foreign key
        later = next((one for one in list_standing(session, review.id) if one.round > row.round), None)
        if later is not None:
            raise Conflict(later.person_name)
        back = take_back(session, office, row.effects, tell=bool(row.answer["told"]), now=now)
        told, why = told + back.told, why or back.why
        row.undone_at = now
        examples.withdraw_examples(session, review.id, now)
        review.state = {1: "open", 2: "second", 3: "disputed"}[row.round]
        review.decided_at = None
        audit.append(session, person, "review.undone", f"review:{review.id}", {"told": back.told, "why": back.why}, now)
    session.flush()
    return {"undone": [row.review_id for row in rows], "told": told, "why": why}


def catch_up(session: Session, office: Office, review: Review, filed: list[Ticket], now: datetime) -> None:
    """A message that was decided before its ticket was filed: the decision reaches the ticket now."""
    last = next((one for one in reversed(list_standing(session, review.id)) if one.round != 2), None)
    if last is None or last.answer.get("why") != "not_filed":
        return
    done = mend(session, office, _ruling_of(last), filed, now)
    last.effects = done.effects
    last.answer = {**last.answer, **_told(done), "tickets": _numbers(session, done, filed)}


def list_standing(session: Session, review_id: str) -> list[ReviewDecision]:
    """Decisions that were not undone, in their rounds."""
    query = select(ReviewDecision).where(ReviewDecision.review_id == review_id, ReviewDecision.undone_at.is_(None))
    return list(session.scalars(query.order_by(ReviewDecision.round)))


def list_tickets(session: Session, review: Review) -> list[Ticket]:
    """The tickets of the item's message, in the order of its problems."""
    ids = list(review.data.get("tickets") or ([review.ticket_id] if review.ticket_id else []))
    found = [session.get(Ticket, ticket_id) for ticket_id in ids]
    return [ticket for ticket in found if ticket is not None]


def current_services(session: Session, review: Review, filed: list[Ticket]) -> list[str]:
    """What stands now and is accepted by Enter: the tickets' services, else what the engine thought likeliest."""
    if filed:
        return [ticket.service_code for ticket in filed]
    item = session.get(InboxItem, review.inbox_id) if review.inbox_id else None
    requests = ((item.understood if item else None) or {}).get("requests") or []
    return [request["service_code"] for request in requests]


def label_of(ruling: Ruling, current: list[str]) -> str:
    """One word for what a decision comes to, so that two people's can be compared."""
    if ruling.outcome in (OUT_OF_SCOPE, "emergency"):
        return ruling.outcome
    codes = [*ruling.services, *current[len(ruling.services) :]]
    return "+".join(codes)[:128] or ruling.outcome


def _round(review: Review, standing: list[ReviewDecision], person: Person, second: bool) -> int:
    """Which decision this would be. Raises Conflict where it is not this person's turn."""
    if review.state == "open":
        return 1
    if review.state == "second" and second and all(one.person_id != person.id for one in standing):
        return 2
    took_part = any(one.person_id == person.id for one in standing)
    if review.state == "disputed" and person.may("reviewer") and not took_part:
        return 3
    raise Conflict(standing[-1].person_name if standing else "the service")


def _close(review: Review, round_: int, label: str, standing: list[ReviewDecision], now: datetime) -> None:
    if round_ == 1 and review.twice:
        review.state = "second"
    elif round_ == 2 and standing[0].label != label:
        review.state = "disputed"
    else:
        review.state = "decided"
    review.decided_at = now
    review.held_by = review.held_until = review.assigned_to = None


def _pass_on(session: Session, person: Person, review: Review, ruling: Ruling, now: datetime) -> dict[str, Any]:
    """Skipped or handed to a colleague: it stays open."""
    if ruling.outcome == "skip":
        skipped = {**review.data.get("skipped", {}), person.id: now.isoformat()}
        review.data = {**review.data, "skipped": skipped}
    else:
        key = (ruling.colleague or "").casefold()
        query = select(Account).where(Account.disabled_at.is_(None))
        colleague = next((one for one in session.scalars(query) if one.name.casefold() == key), None)
        if colleague is None or colleague.role == "auditor":
            raise BadInput(f"there is no colleague {ruling.colleague} who could decide")
        if review.assigned_to != colleague.id:
            review.assigned_to = colleague.id
            audit.append(session, person, "review.handed", f"review:{review.id}", {"to": colleague.id}, now)
    review.held_by = review.held_until = None
    return {"id": review.id, "outcome": ruling.outcome, "state": review.state, "decided_by": None,
            "mended": False, "told": 0, "why": None, "tickets": []}  # fmt: skip


def _teach(session: Session, person: Person, review: Review, ruling: Ruling, label: str, now: datetime) -> None:
    """The example that comes of it. A message cut in more problems than the engine saw teaches nothing: which words
    belong to which is not known."""
    item = session.get(InboxItem, review.inbox_id) if review.inbox_id else None
    text = (item.payload.get("text") or "").strip() if item else ""
    if item is None or not text:
        return
    if ruling.outcome == OUT_OF_SCOPE:
        pairs: list[tuple[str, str | None]] = [(text, None)]
    else:
        requests = (item.understood or {}).get("requests") or []
        codes = label.split("+") if label not in ("emergency", ruling.outcome) else list(ruling.services)
        if len(codes) == 1:
            pairs = [(text, codes[0])]
        elif len(codes) == len(requests):
            pairs = [(request["text"], code) for request, code in zip(requests, codes, strict=True)]
        else:
            return
    for words, code in pairs:
        if words.strip() and (code is None or not code.startswith("NT-")):
            examples.add_example(
                session,
                words,
                code,
                now,
                intent=examples.REPORT if code else OUT_OF_SCOPE,
                account_id=person.id,
                review_id=review.id,
                inbox_id=item.id,
            )


def _warn(session: Session, office: Office, review: Review, ruling: Ruling, now: datetime) -> int:
    """The numbers to call, where the resident has not filed anything yet and may still be in it."""
    if review.conversation_id is None or now - review.created_at > WARN_WITHIN:
        return 0
    kind = ruling.kind or review.data.get("kind") or "injury"
    conversation = get_conversation(session, review.conversation_id)
    say = danger_say(kind if kind in KINDS else "injury", office.city.hotlines)
    messages.queue_message(session, conversation, say, office.city.phrases, now)
    return 1


def _answer(session: Session, review: Review, ruling: Ruling, person: Person, done: Mended) -> dict[str, Any]:
    return {
        "id": review.id,
        "outcome": ruling.outcome,
        "state": review.state,
        "decided_by": person.name,
        **_told(done),
        "tickets": _numbers(session, done, list_tickets(session, review)),
    }


def _told(done: Mended) -> dict[str, Any]:
    return {"mended": bool(done.effects), "told": done.told, "why": done.why}


def _numbers(session: Session, done: Mended, filed: list[Ticket]) -> list[dict[str, str]]:
    added = [tickets.get_ticket(session, e["ticket"]) for e in done.effects if e["do"] == "filed"]
    return [{"number": t.number, "service_code": t.service_code, "status": t.status} for t in [*filed, *added]]


def _ruling_of(row: ReviewDecision) -> Ruling:
    document = row.ruling
    places = tuple(PlaceRuling(**place) if place else None for place in document["places"])
    return Ruling(**{**document, "services": tuple(document["services"]), "places": places})
