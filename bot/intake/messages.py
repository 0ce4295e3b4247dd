"""Messages to residents: queued in the transaction that decides them, delivered by the channels.

The web page pulls (`list_messages`); Telegram is pushed to (`claim_message`, then `mark_sent` or `fail_message`).
At least once: a chat API has no idempotency key, so after a crash one message may come twice.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, aliased

from bot.intake.phrases import Phrases
from bot.intake.say import Say
from bot.intake.tables import Conversation, Message

PULLED = ("web", "terminal")  # channels that read messages themselves
LEASE = timedelta(seconds=60)


def queue_body(
    session: Session,
    conversation: Conversation,
    body: dict[str, Any],
    now: datetime,
    inbox_id: int | None = None,
    not_before: datetime | None = None,
) -> Message:
    """Queues a message that is already in words; it gets the conversation's next seq."""
    seq = conversation.next_seq
    conversation.next_seq = seq + 1
    message = Message(
        conversation_id=conversation.id,
        seq=seq,
        inbox_id=inbox_id,
        body=body,
        state="pulled" if conversation.channel in PULLED else "waiting",
        next_attempt_at=not_before or now,
        created_at=now,
    )
    session.add(message)
    session.flush()
    return message


def queue_message(
    session: Session,
    conversation: Conversation,
    say: Say,
    phrases: Phrases,
    now: datetime,
    inbox_id: int | None = None,
    not_before: datetime | None = None,
) -> Message:
    """Puts `say` into the resident's language and queues it. `not_before` holds news until morning."""
    return queue_body(session, conversation, phrases.body(say, conversation.language), now, inbox_id, not_before)


def list_messages(session: Session, conversation_id: str, after: int, now: datetime, limit: int = 200) -> list[Message]:
    """Messages with a seq above `after`, oldest first, that are due."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after, Message.next_attempt_at <= now)
        .order_by(Message.seq)
        .limit(limit)
    )
    return list(session.scalars(query))


def find_last(session: Session, conversation_id: str) -> Message | None:
    query = select(Message).where(Message.conversation_id == conversation_id).order_by(Message.seq.desc()).limit(1)
    return session.scalar(query)


def claim_message(session: Session, channel: str, now: datetime) -> Message | None:
    """Leases the next message to push: in order within a conversation, other conversations never wait."""
    earlier = aliased(Message)
    blocked = (
        select(earlier.id)
        .where(
            earlier.conversation_id == Message.conversation_id,
            earlier.seq < Message.seq,
            earlier.state.in_(("waiting", "claimed")),
            earlier.next_attempt_at <= now,
        )
        .exists()
    )
    stalled = (Message.state == "claimed") & (Message.lease_until < now)
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.channel == channel,
            Conversation.closed_at.is_(None),
            (Message.state == "waiting") | stalled,
            Message.next_attempt_at <= now,
            ~blocked,
        )
        .order_by(Message.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Message)
    )
    message = session.scalar(query)
    if message is None:
        return None
    message.state = "claimed"
    message.lease_until = now + LEASE
    message.attempts += 1
    return message


def mark_sent(session: Session, message_id: int, now: datetime) -> None:
    _set(session, message_id, state="sent", sent_at=now, lease_until=None)


def fail_message(session: Session, message_id: int) -> None:
    """For ever: the address is gone, or the channel refuses this very message."""
    _set(session, message_id, state="failed", lease_until=None)


def _set(session: Session, message_id: int, **values: Any) -> None:
    session.execute(update(Message).where(Message.id == message_id).values(**values))
