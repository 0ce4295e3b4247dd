"""While a person talks to a resident the bot is silent: what the resident writes is stored, danger gets its number."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import handovers, messages, reviews
from bot.intake.city import City
from bot.intake.conversation.dangers import KINDS, danger_say
from bot.intake.conversation.heard import Heard
from bot.intake.tables import Conversation, InboxItem, Message

RECENT = 6  # messages among which the same warning is not said again


def attend(
    session: Session, city: City, conversation: Conversation, item: InboxItem, heard: Heard, now: datetime
) -> bool:
    """Whether the turn is over with this: the conversation is in a person's hands. Commands to the bot are not theirs.

    A hand-over in which nobody has written for long ends here, and the bot answers.
    """
    handover = handovers.find_taken(session, conversation.id)
    if handover is None:
        return heard.button == handovers.BACK  # pressed again after the end: nothing to do
    if heard.button == handovers.BACK:
        handovers.close(session, handover, "resident", city.phrases, now)
        return True
    if handovers.is_idle(handover, city.patience, now):
        handovers.close(session, handover, "idle", city.phrases, now)
        return False
    if item.kind == "command":
        return False
    handovers.heard(handover, now)
    if heard.danger in KINDS:
        _warn(session, city, conversation, item, str(heard.danger), now)
    return True


def _warn(session: Session, city: City, conversation: Conversation, item: InboxItem, kind: str, now: datetime) -> None:
    """The number, at once, and a person is called as well: the one who talks may have looked away."""
    body = city.phrases.body(danger_say(kind, city.hotlines), conversation.language)
    query = select(Message).where(Message.conversation_id == conversation.id).order_by(Message.seq.desc()).limit(RECENT)
    said = any(message.body.get("text") == body["text"] for message in session.scalars(query))
    if not said and not item.warned:
        messages.queue_body(session, conversation, body, now, item.id)
    reviews.open_review(
        session,
        f"inbox:{item.id}:danger:attended",
        "danger",
        now,
        conversation_id=conversation.id,
        inbox_id=item.id,
        data={"kind": kind},
    )
