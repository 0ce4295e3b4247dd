"""What leaves the house for a backend: one ticket event with the facts that it needs, free of sessions."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.intake.tables import OutboxItem, Ticket, TicketEvent

CREATED = "ticket.created"
SNAPSHOT = "ticket"  # the key in a created event's data
_FACTS = (
    "service_code",
    "text",
    "address",
    "place_code",
    "lat",
    "lon",
    "occurred",
    "language",
    "urgency",
    "photos",
    "anonymous",
    "confidential",
)


@dataclass(frozen=True)
class Order:
    """One event to hand over. `key` is the idempotency key, the same on every try.

    `contact_name` and `contact_phone` are None where the resident wants to stay unknown, to all or to the unit.
    `data` is the event's own: of a correction the changed facts by their names above, of the others `text`, `photos`,
    `reason`, `score`, `comment` as far as given.
    """

    key: str
    backend: str
    event_type: str
    event_id: str
    seq: int
    happened_at: datetime
    ticket_number: str
    case_id: str | None
    service_code: str
    text: str
    address: str
    place_code: str | None = None
    grid: str | None = None  # the city's grid cell, where the city folder knows it
    lat: float | None = None  # WGS-84
    lon: float | None = None
    occurred: str | None = None
    language: str = "zh"
    urgency: str = "normal"
    photos: tuple[str, ...] = ()  # upload ids
    anonymous: bool = False
    confidential: bool = False
    contact_name: str | None = field(default=None, repr=False)
    contact_phone: str | None = field(default=None, repr=False)
    data: dict[str, Any] = field(default_factory=dict, repr=False)


def snapshot(ticket: Ticket) -> dict[str, Any]:
    """The ticket's facts as they are now, without the resident's contact, so that each try says the same."""
    return {name: getattr(ticket, name) for name in _FACTS}


def order_of(item: OutboxItem, ticket: Ticket, event: TicketEvent) -> Order:
    """A created event speaks with the facts of its moment, later events with the ticket's present ones."""
    facts = dict(event.data.get(SNAPSHOT) or snapshot(ticket))
    facts["photos"] = tuple(facts["photos"])
    hidden = ticket.anonymous or ticket.confidential
    return Order(
        key=item.id,
        backend=item.backend,
        event_type=event.type,
        event_id=event.id,
        seq=event.seq,
        happened_at=event.created_at,
        ticket_number=ticket.number,
        case_id=ticket.case_id,
        grid=event.data.get("grid"),
        contact_name=None if hidden else ticket.contact_name,
        contact_phone=None if hidden else ticket.contact_phone,
        data={key: value for key, value in event.data.items() if key != SNAPSHOT},
        **facts,
    )
