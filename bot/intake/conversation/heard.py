"""What goes into a step of a conversation, and what comes out: plain values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.intake.city import City
from bot.intake.draft import Draft, Line
from bot.intake.phrases import Both
from bot.intake.say import Say
from bot.intake.understanding import Understanding


@dataclass(frozen=True)
class Heard:
    """One thing the resident sent. Text with `understood` None was not read by the engine (buttons, pins, photos)."""

    text: str = ""
    understood: Understanding | None = None
    button: str | None = None
    pin: tuple[float, float] | None = None  # WGS-84
    uploads: tuple[str, ...] = ()
    command: str | None = None  # without the slash
    other: str | None = None  # sticker, voice, document, …
    edited: str | None = None  # what the message said before it was edited
    danger: str | None = None  # kind of danger, by rules or by the model
    already_warned: bool = False  # the danger answer went out before this turn


@dataclass(frozen=True)
class TicketView:
    """A ticket as the conversation needs it."""

    id: str
    number: str
    service_code: str
    status: str
    text: str
    address: str
    created_at: datetime
    closed_at: datetime | None  # None while it is open
    lat: float | None = None
    lon: float | None = None
    place_code: str | None = None


@dataclass(frozen=True)
class Answer:
    """What the city's knowledge holds on a question."""

    text: Both
    article: str | None


@dataclass(frozen=True)
class World:
    """Everything a decision may depend on."""

    city: City
    now: datetime
    tickets: tuple[TicketView, ...] = ()  # the resident's own, newest first
    nearby: tuple[TicketView, ...] = ()  # other residents' open ones that might be the same matter
    answer: Answer | None = None
    office_open: bool = False
    idle: timedelta | None = None  # since the draft was last touched; None where there is none


@dataclass(frozen=True)
class FileTickets:
    """File every line of the draft as a ticket."""

    draft: Draft
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ChangeTicket:
    """An event on a filed ticket that its backend must hear of: supplemented, corrected, withdrawn, reopened, rated."""

    ticket_id: str
    type: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Follow:
    """The resident joins somebody else's open ticket and hears its news."""

    ticket_id: str


@dataclass(frozen=True)
class AskPerson:
    """Something a person should look at."""

    reason: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SetLanguage:
    language: str


@dataclass(frozen=True)
class Erase:
    """Delete what may be deleted of this resident."""


Effect = FileTickets | ChangeTicket | Follow | AskPerson | SetLanguage | Erase


@dataclass(frozen=True)
class Outcome:
    """The draft as it is now, what to say, and what to do: all in one transaction."""

    draft: Draft
    says: tuple[Say, ...]
    effects: tuple[Effect, ...]
