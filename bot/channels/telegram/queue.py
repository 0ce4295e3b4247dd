"""The push queue of messages as Telegram needs it: a message that has to be tried again keeps its place in its chat."""

from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from bot.intake import messages, reviews
from bot.intake.conversations import close_conversation
from bot.intake.tables import Conversation, Message


def address_of(session: Session, conversation_id: str) -> str:
    return session.scalar(select(Conversation.address).where(Conversation.id == conversation_id)) or ""


def defer(session: Session, message_id: int, until: datetime) -> None:
    """Keeps the message leased until then, so that nothing newer of the same chat overtakes it."""
    session.execute(
        update(Message).where(Message.id == message_id, Message.state == "claimed").values(lease_until=until)
    )


def refuse(session: Session, message: Message, reason: str, now: datetime) -> None:
    """Telegram will never take this very message: a person should see it."""
    messages.fail_message(session, message.id)
    reviews.open_review(
        session,
        f"unsent:{message.id}",
        "unsent",
        now,
        conversation_id=message.conversation_id,
        inbox_id=message.inbox_id,
        data={"channel": "telegram", "trouble": reason},
    )


def give_up_chat(session: Session, message: Message, now: datetime) -> None:
    """The resident blocked the bot, or the chat is gone. What waits stays, in case they come back."""
    messages.fail_message(session, message.id)
    close_conversation(session, message.conversation_id, now)


def next_moment(session: Session, channel: str, now: datetime) -> datetime | None:
    """When, after `now`, a message falls due or a lease runs out; None where nothing waits."""
    moment = case((Message.state == "waiting", Message.next_attempt_at), else_=Message.lease_until)
    query = (
        select(func.min(moment))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            Conversation.channel == channel,
            Conversation.closed_at.is_(None),
            Message.state.in_(("waiting", "claimed")),
            moment > now,
        )
    )
    due: datetime | None = session.scalar(query)
    return due
