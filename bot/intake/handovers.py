"""Residents who want a person: asked for, taken, talked to in the same chat, given back to the bot.

waiting → taken (the bot is silent, danger excepted) → ended. Waiting ones that nobody takes end as missed, taken ones in
which nobody writes end as idle; the resident is told each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.intake import audit, messages
from bot.intake.city import Patience
from bot.intake.conversations import get_conversation
from bot.intake.errors import BadInput
from bot.intake.handovertables import Handover
from bot.intake.ids import new_id
from bot.intake.people import Person
from bot.intake.phrases import Phrases
from bot.intake.say import Button, Say
from bot.intake.tables import Conversation, Review
from bot.intake.transcripts import STAFF

Ending = Literal["answered", "idle", "resident", "missed", "left"]
BACK = "handover:end"  # the button by which residents return to the bot
LONGEST = 2000  # characters of one message of a person
CANNED = ("canned_wait", "canned_where", "canned_photo", "canned_passed_on", "canned_numbers", "canned_goodbye")
_TOLD: dict[Ending, str] = {  # what the resident hears
    "answered": "handover_ended",
    "idle": "handover_idle",
    "resident": "handover_back",
    "missed": "handover_missed",
}


@dataclass(frozen=True)
class Figures:
    """Calls of residents since the beginning, and how they stand."""

    offered: int
    waiting: int
    taken: int
    missed: int
    oldest_waiting: datetime | None


def ask(
    session: Session, conversation_id: str, inbox_id: int | None, review_id: str | None, now: datetime
) -> tuple[Handover, bool]:
    """The open hand-over of this conversation, and whether it is new: asking twice is asking once."""
    found = find_open(session, conversation_id)
    if found is not None:
        return found, False
    handover = Handover(
        id=new_id(),
        conversation_id=conversation_id,
        inbox_id=inbox_id,
        review_id=review_id,
        state="waiting",
        asked_at=now,
        last_at=now,
    )
    try:
        with session.begin_nested():
            session.add(handover)
            session.flush()
    except IntegrityError:  # at the same moment through another worker
        twin = find_open(session, conversation_id)
        if twin is None:
            raise
        return twin, False
    return handover, True


def find_open(session: Session, conversation_id: str) -> Handover | None:
    return session.scalar(
        select(Handover).where(Handover.conversation_id == conversation_id, Handover.state != "ended")
    )


def find_taken(session: Session, conversation_id: str) -> Handover | None:
    """The hand-over in which a person answers; None where the bot does. Locked, so that it cannot end meanwhile."""
    query = select(Handover).where(Handover.conversation_id == conversation_id, Handover.state == "taken")
    return session.scalar(query.with_for_update())


def is_idle(handover: Handover, patience: Patience, now: datetime) -> bool:
    return now - handover.last_at >= patience.idle


def take(session: Session, person: Person, handover_id: str, phrases: Phrases, now: datetime) -> Handover:
    """The person answers from now on; also in place of a colleague. The resident is told the first time.

    Raises BadInput where it has ended.
    """
    handover = _get(session, handover_id)
    if handover.state == "ended":
        raise BadInput("the hand-over has ended; wait until the resident asks again")
    if handover.state == "taken" and handover.account_id == person.id:
        return handover
    first = handover.state == "waiting"
    handover.state, handover.account_id, handover.account_name = "taken", person.id, person.name
    handover.taken_at, handover.last_at = now, now
    if first:
        conversation = get_conversation(session, handover.conversation_id)
        back = Button(BACK, "button_handover_back")
        messages.queue_message(session, conversation, Say("handover_taken", {}, (back,)), phrases, now)
    _write(session, person, "handover.take", handover, {"first": first}, now)
    return handover


def say(
    session: Session, person: Person, handover_id: str, text: str, key: str, phrases: Phrases, now: datetime
) -> bool:
    """The person's words go to the resident over the resident's channel. False where this `key` was said already.

    Raises BadInput where the words are empty or too long, or the hand-over is not this person's.
    """
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise BadInput(f"write between 1 and {LONGEST} characters")
    handover = _get(session, handover_id)
    if handover.state != "taken" or handover.account_id != person.id:
        raise BadInput("the hand-over is not yours (any more); take it first")
    if key and handover.said_key == key:
        return False
    conversation = get_conversation(session, handover.conversation_id)
    back = Button(BACK, "button_handover_back")
    body = phrases.body(Say("handover_says", {"text": words}, (back,)), conversation.language)
    messages.queue_body(session, conversation, {**body, STAFF: True}, now)
    handover.said_key, handover.last_at = key or None, now
    _write(session, person, "handover.say", handover, {"characters": len(words)}, now)
    return True


def end(session: Session, person: Person, handover_id: str, phrases: Phrases, now: datetime) -> bool:
    """The person gives the resident back to the bot. False where it had ended before."""
    handover = _get(session, handover_id)
    if handover.state == "ended":
        return False
    close(session, handover, "answered", phrases, now)
    _write(session, person, "handover.end", handover, {}, now)
    return True


def close(session: Session, handover: Handover, ending: Ending, phrases: Phrases | None, now: datetime) -> None:
    """Ends it, closes its review item and tells the resident; `phrases` None where nobody is there to be told."""
    handover.state, handover.ending, handover.ended_at, handover.last_at = "ended", ending, now, now
    session.flush()
    if handover.review_id is not None:
        review = session.get(Review, handover.review_id)
        if review is not None and review.state != "decided":
            review.state, review.decided_at = "decided", now
    conversation = session.get(Conversation, handover.conversation_id)
    if phrases is not None and ending in _TOLD and conversation is not None and conversation.closed_at is None:
        messages.queue_message(session, conversation, Say(_TOLD[ending]), phrases, now)


def heard(handover: Handover, now: datetime) -> None:
    """The resident wrote."""
    handover.last_at = now


def end_overdue(session: Session, patience: Patience, phrases: Phrases, now: datetime) -> int:
    """Ends what nobody took and where nobody writes any more, and what residents have left; how many those were."""
    idle = (Handover.state == "taken") & (Handover.last_at <= now - patience.idle)
    missed = (Handover.state == "waiting") & (Handover.asked_at <= now - patience.missed)
    left = (Handover.state != "ended") & Conversation.closed_at.is_not(None)
    query = (
        select(Handover, Conversation)
        .join(Conversation, Conversation.id == Handover.conversation_id)
        .where(or_(idle, missed, left))
        .with_for_update(skip_locked=True, of=Handover)
    )
    rows = session.execute(query).all()
    for handover, conversation in rows:
        if conversation.closed_at is not None:
            close(session, handover, "left", None, now)
        else:
            close(session, handover, "idle" if handover.state == "taken" else "missed", phrases, now)
    return len(rows)


def list_open(session: Session) -> Sequence[Handover]:
    """Waiting ones, the longest first; then those in somebody's hands."""
    query = select(Handover).where(Handover.state != "ended")
    return session.scalars(query.order_by(Handover.state.desc(), Handover.asked_at, Handover.id).limit(500)).all()


