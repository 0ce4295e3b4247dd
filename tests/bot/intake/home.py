"""The real city in a database of its own, residents who write, and a clock that obeys."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import func, select

from bot.intake import inbox
from bot.intake.calendar import Calendar
from bot.intake.conversations import get_conversation, open_conversation
from bot.intake.database import Database
from bot.intake.knowledge import Knowledge
from bot.intake.tables import Base, Conversation, InboxItem, Message, Ticket
from bot.intake.turns import Desk, complete_turn
from tests.bot.forwarding.house import StepClock
from tests.bot.intake.conversation.world import city

LEASE = timedelta(seconds=30)
LAMP = "人民路与青华路交叉口路灯坏了三天了"
CROSSING = "人民路与青华路交叉口"


@cache
def city_desk() -> Desk:
    town = city()
    return Desk(town, Knowledge.load(town.folder), Calendar.load(town.folder, town.timezone), "desk")


def document(
    text: str, act: str = "request", code: str | None = "UM-G02", place: str = "", **parts: Any
) -> dict[str, Any]:
    """The engine's document (interfaces.md §2) for one message with at most one problem and one place."""
    requests = []
    if code is not None and act == "request":
        ranking = [[code, 0.9], ["UM-A11", 0.05], ["UM-B02", 0.02]]
        requests = [
            {"service_code": code, "confidence": 0.9, "ranking": ranking, "text": text, "start": 0, "end": len(text)}
        ]
    start = text.index(place) if place else 0
    mention = {
        "text": place,
        "start": start,
        "end": start + len(place),
        "kind": "road",
        "code": None,
        "candidates": [],
        "inside": True,
    }
    return {
        "language": "zh",
        "act": act,
        "intent": act,
        "requests": requests,
        "places": [mention] if place else [],
        "emergency": {"is": False, "numbers": [], "reason": None},
        "pii": [],
        "model": "none",
        **parts,
    }


@dataclass
class Home:
    """One database and the desk that handles turns in it."""

    database: Database
    desk: Desk = field(default_factory=city_desk)
    clock: StepClock = field(default_factory=StepClock)
    sent: int = 0

    def resident(self, name: str = "r1", channel: str = "web") -> str:
        """The id of this resident's conversation."""
        with self.database.transaction() as session:
            return open_conversation(session, channel, name, self.clock())[0].id

    def receive(self, resident: str, text: str = "", kind: str = "text", update_id: str = "", **payload: Any) -> int:
        """Stores something the resident sent; the item's id."""
        self.sent += 1
        body = {"text": text, **payload} if text else payload
        with self.database.transaction() as session:
            conversation = get_conversation(session, resident)
            update_id = update_id or f"u{self.sent}"
            return inbox.receive(session, conversation, update_id, kind, body, self.clock())[0].id

    def claim(self, lease: timedelta = LEASE) -> InboxItem | None:
        with self.database.transaction() as session:
            return inbox.claim_next(session, self.clock(), lease)

    def claimed(self) -> InboxItem:
        item = self.claim()
        assert item is not None
        return item

    def complete(self, item: InboxItem, meant: dict[str, Any] | None = None, desk: Desk | None = None) -> bool:
        assert item.lease_token is not None
        with self.database.transaction() as session:
            return complete_turn(session, desk or self.desk, item.id, item.lease_token, meant, self.clock())

    def says(self, resident: str, text: str, meant: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """One whole turn of text; the replies."""
        before = len(self.bodies(resident))
        self.receive(resident, text)
        assert self.complete(self.claimed(), meant or document(text, "smalltalk"))
        return self.bodies(resident)[before:]

    def presses(self, resident: str, payload: str) -> list[dict[str, Any]]:
        before = len(self.bodies(resident))
        self.receive(resident, kind="button", button=payload)
        assert self.complete(self.claimed())
        return self.bodies(resident)[before:]

    def reports_lamp(self, resident: str) -> str:
        """A complete report up to its card; the payload that confirms it."""
        (card,) = self.says(resident, LAMP, document(LAMP, place=CROSSING))
        payload: str = card["buttons"][0]["payload"]
        assert payload.startswith("confirm:")
        return payload

    def bodies(self, resident: str) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            query = select(Message).where(Message.conversation_id == resident).order_by(Message.seq)
            return [message.body for message in session.scalars(query)]

    def item(self, item_id: int) -> InboxItem:
        with self.database.reading() as session:
            return session.get_one(InboxItem, item_id)

    def conversation(self, resident: str) -> Conversation:
        with self.database.reading() as session:
            return session.get_one(Conversation, resident)

    def tickets(self) -> list[Ticket]:
        with self.database.reading() as session:
            return list(session.scalars(select(Ticket).order_by(Ticket.number)))

    def counts(self) -> dict[str, int]:
        """How many rows each table holds."""
        with self.database.reading() as session:
            return {
                table.name: session.scalar(select(func.count()).select_from(table)) or 0
                for table in Base.metadata.sorted_tables
            }

    def with_city(self, **changes: Any) -> Desk:
        """The same desk with parts of the city exchanged."""
        return replace(self.desk, city=replace(self.desk.city, **changes))


def later(moment: datetime, **span: float) -> datetime:
    return moment + timedelta(**span)
