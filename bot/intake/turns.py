"""One turn in one transaction: the draft as it becomes, the replies, tickets, and the inbox item done.

Fenced by the item's lease: a late or repeated call changes nothing. The engine has been asked before; here is no network.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.intake import handovers, inbox, messages, reviewfeed, reviews, tickets
from bot.intake.attendance import attend
from bot.intake.calendar import Calendar
from bot.intake.city import City
from bot.intake.conversation import step
from bot.intake.conversation.doubt import OPTIONS
from bot.intake.conversation.heard import (
    AskPerson,
    ChangeTicket,
    Effect,
    Erase,
    FileTickets,
    Follow,
    Heard,
    Outcome,
    SetLanguage,
    World,
)
from bot.intake.conversations import get_conversation
from bot.intake.doubts import HANDOFF, ReviewRules
from bot.intake.draft import VERSION, Draft
from bot.intake.erasure import erase_conversation
from bot.intake.knowledge import Knowledge
from bot.intake.mending import Office
from bot.intake.news import Newsroom
from bot.intake.say import Button, Say
from bot.intake.tables import Conversation, InboxItem
from bot.intake.tables import Draft as DraftRow
from bot.intake.understanding import Understanding
from language.danger import assess

_TO_TALK = (HANDOFF, "danger")  # a person is to write to the resident: asked for one, or must not be left alone
_BEFORE_WORDS = (SetLanguage, Erase)  # the reply is in the language just chosen, and is not erased with the rest


@dataclass(frozen=True)
class Desk:
    """What every turn needs of the city, loaded once."""

    city: City
    knowledge: Knowledge
    calendar: Calendar
    backend: str  # name of the backend that new tickets go to
    rules: ReviewRules = ReviewRules()

    @property
    def office(self) -> Office:
        return Office(self.city, Newsroom.of(self.city), self.backend)


def complete_turn(
    session: Session, desk: Desk, item_id: int, lease_token: str, document: dict[str, Any] | None, now: datetime
) -> bool:
    """Handles the leased item; False where it was done already. `document` is the engine's, None where it was not asked.

    Raises LeaseLost where another worker has the item, EngineSilent where the engine's document lacks a part.
    """
    item = inbox.get_leased(session, item_id, lease_token)
    if item.state == "done":
        return False
    conversation = get_conversation(session, item.conversation_id)
    understood = Understanding.read(document).knowing(desk.city.catalogue.services) if document is not None else None
    if understood is not None and not conversation.language_set and understood.language != conversation.language:
        conversation.language = understood.language
    draft, unreadable = _load_draft(session, conversation.id)
    heard = _heard(session, item, understood)
    if not attend(session, desk.city, conversation, item, heard, now):
        if unreadable:
            _queue(session, desk, conversation, Say("draft_unreadable"), now, item.id)
        draft = _with_asked_by_news(session, conversation, draft)
        outcome = step(draft, heard, _world(session, desk, conversation, heard, draft, now))
        _save(session, desk, conversation, item, outcome, now)
        reviewfeed.feed(session, desk.office, desk.rules, conversation, item, heard, outcome, now)
    item.state = "done"
    item.done_at = now
    item.understood = document
    item.trouble = None
    return True


def _with_asked_by_news(session: Session, conversation: Conversation, draft: Draft) -> Draft:
    """News that asked something came from outside the conversation: the draft learns of the open question here."""
    last = messages.find_last(session, conversation.id)
    if draft.expects is not None or last is None or last.inbox_id is not None or not last.body["expects"]:
        return draft
    if last.body["expects"] == "rating":
        payload = last.body["buttons"][0]["payload"]  # rate:<number>:<rating>
        return replace(draft, expects="rating", survey=payload.split(":")[1])
    if last.body["expects"].startswith("detail:") and last.body["ticket"]:
        return replace(draft, expects=last.body["expects"], survey=last.body["ticket"]["number"])
    return draft


def _heard(session: Session, item: InboxItem, understood: Understanding | None) -> Heard:
    payload = item.payload
    text = payload.get("text") or ""
    pin = payload.get("location")
    danger = None
    if text and understood is not None:
        by_rule = assess(text)
        danger = (by_rule.kind if by_rule.is_now and not understood.overruled else None) or understood.danger
    return Heard(
        text=text,
        understood=understood,
        button=payload.get("button"),
        pin=(pin["lat"], pin["lon"]) if pin else None,
        uploads=tuple(payload.get("uploads") or ()),
        command=payload.get("command"),
        other=payload.get("other"),
        edited=_edited_text(session, item),
        danger=danger,
        already_warned=item.warned,
    )


def _edited_text(session: Session, item: InboxItem) -> str | None:
    edits = item.payload.get("edits")
    original = inbox.find_item(session, item.conversation_id, edits) if edits else None
    return (original.payload.get("text") or "") if original else None


def _world(
    session: Session, desk: Desk, conversation: Conversation, heard: Heard, draft: Draft, now: datetime
) -> World:
    codes = {line.service_code for line in draft.lines if line.service_code}
    codes |= {code for line in draft.lines for code, _ in line.ranking[:OPTIONS]}
    if heard.understood is not None:
        codes |= {code for request in heard.understood.requests for code, _ in request.ranking[:OPTIONS]}
    since = now - timedelta(days=tickets.NEARBY_DAYS)
    others = tickets.list_others_open(session, conversation.id, codes, since) if codes else []
    asks = heard.understood is not None and heard.understood.act == "answerable"
    row = session.get(DraftRow, conversation.id)
    return World(
        city=desk.city,
        now=now,
        tickets=tuple(tickets.view(session, ticket) for ticket in tickets.list_own(session, conversation.id)),
        nearby=tuple(tickets.view(session, ticket) for ticket in others if ticket.number not in draft.declined),
        answer=desk.knowledge.find(heard.text) if asks else None,
        office_open=desk.calendar.is_open(now),
        idle=now - row.updated_at if row is not None else None,
    )


def _load_draft(session: Session, conversation_id: str) -> tuple[Draft, bool]:
    """The draft, and whether the stored one could not be read (an old program's, or damaged): then it starts afresh."""
    row = session.get(DraftRow, conversation_id)
    if row is None:
        return Draft(), False
    try:
        return Draft.from_document(row.version, row.document), False
    except ValueError:
        return Draft(), True


def _save(
    session: Session, desk: Desk, conversation: Conversation, item: InboxItem, outcome: Outcome, now: datetime
) -> None:
    draft = outcome.draft
    effects = list(enumerate(outcome.effects))
    for number, effect in effects:
        if isinstance(effect, _BEFORE_WORDS):
            draft = _carry_out(session, desk, conversation, item, effect, draft, now, number)
    for say in outcome.says:
        _queue(session, desk, conversation, say, now, item.id)
    for number, effect in effects:
        if not isinstance(effect, _BEFORE_WORDS):
            draft = _carry_out(session, desk, conversation, item, effect, draft, now, number)
    row = session.get(DraftRow, conversation.id)
    if row is None:
        session.add(
            DraftRow(conversation_id=conversation.id, version=VERSION, document=draft.to_document(), updated_at=now)
        )
    else:
        row.version, row.document, row.updated_at = VERSION, draft.to_document(), now


def _carry_out(
    session: Session,
    desk: Desk,
    conversation: Conversation,
    item: InboxItem,
    effect: Effect,
    draft: Draft,
    now: datetime,
    number: int,
) -> Draft:
    match effect:
        case FileTickets():
            return _file(session, desk, conversation, item, effect, draft, now)
        case ChangeTicket():
            ticket = tickets.get_ticket(session, effect.ticket_id)
            tickets.change_ticket(session, ticket, effect.type, effect.data, now)
        case Follow():
            tickets.follow(session, effect.ticket_id, conversation.id, now)
        case AskPerson():
            key = f"inbox:{item.id}:{effect.reason}:{number}"
            closes = None  # other reasons: reviewfeed.py makes one item of all that a turn gives rise to
            if effect.reason == HANDOFF:
                review, _ = reviews.open_review(
                    session, key, HANDOFF, now, conversation_id=conversation.id, inbox_id=item.id, data=effect.data
                )
                closes = review.id
            if effect.reason in _TO_TALK:
                handovers.ask(session, conversation.id, item.id, closes, now)
        case SetLanguage():
            conversation.language, conversation.language_set = effect.language, True
        case Erase():
            erase_conversation(session, conversation)
    return draft


def _file(
    session: Session,
    desk: Desk,
    conversation: Conversation,
    item: InboxItem,
    effect: FileTickets,
    draft: Draft,
    now: datetime,
) -> Draft:
    numbers = []
    for line in effect.lines:
        ticket = tickets.file_ticket(session, conversation, item.id, effect.draft, line, desk.city, desk.backend, now)
        service = desk.city.catalogue[ticket.service_code]
        say = Say(
            "filed_transfer" if ticket.service_code.startswith("TR-") else "filed",
            {"number": ticket.number, "service": service.short, "unit": service.department},
            (Button("status", "button_status"),),
            ticket={"number": ticket.number, "service_code": ticket.service_code},
        )
        _queue(session, desk, conversation, say, now, item.id)
        numbers.append(ticket.number)
    return Draft.from_document(VERSION, {**draft.to_document(), "recent": [*numbers, *draft.recent][:10]})


def _queue(session: Session, desk: Desk, conversation: Conversation, say: Say, now: datetime, inbox_id: int) -> None:
    messages.queue_message(session, conversation, say, desk.city.phrases, now, inbox_id)
