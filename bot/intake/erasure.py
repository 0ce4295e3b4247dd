"""Erasing what may be erased of a resident (PIPL 47): messages, words, pictures' rows, contact on tickets.

Tickets stay, without the person: a public body must be able to show what it was told about the place.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.intake.learningtables import Example
from bot.intake.tables import Conversation, InboxItem, Message, Ticket, Upload
from bot.intake.tables import Draft as DraftRow


def erase_conversation(session: Session, conversation: Conversation) -> None:
    """In the caller's transaction; items that are not handled yet keep their payload until they are."""
    session.execute(
        update(InboxItem)
        .where(InboxItem.conversation_id == conversation.id, InboxItem.state == "done")
        .values(payload={}, understood=None)
    )
    session.execute(
        update(Message)
        .where(Message.conversation_id == conversation.id, Message.state.in_(("pulled", "sent", "failed")))
        .values(body={"text": "", "buttons": [], "expects": None, "card": None, "ticket": None, "emergency": False})
    )
    session.execute(
        update(Ticket)
        .where(Ticket.conversation_id == conversation.id)
        .values(contact_name=None, contact_phone=None, anonymous=True)
    )
    session.execute(delete(Upload).where(Upload.conversation_id == conversation.id))
    # Masked or not, what was learnt from are the resident's words: the next training goes without them.
    items = select(InboxItem.id).where(InboxItem.conversation_id == conversation.id)
    session.execute(delete(Example).where(Example.inbox_id.in_(items)))
    row = session.get(DraftRow, conversation.id)
    if row is not None:
        session.delete(row)
        session.flush()