def list_ended(session: Session, limit: int = 30) -> Sequence[Handover]:
    """The latest first."""
    query = select(Handover).where(Handover.state == "ended")
    return session.scalars(query.order_by(Handover.ended_at.desc(), Handover.id).limit(limit)).all()


def find(session: Session, handover_id: str) -> Handover | None:
    return session.get(Handover, handover_id)


def count_waiting(session: Session) -> int:
    return session.scalar(select(func.count()).where(Handover.state == "waiting")) or 0


def figures(session: Session) -> Figures:
    counted = session.execute(
        select(Handover.state, Handover.ending, func.count()).group_by(Handover.state, Handover.ending)
    )
    by_kind = {(state, ending): number for state, ending, number in counted}
    oldest = session.scalar(select(func.min(Handover.asked_at)).where(Handover.state == "waiting"))
    return Figures(
        offered=sum(by_kind.values()),
        waiting=sum(number for (state, _), number in by_kind.items() if state == "waiting"),
        taken=sum(number for (state, _), number in by_kind.items() if state == "taken"),
        missed=by_kind.get(("ended", "missed"), 0),
        oldest_waiting=oldest,
    )


def canned(phrases: Phrases, language: str, fallback: str, area_code: str) -> list[str]:
    """Answers ready to be sent, in the resident's language."""
    return [phrases.text(key, language, fallback=fallback, area_code=area_code) for key in CANNED]


def _get(session: Session, handover_id: str) -> Handover:
    handover = session.scalar(select(Handover).where(Handover.id == handover_id).with_for_update())
    if handover is None:
        raise LookupError(f"no hand-over {handover_id}")
    return handover


def _write(
    session: Session, person: Person, action: str, handover: Handover, data: dict[str, object], now: datetime
) -> None:
    data = {"conversation_id": handover.conversation_id, **data}
    audit.append(session, person, action, f"handover:{handover.id}", data, now)
