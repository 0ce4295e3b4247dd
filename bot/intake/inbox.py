"""The inbox: what residents sent, stored before it is acknowledged, handled once and in order for each of them.

A payload may hold `text`, `button`, `location` {"lat", "lon"}, `uploads` [ids], `language`, `command`, `other`
(sticker, voice, …) and, for an edited message, `edits` (the update id of what it replaces).
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from bot.intake.errors import BadInput, LeaseLost
from bot.intake.tables import Conversation, InboxItem
from language.clean import clean

MAX_TEXT = 20_000  # characters; longer ones are refused with words, never cut silently
KINDS = ("text", "button", "location", "photo", "edit", "command", "other")


def receive(
    session: Session, conversation: Conversation, update_id: str, kind: str, payload: dict[str, Any], now: datetime
) -> tuple[InboxItem, bool]:
    """Stores what came in; False where this update was already here, in which case nothing changes.

    Raises BadInput for an unknown kind or a text that is too long.
    """
    if kind not in KINDS:
        raise BadInput(f"'{kind}' is no kind of message; use one of {', '.join(KINDS)}")
    if len(payload.get("text") or "") > MAX_TEXT:
        raise BadInput(f"the text is longer than {MAX_TEXT} characters; send it in parts")
    found = find_item(session, conversation.id, update_id)
    if found is not None:
        return found, False
    item = InboxItem(
        conversation_id=conversation.id,
        update_id=update_id,
        kind=kind,
        payload=_cleaned(payload),
        received_at=now,
        next_attempt_at=now,
    )
    try:
        with session.begin_nested():
            session.add(item)
            session.flush()
    except IntegrityError:  # the same update came in at the same moment through another worker
        twin = find_item(session, conversation.id, update_id)
        if twin is None:
            raise
        return twin, False
    conversation.last_seen_at = now
    return item, True


def find_item(session: Session, conversation_id: str, update_id: str) -> InboxItem | None:
    query = select(InboxItem).where(InboxItem.conversation_id == conversation_id, InboxItem.update_id == update_id)
    return session.scalar(query)


def claim_next(session: Session, now: datetime, lease: timedelta) -> InboxItem | None:
    """Leases the oldest item whose resident has nothing older unfinished; None where nothing is due."""
    earlier = aliased(InboxItem)
    older = (
        select(earlier.id)
        .where(
            earlier.conversation_id == InboxItem.conversation_id,
            earlier.id < InboxItem.id,
            earlier.state != "done",
        )
        .exists()
    )
    stalled = (InboxItem.state == "claimed") & (InboxItem.lease_until < now)
    query = (
        select(InboxItem)
        .where((InboxItem.state == "waiting") | stalled, InboxItem.next_attempt_at <= now, ~older)
        .order_by(InboxItem.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=InboxItem)
    )
    item = session.scalar(query)
    if item is None:
        return None
    item.state = "claimed"
    item.lease_token = secrets.token_hex(8)
    item.lease_until = now + lease
    item.attempts += 1
    return item


def get_leased(session: Session, item_id: int, lease_token: str) -> InboxItem:
    """The item, locked for this transaction. Raises LeaseLost where another worker has it by now."""
    query = select(InboxItem).where(InboxItem.id == item_id).with_for_update()
    item = session.scalar(query)
    if item is None or item.lease_token != lease_token:
        raise LeaseLost(f"inbox item {item_id} is leased to another worker")
    return item


def put_back(session: Session, item_id: int, lease_token: str, at: datetime, trouble: str) -> None:
    """Leaves the item for a later try at `at`; `trouble` is the name of what went wrong."""
    session.execute(
        update(InboxItem)
        .where(InboxItem.id == item_id, InboxItem.lease_token == lease_token, InboxItem.state == "claimed")
        .values(state="waiting", lease_token=None, lease_until=None, next_attempt_at=at, trouble=trouble)
    )


def count_unfinished(session: Session, conversation_id: str) -> int:
    query = select(func.count()).where(InboxItem.conversation_id == conversation_id, InboxItem.state != "done")
    return session.scalar(query) or 0


def next_due(session: Session, now: datetime) -> datetime | None:
    """The next moment after `now` at which waiting work falls due or a lease runs out; None where there is none."""
    moment = case((InboxItem.state == "waiting", InboxItem.next_attempt_at), else_=InboxItem.lease_until)
    due: datetime | None = session.scalar(select(func.min(moment)).where(InboxItem.state != "done", moment > now))
    return due


def _cleaned(payload: dict[str, Any]) -> dict[str, Any]:
    text = payload.get("text")
    return payload if text is None else {**payload, "text": clean(text)}
