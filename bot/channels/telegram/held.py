"""Inbox items that wait for their pictures: stored at once with Telegram's file ids, released when the pictures are here.

While an item is held nothing newer of the same resident is handled, so the order stays. `files` in the payload names
what is still to be fetched, `parts` the messages of an album that are in, `settles_at` when an album counts as whole.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import messages, uploads
from bot.intake.city import City
from bot.intake.say import Say
from bot.intake.tables import Conversation, InboxItem

HOLD = timedelta(days=30)  # released by `release`; this only keeps others from taking the item before
SETTLE = timedelta(seconds=1.2)  # after the last part of an album that came


@dataclass(frozen=True)
class Held:
    """An item that waits; `settles_at` is None where it is no album."""

    item_id: int
    files: tuple[str, ...]
    settles_at: datetime | None


def is_held(item: InboxItem) -> bool:
    return item.state == "waiting" and "files" in item.payload


def lock(session: Session, item: InboxItem) -> None:
    """Reads the item as it is now, and keeps it so: its pictures may be arriving at this moment."""
    session.refresh(item, with_for_update=True)


def hold(item: InboxItem, files: tuple[str, ...], part: str | None, now: datetime) -> None:
    """Keeps a fresh item back until its pictures are here; `part` is given for the first part of an album."""
    album = {} if part is None else {"parts": [part], "settles_at": (now + SETTLE).isoformat()}
    item.payload = {**item.payload, "files": list(files), **album}
    item.next_attempt_at = now + HOLD


def add_part(item: InboxItem, files: tuple[str, ...], part: str, text: str | None, now: datetime) -> None:
    """One more message of an album that is still held; the first words among its parts count."""
    payload = item.payload
    item.payload = {
        **payload,
        **({"text": text} if text and not payload.get("text") else {}),
        "files": [*payload["files"], *files],
        "parts": [*payload["parts"], part],
        "settles_at": (now + SETTLE).isoformat(),
    }


def list_held(session: Session) -> list[Held]:
    query = (
        select(InboxItem)
        .join(Conversation, Conversation.id == InboxItem.conversation_id)
        .where(Conversation.channel == "telegram", InboxItem.state == "waiting", InboxItem.attempts == 0)
        .order_by(InboxItem.id)
    )
    return [_view(item) for item in session.scalars(query) if is_held(item)]


def find_held(session: Session, item_id: int) -> Held | None:
    item = session.get(InboxItem, item_id)
    return _view(item) if item is not None and is_held(item) else None


def keep_picture(
    session: Session, folder: Path, item_id: int, file: str, content: bytes, kind: str, now: datetime
) -> None:
    """Stores a fetched and cleaned picture with its item."""
    item = _locked(session, item_id)
    if item is None or file not in item.payload["files"]:
        return
    upload = uploads.store(session, folder, item.conversation_id, content, kind, now)
    known = item.payload.get("uploads") or []
    item.payload = {**_without(item, file), "uploads": known if upload.id in known else [*known, upload.id]}


def give_up_picture(session: Session, city: City, item_id: int, file: str, phrase: str, now: datetime) -> None:
    """Goes on without a picture and tells the resident why, once for each item."""
    item = _locked(session, item_id)
    if item is None or file not in item.payload["files"]:
        return
    told = bool(item.payload.get("told"))
    item.payload = {**_without(item, file), "told": True}
    conversation = session.get(Conversation, item.conversation_id)
    if conversation is not None and not told:
        messages.queue_message(session, conversation, Say(phrase), city.phrases, now, item.id)


def release(session: Session, item_id: int, now: datetime) -> bool:
    """Lets the item be handled; False where pictures or parts are still to come.

    An item of which nothing is left was answered when its picture was given up.
    """
    item = _locked(session, item_id)
    if item is None:
        return False
    view = _view(item)
    if view.files or (view.settles_at is not None and view.settles_at > now):
        return False
    item.payload = {key: value for key, value in item.payload.items() if key not in ("files", "settles_at", "told")}
    item.next_attempt_at = now
    if not {"text", "uploads"} & set(item.payload):
        item.state, item.done_at = "done", now
    return True


def _view(item: InboxItem) -> Held:
    settles_at = item.payload.get("settles_at")
    return Held(item.id, tuple(item.payload["files"]), datetime.fromisoformat(settles_at) if settles_at else None)


def _locked(session: Session, item_id: int) -> InboxItem | None:
    item = session.scalar(select(InboxItem).where(InboxItem.id == item_id).with_for_update())
    return item if item is not None and is_held(item) else None


def _without(item: InboxItem, file: str) -> dict[str, object]:
    return {**item.payload, "files": [other for other in item.payload["files"] if other != file]}
