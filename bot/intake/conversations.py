"""Residents' conversations: one for each address on a channel."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.intake.ids import new_id
from bot.intake.tables import Conversation


def find_conversation(session: Session, channel: str, address: str) -> Conversation | None:
    query = select(Conversation).where(Conversation.channel == channel, Conversation.address == address)
    return session.scalar(query)


def get_conversation(session: Session, conversation_id: str) -> Conversation:
    """Raises LookupError where there is none: an id of ours that vanished is a fault, not an input error."""
    found = session.get(Conversation, conversation_id)
    if found is None:
        raise LookupError(f"no conversation {conversation_id}")
    return found


def open_conversation(
    session: Session, channel: str, address: str, now: datetime, language: str = "zh"
) -> tuple[Conversation, bool]:
    """The conversation with this address and whether it is new. One that was closed is open again."""
    found = find_conversation(session, channel, address)
    if found is not None:
        found.last_seen_at = now
        found.closed_at = None
        return found, False
    created = Conversation(
        id=new_id(), channel=channel, address=address, language=language, next_seq=1, created_at=now, last_seen_at=now
    )
    try:
        with session.begin_nested():
            session.add(created)
            session.flush()
    except IntegrityError:  # the resident's first two messages came in at the same moment
        twin = find_conversation(session, channel, address)
        if twin is None:
            raise
        return twin, False
    return created, True


def close_conversation(session: Session, conversation_id: str, now: datetime) -> None:
    """The address takes no more messages (the resident blocked the bot, or erased the session)."""
    get_conversation(session, conversation_id).closed_at = now
