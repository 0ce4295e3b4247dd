"""A ticket event as receivers get it, version 1. docs/reference/ticket-event.v1.schema.json is made from this.

Receivers must ignore keys they do not know: new ones may come within a version, none will go or change its meaning.
"""

import json
import sys
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

VERSION: Literal["1"] = "1"
EventType = Literal[
    "ticket.created",
    "ticket.corrected",
    "ticket.supplemented",
    "ticket.withdrawn",
    "ticket.reopened",
    "ticket.rated",
]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Contact(Part):
    name: str | None
    phone: str | None


class TicketFacts(Part):
    service_code: str = Field(description="code in the city's services.yml, such as UM-G02")
    description: str = Field(description="the resident's words")
    address: str | None = Field(description="as the resident named it; null where the service needs no place")
    place_code: str | None = Field(description="official division code of the place, where exactly one is meant")
    grid: str | None = Field(description="the city's grid cell, where it is known")
    lat: float | None = Field(description="degrees, WGS-84")
    lon: float | None = Field(description="degrees, WGS-84")
    occurred: str | None = Field(description="when, in the resident's words")
    urgency: str = Field(description="normal, urgent or emergency")
    language: str = Field(description="zh or en")
    anonymous: bool = Field(description="nothing of the resident is told")
    confidential: bool = Field(description="to be kept from the unit complained about")
    contact: Contact | None = Field(description="null unless the profile asks for it and the resident agreed")
    media: list[str] = Field(description="addresses of pictures")


class Change(Part):
    """Only what this event changed or added; everything else is null."""

    text: str | None = Field(None, description="the resident's words about the change")
    service_code: str | None = None
    address: str | None = None
    place_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    occurred: str | None = None
    reason: str | None = None
    comment: str | None = None
    rating: str | None = Field(None, description="satisfied, mostly or unsatisfied")
    media: list[str] = Field(default_factory=list, description="addresses of pictures that were added")


class EventData(Part):
    ticket_number: str = Field(description="our number; the same in all events of a ticket")
    seq: int = Field(description="counts the ticket's events; they arrive in this order, with gaps")
    ticket: TicketFacts = Field(description="of ticket.created as it was confirmed, of later events as it is now")
    change: Change | None = Field(description="null in ticket.created")


class TicketEvent(Part):
    type: EventType
    version: Literal["1"] = VERSION
    id: str = Field(description="of the event; unlike the header webhook-id it is the same for every backend")
    timestamp: datetime = Field(description="when it happened, ISO 8601 with offset")
    data: EventData


def main() -> None:
    """Writes the schema for the docs to standard output."""
    sys.stdout.write(json.dumps(TicketEvent.model_json_schema(), ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
