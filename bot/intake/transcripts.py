"""A conversation as people read it: what the resident sent and what was answered, in one order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake.tables import InboxItem, Message, Upload
from language.pii import mask

LAST = 1 << 62  # after every message of a resident
STAFF = "staff"  # key in a message's body: a person wrote it
Side = Literal["resident", "bot", "staff"]


@dataclass(frozen=True)
class Line:
    """`understood` is the engine's document (interfaces.md §2), of residents' words alone."""

    side: Side
    at: datetime
    text: str
    kind: str = "text"  # text, button, location, photo, edit, command, other
    pin: tuple[float, float] | None = None
    photos: tuple[str, ...] = ()  # upload ids
    buttons: tuple[str, ...] = ()
    emergency: bool = False
    is_unsent: bool = False  # the channel could not deliver it (yet)
    understood: dict[str, Any] | None = None


def transcript(session: Session, conversation_id: str, hide: bool = True, limit: int = 200) -> list[Line]:
    """The latest lines, oldest first. `hide` masks personal data in the words."""
    asked = select(InboxItem).where(InboxItem.conversation_id == conversation_id)
    items = session.scalars(asked.order_by(InboxItem.id.desc()).limit(limit)).all()
    answered = select(Message).where(Message.conversation_id == conversation_id)
    replies = session.scalars(answered.order_by(Message.seq.desc()).limit(limit)).all()
    uploads = [upload for item in items for upload in item.payload.get("uploads") or ()]
    kept = set(session.scalars(select(Upload.id).where(Upload.id.in_(uploads)))) if uploads else set()
    clean = mask if hide else str
    titles = {button["payload"]: button["title"] for reply in replies for button in reply.body.get("buttons") or ()}
    # Of one moment, an answer stands after what it answers.
    lines = [((item.received_at, item.id, 0), _heard(item, clean, kept, titles)) for item in items]
    lines += [((reply.created_at, reply.inbox_id or LAST, reply.seq), _said(reply, clean)) for reply in replies]
    lines.sort(key=lambda line: line[0])
    return [line for _, line in lines][-limit:]


def version(session: Session, conversation_id: str) -> str:
    """Changes with every new line."""
    item = select(InboxItem.id).where(InboxItem.conversation_id == conversation_id).order_by(InboxItem.id.desc())
    reply = select(Message.seq).where(Message.conversation_id == conversation_id).order_by(Message.seq.desc())
    return f"{session.scalar(item.limit(1)) or 0}.{session.scalar(reply.limit(1)) or 0}"


def _heard(item: InboxItem, clean: Any, kept: set[str], titles: dict[str, str]) -> Line:
    payload = item.payload
    pin = payload.get("location")
    button = payload.get("button") or ""
    return Line(
        side="resident",
        at=item.received_at,
        text=clean(payload.get("text") or payload.get("command") or titles.get(button, button)),
        kind=item.kind,
        pin=(pin["lat"], pin["lon"]) if pin else None,
        photos=tuple(upload for upload in payload.get("uploads") or () if upload in kept),
        understood=item.understood,
    )


def _said(reply: Message, clean: Any) -> Line:
    body = reply.body
    return Line(
        side="staff" if body.get(STAFF) else "bot",
        at=reply.created_at,
        text=clean(body.get("text") or ""),
        buttons=tuple(button["title"] for button in body.get("buttons") or ()),
        emergency=bool(body.get("emergency")),
        is_unsent=reply.state in ("waiting", "claimed", "failed"),
    )
