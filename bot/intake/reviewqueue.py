"""The open review items in the order people see them, who has one before the eyes, and items that are alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.intake.agreement import kappa
from bot.intake.doubts import HANDOFF
from bot.intake.people import Person
from bot.intake.queue_order import ALIKE, Candidate, diversify, grams, likeness
from bot.intake.reviewtables import ReviewDecision
from bot.intake.tables import InboxItem, Review, Ticket

POOL = 300  # the most pressing items, among which likes are spread
MOST = 200  # items of one answer, and of one decision in bulk
HOLD = timedelta(minutes=3)  # an item stays with whoever looks at it, longer while the page says so
SKIPPED = timedelta(minutes=30)  # what one skipped is kept from this person's queue


@dataclass(frozen=True)
class Wanted:
    reason: str = ""
    service: str = ""  # the likeliest one


def list_queue(
    session: Session, person: Person, now: datetime, limit: int = 50, wanted: Wanted | None = None
) -> list[Review]:
    """This person's items, most pressing first: not those that somebody else has before the eyes or was handed."""
    query = (
        select(Review)
        .where(_turn(session, person), _free(person, now), *_matches(wanted or Wanted()))
        .order_by(Review.score.desc(), Review.id)
        .limit(max(POOL, limit))
    )
    pool = [review for review in session.scalars(query) if not _was_skipped(review, person, now)]
    texts = texts_of(session, pool)
    by_id = {review.id: review for review in pool}
    found = [Candidate(r.id, r.score, r.pair, grams(texts.get(r.id, ""))) for r in pool]
    return [by_id[candidate.id] for candidate in diversify(found, min(limit, MOST))]


def list_similar(session: Session, person: Person, review: Review, now: datetime, limit: int = MOST) -> list[Review]:
    """Open items with the same services in question that say nearly the same, for one decision on all."""
    query = (
        select(Review)
        .where(Review.state == "open", Review.pair == review.pair, Review.id != review.id, _free(person, now))
        .order_by(Review.score.desc(), Review.id)
        .limit(5 * MOST)
    )
    pool = list(session.scalars(query)) if review.pair else []
    texts = texts_of(session, [review, *pool])
    own = grams(texts.get(review.id, ""))
    return [one for one in pool if likeness(own, grams(texts.get(one.id, ""))) >= ALIKE][:limit]


def hold(session: Session, person: Person, review_id: str, now: datetime) -> str | None:
    """Marks the item as before this person's eyes; the account of another who has it, None where it is free.

    Raises LookupError where there is no such item.
    """
    review = session.scalar(select(Review).where(Review.id == review_id).with_for_update())
    if review is None:
        raise LookupError(f"no review item {review_id}")
    if review.held_by not in (None, person.id) and review.held_until and review.held_until > now:
        return review.held_by
    review.held_by, review.held_until = person.id, now + HOLD
    return None


def release(session: Session, person: Person, review_id: str) -> None:
    review = session.get(Review, review_id)
    if review is not None and review.held_by == person.id:
        review.held_by = review.held_until = None


def count_by_reason(session: Session) -> dict[str, int]:
    """How many items are open, by reason; those that wait for a person to talk are counted elsewhere."""
    query = select(Review.reason, func.count()).where(Review.state == "open", Review.reason != HANDOFF)
    return dict(session.execute(query.group_by(Review.reason)).all())


def agreement(session: Session) -> tuple[float | None, int]:
    """Cohen's kappa over the last thousand items that two people judged, and how many there were."""
    first, second = (
        select(ReviewDecision.review_id, ReviewDecision.label, ReviewDecision.decided_at)
        .where(ReviewDecision.round == number, ReviewDecision.undone_at.is_(None))
        .subquery()
        for number in (1, 2)
    )
    query = (
        select(first.c.label, second.c.label)
        .join(second, second.c.review_id == first.c.review_id)
        .order_by(second.c.decided_at.desc())
        .limit(1000)
    )
    pairs = [(one, other) for one, other in session.execute(query)]
    return kappa(pairs), len(pairs)


def texts_of(session: Session, reviews: Iterable[Review]) -> dict[str, str]:
    """The resident's words by review item; of items without a message the ticket's."""
    rows = list(reviews)
    inbox_ids = {r.inbox_id for r in rows if r.inbox_id is not None}
    ticket_ids = {r.ticket_id for r in rows if r.ticket_id is not None}
    words = select(InboxItem.id, InboxItem.payload).where(InboxItem.id.in_(inbox_ids))
    said = {number: str(payload.get("text") or "") for number, payload in session.execute(words)}
    filed = dict(session.execute(select(Ticket.id, Ticket.text).where(Ticket.id.in_(ticket_ids))).all())
    return {r.id: said.get(r.inbox_id or 0) or filed.get(r.ticket_id or "", "") for r in rows}


def _turn(session: Session, person: Person) -> ColumnElement[bool]:
    """Items that wait for this person: open ones, second opinions on others' decisions, disputes for reviewers."""
    mine = select(ReviewDecision.review_id).where(
        ReviewDecision.person_id == person.id, ReviewDecision.undone_at.is_(None)
    )
    again = ["second", "disputed"] if person.may("reviewer") else ["second"]
    return or_(Review.state == "open", and_(Review.state.in_(again), Review.id.not_in(mine)))


def _free(person: Person, now: datetime) -> ColumnElement[bool]:
    nobody = or_(Review.held_by.is_(None), Review.held_by == person.id, Review.held_until < now)
    return and_(nobody, or_(Review.assigned_to.is_(None), Review.assigned_to == person.id))


def _matches(wanted: Wanted) -> list[ColumnElement[bool]]:
    rules = [Review.reason == wanted.reason if wanted.reason else Review.reason != HANDOFF]
    if wanted.service:
        rules.append(and_(Review.pair >= f"{wanted.service}|", Review.pair < f"{wanted.service}}}"))
    return rules


def _was_skipped(review: Review, person: Person, now: datetime) -> bool:
    moment = (review.data.get("skipped") or {}).get(person.id)
    return moment is not None and datetime.fromisoformat(moment) > now - SKIPPED
