"""From what an update means to the inbox: one transaction for each update, the same update twice changes nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.channels.telegram import held
from bot.channels.telegram.keyboards import payload_of
from bot.channels.telegram.reading import Blocked, Incoming
from bot.intake import inbox, messages
from bot.intake.city import City
from bot.intake.conversation.dangers import danger_say
from bot.intake.conversations import close_conversation, find_conversation, open_conversation
from bot.intake.tables import Conversation, InboxItem, Message
from language.danger import assess

CHANNEL = "telegram"
LOOK_BACK = 50  # messages in which a long payload's button is looked for


@dataclass(frozen=True)
class Stored:
    """Where it went; `new` is False for an update that was here already."""

    conversation_id: str
    new: bool


def store(session: Session, incoming: Incoming, city: City, now: datetime) -> Stored:
    """Raises BadInput where the inbox refuses it."""
    conversation, _ = open_conversation(session, CHANNEL, incoming.chat, now, incoming.language)
    if incoming.kind == "edit" and _nothing_changed(session, conversation, incoming):
        return Stored(conversation.id, new=False)
    if incoming.album_part is not None:
        return Stored(conversation.id, _store_part(session, conversation, incoming, incoming.album_part, city, now))
    payload = incoming.payload
    if incoming.kind == "button":
        payload = {"button": payload_of(payload["button"], _recent_bodies(session, conversation))}
    item, new = inbox.receive(session, conversation, incoming.update_id, incoming.kind, payload, now)
    if new and incoming.files:
        held.hold(item, incoming.files, None, now)
        _warn_early(session, conversation, item, city, now)
    return Stored(conversation.id, new)


def note_blocked(session: Session, change: Blocked, now: datetime) -> None:
    """Nothing more is sent to who stopped the bot; who lets it write again gets what has waited."""
    conversation = find_conversation(session, CHANNEL, change.chat)
    if conversation is None:
        return
    if change.blocked:
        close_conversation(session, conversation.id, now)
    else:
        open_conversation(session, CHANNEL, change.chat, now)


def _store_part(
    session: Session, conversation: Conversation, incoming: Incoming, part: str, city: City, now: datetime
) -> bool:
    """All parts of an album are one item; a part that comes when the item is handled already is one of its own."""
    album, new = inbox.receive(session, conversation, incoming.update_id, incoming.kind, incoming.payload, now)
    if new:
        held.hold(album, incoming.files, part, now)
        _warn_early(session, conversation, album, city, now)
        return True
    held.lock(session, album)
    if part in album.payload.get("parts", ()):
        return False
    if held.is_held(album):
        held.add_part(album, incoming.files, part, incoming.payload.get("text"), now)
        _warn_early(session, conversation, album, city, now)
        return True
    late, new = inbox.receive(session, conversation, part, incoming.kind, incoming.payload, now)
    if new:
        held.hold(late, incoming.files, None, now)
        _warn_early(session, conversation, late, city, now)
    return new


def _warn_early(session: Session, conversation: Conversation, item: InboxItem, city: City, now: datetime) -> None:
    """Danger gets its number at once: it does not wait for a picture."""
    danger = assess(item.payload.get("text") or "")
    if danger.is_now and danger.kind and not item.warned:
        messages.queue_message(
            session, conversation, danger_say(danger.kind, city.hotlines), city.phrases, now, item.id
        )
        item.warned = True


def _nothing_changed(session: Session, conversation: Conversation, incoming: Incoming) -> bool:
    """Whether an edit leaves the words as we know them (Telegram sends one for a link's preview too)."""
    original = incoming.payload["edits"]
    edits = select(InboxItem).where(
        InboxItem.conversation_id == conversation.id,
        InboxItem.update_id.startswith(incoming.update_id.rpartition(":")[0] + ":", autoescape=True),
    )
    latest = session.scalar(edits.order_by(InboxItem.id.desc()).limit(1))
    known = latest or inbox.find_item(session, conversation.id, original)
    return known is not None and known.payload.get("text") == incoming.payload["text"]


def _recent_bodies(session: Session, conversation: Conversation) -> list[dict[str, object]]:
    query = (
        select(Message.body)
        .where(Message.conversation_id == conversation.id)
        .order_by(Message.seq.desc())
        .limit(LOOK_BACK)
    )
    return list(session.scalars(query))
