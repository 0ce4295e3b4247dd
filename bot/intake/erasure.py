"""Erasing what may be erased of a resident (PIPL 47): messages, words, pictures' rows, contact on tickets.

Tickets stay, without the person: a public body must be able to show what it was told about the place.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.intake.learningtables import Example
from bot.intake.tables import Conversation, InboxItem, Message, Ticket, TicketEvent, Upload
from bot.intake.tables import Draft as DraftRow
from language import pii

SPOKEN = ("text", "reason")  # what a ticket's events hold of the resident's words


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
    _mask_tickets(session, conversation.id)
    session.execute(delete(Upload).where(Upload.conversation_id == conversation.id))
    # Masked or not, what was learnt from are the resident's words: the next training goes without them.
    items = select(InboxItem.id).where(InboxItem.conversation_id == conversation.id)
    session.execute(delete(Example).where(Example.inbox_id.in_(items)))
    row = session.get(DraftRow, conversation.id)
    if row is not None:
        session.delete(row)
        session.flush()


def _mask_tickets(session: Session, conversation_id: str) -> None:
    """Telephones, names and numbers that stand inside the words of tickets and of what was added to them."""
    for ticket in session.scalars(select(Ticket).where(Ticket.conversation_id == conversation_id)):
        ticket.text = pii.mask(ticket.text)
        for event in session.scalars(select(TicketEvent).where(TicketEvent.ticket_id == ticket.id)):
            event.data = {
                key: pii.mask(value) if key in SPOKEN and isinstance(value, str) else value
                for key, value in event.data.items()
            }
