"""Cases in the database: taking one down, finding them, changing one. Plain functions on a Session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from bot.casedesk.documents import CLOSED_WORDS
from bot.casedesk.filters import RequestFilter
from bot.casedesk.problems import refuse
from bot.casedesk.tables import MILLISECOND, Case, Token, Update, key_of
from bot.casedesk.tokens import TokenPlan, hidden_cases, token_for
from bot.casedesk.validation import NewCase, NewUpdate


@dataclass(frozen=True)
class Sender:
    """`key` is the Idempotency-Key and `digest` tells what came with it; both None: nothing makes a repeat known."""

    source: str
    key: str | None = None
    digest: str | None = None


def take_case(
    session: Session, new: NewCase, media: list[str], sender: Sender, now: datetime, plan: TokenPlan | None = None
) -> tuple[Case, bool]:
    """The case and whether it is new. A known key gives the same case, counted once more.

    Raises Refused (422) where a known key comes with other words.
    """
    known = find_by_key(session, sender.key)
    if known is not None:
        if known.body_digest != sender.digest:
            raise refuse(422, "this Idempotency-Key came before with other fields: use a new key for a new case")
        known.posted += 1
        return known, False
    case = Case(
        received_at=now,
        updated_at=now,
        service_code=new.service_code,
        ticket_number=_own_number(new.attributes),
        idempotency_key=sender.key,
        body_digest=sender.digest,
        source=sender.source,
        posted=1,
        account_id=new.account_id,
        address=new.location.address,
        address_id=new.location.address_id,
        lat=new.location.lat,
        long=new.location.long,
        description=new.description,
        attributes=new.attributes,
        contact=new.contact,
        media=new.media_urls + media,
        status="open",
        status_note="",
    )
    session.add(case)
    session.flush()
    if plan is not None:
        session.add(token_for(case, plan, now))
    return case, True


def _own_number(attributes: dict[str, Any]) -> str | None:
    number = attributes.get("ticket_number")
    return number if isinstance(number, str) else None


def find_by_key(session: Session, key: str | None) -> Case | None:
    return session.scalar(select(Case).where(Case.idempotency_key == key)) if key else None


def find_by_number(session: Session, ticket_number: str) -> Case | None:
    """The first case that bore the sender's own number."""
    return session.scalar(select(Case).where(Case.ticket_number == ticket_number).order_by(Case.id).limit(1))


def get_case(session: Session, number: str) -> Case:
    """Raises Refused (404) for an id that is none or unknown."""
    key = key_of(number)
    case = session.get(Case, key) if key is not None else None
    if case is None:
        raise refuse(404, "service_request_id was not found")
    return case


def get_visible_case(session: Session, number: str, now: datetime) -> Case:
    case = get_case(session, number)
    if session.scalar(hidden_cases(now).where(Token.case_id == case.id)) is not None:
        raise refuse(404, "service_request_id was not found")
    return case


def list_cases(session: Session, wanted: RequestFilter, now: datetime) -> Sequence[Case]:
    """Newest first; asked for changes, the oldest change first, so that a reader can go on from the last one."""
    query = select(Case).where(Case.id.not_in(hidden_cases(now)))
    if wanted.ids:
        keys = [key for number in wanted.ids if (key := key_of(number)) is not None]
        query = query.where(Case.id.in_(keys))
    if wanted.service_codes:
        query = query.where(Case.service_code.in_(wanted.service_codes))
    if len(wanted.statuses) == 1:
        closed = Case.status.in_(CLOSED_WORDS)
        query = query.where(closed if "closed" in wanted.statuses else ~closed)
    for condition, value in (
        (Case.received_at.__ge__, wanted.start),
        (Case.received_at.__le__, wanted.end),
        (Case.updated_at.__ge__, wanted.updated_after),
        (Case.updated_at.__le__, wanted.updated_before),
        (Case.account_id.__eq__, wanted.account_id),
        (Case.ticket_number.__eq__, wanted.ticket_number),
    ):
        if value is not None:
            query = query.where(condition(value))
    by_change = wanted.updated_after is not None
    order = (Case.updated_at, Case.id) if by_change else (Case.received_at.desc(), Case.id.desc())
    return session.scalars(query.order_by(*order).limit(wanted.page.size).offset(wanted.page.offset)).all()


def list_all(session: Session) -> Sequence[Case]:
    return session.scalars(select(Case).order_by(Case.id)).all()


def list_for_page(
    session: Session, closed: bool | None, search: str, limit: int, offset: int
) -> tuple[Sequence[Case], int]:
    """One screenful, newest first, and how many there are. `closed` None means all; `search` is a number or words."""
    query = select(Case)
    if closed is not None:
        query = query.where(Case.status.in_(CLOSED_WORDS) if closed else Case.status.not_in(CLOSED_WORDS))
    if search:
        found = [Case.ticket_number == search, Case.address.contains(search, autoescape=True)]
        found.append(Case.description.contains(search, autoescape=True))
        if (key := key_of(search.upper())) is not None:
            found.append(Case.id == key)
        query = query.where(or_(*found))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    return session.scalars(query.order_by(Case.id.desc()).limit(limit).offset(offset)).all(), count


def change_status(session: Session, case: Case, word: str, note: str, now: datetime) -> Update:
    """The desk's own word on a case."""
    case.status, case.status_note = word, note
    return _append(session, case, Update(origin="desk", status=word, description=note, changes={}, media=[]), now)


def take_update(
    session: Session, case: Case, new: NewUpdate, media: list[str], sender: Sender, now: datetime
) -> tuple[Update, bool]:
    """What a reporter adds to a case, and whether it is new; a repeat of the same key changes nothing.

    Raises Refused (422) where a known key comes with other words.
    """
    known = find_update(session, sender.key)
    if known is not None:
        if known.body_digest != sender.digest:
            raise refuse(422, "this Idempotency-Key or update_id came before with other fields: use a new one")
        return known, False
    for name, value in new.changes.items():
        setattr(case, name, {**case.attributes, **value} if name == "attributes" else value)
    if "address" in new.changes and "lat" not in new.changes:
        case.lat = case.long = None  # the old point would send people to the place that was wrong
    if new.status is not None:
        case.status, case.status_note = new.status, ""
    case.media = case.media + new.media_urls + media
    update = Update(
        origin="reporter",
        status=case.status,
        description=new.description,
        changes=new.changes,
        media=new.media_urls + media,
        reported_at=new.reported_at,
        sender_key=sender.key,
        body_digest=sender.digest,
    )
    return _append(session, case, update, now), True


def find_update(session: Session, key: str | None) -> Update | None:
    return session.scalar(select(Update).where(Update.sender_key == key)) if key else None


def _append(session: Session, case: Case, update: Update, now: datetime) -> Update:
    """Moments within a case only grow, also within one millisecond and when the clock is set back."""
    case.updated_at = max(now, case.updated_at + MILLISECOND)
    update.case_id, update.at = case.id, case.updated_at
    session.add(update)
    session.flush()
    return update
