"""News about a ticket: told to everybody who listens, each in their language, in the caller's transaction."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.intake.catalogue import Catalogue
from bot.intake.city import City
from bot.intake.messages import PULLED, queue_message
from bot.intake.phrases import Phrases
from bot.intake.say import Button, Say
from bot.intake.states import STATUSES, SUBMITTED
from bot.intake.tables import Ticket
from bot.intake.tickets import listeners

RATINGS = ("satisfied", "mostly", "unsatisfied")


@dataclass(frozen=True)
class Newsroom:
    """What telling needs of the city. Between `quiet_from` and `quiet_to` (local) nobody's telephone is rung."""

    phrases: Phrases
    catalogue: Catalogue
    timezone: ZoneInfo
    quiet_from: time
    quiet_to: time

    @classmethod
    def of(cls, city: City) -> "Newsroom":
        return cls(city.phrases, city.catalogue, city.timezone, city.quiet_from, city.quiet_to)

    def tell(self, session: Session, ticket: Ticket, key: str, now: datetime, **params: Any) -> int:
        """Queues the phrase for every listener; returns how many there are. Only who filed it is asked to rate."""
        told = {"note": "", "word": "", **self._facts(ticket), **params}
        morning = quiet_until(now, self.timezone, self.quiet_from, self.quiet_to)
        heard = listeners(session, ticket)
        for listener in heard:
            filed_it = listener.id == ticket.conversation_id
            say = _say(key, told, ticket) if filed_it else Say(key, told)
            waits = ticket.urgency == "normal" and listener.channel not in PULLED
            queue_message(session, listener, say, self.phrases, now, not_before=morning if waits else None)
        return len(heard)

    def _facts(self, ticket: Ticket) -> dict[str, Any]:
        service = self.catalogue.get(ticket.service_code)
        return {
            "number": ticket.number,
            "address": ticket.address or "—",
            "service": service.short if service else ticket.service_code,
            "unit": service.department if service else "—",
        }


RATED = "news_closed"  # asks how it went
NOTE = "news_note"
QUESTION = "news_question"  # a note that asks something: the answer goes back to the backend
CHANGED = tuple(f"news_{status}" for status in STATUSES if status != SUBMITTED)
KEYS = (*CHANGED, "status_is_submitted", "news_unknown", NOTE, QUESTION, "news_not_forwarded")
PARAMS = {"number", "service", "unit", "address", "note", "word"}  # what a phrase of these may name


def _say(key: str, params: dict[str, Any], ticket: Ticket) -> Say:
    """The news as who filed the ticket hears it: it may ask something."""
    if key == RATED:
        return _survey(key, params, ticket.number)
    if key == NOTE and asks(str(params["note"])):
        marked = {"number": ticket.number, "service_code": ticket.service_code}
        return Say(QUESTION, params, expects=f"detail:{ticket.service_code}", ticket=marked)
    return Say(key, params)


def asks(note: str) -> bool:
    """Whether a backend's note is a question to the resident. Pure."""
    return note.rstrip(' \t\n”"』」）)').endswith(("？", "?"))


def _survey(key: str, params: dict[str, Any], number: str) -> Say:
    buttons = tuple(Button(f"rate:{number}:{rating}", f"button_{rating}") for rating in RATINGS)
    return Say(key, params, buttons=buttons, expects="rating")


def quiet_until(now: datetime, zone: ZoneInfo, start: time, end: time) -> datetime | None:
    """The end of the quiet hours that `now` falls into; None outside them. They may span midnight. Pure."""
    local = now.astimezone(zone)
    at = local.time()
    inside = start <= at < end if start <= end else at >= start or at < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if at >= end else 0)
    return datetime.combine(day, end, tzinfo=zone)
