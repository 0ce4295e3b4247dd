"""The room about tickets: the list with its search, and one ticket's whole life."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, get_args
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console import places
from bot.console.gate import Operator, Reader
from bot.console.ground import Ground
from bot.console.refusals import Refused
from bot.intake import audit, search, ticketlives, transcripts
from bot.intake.catalogue import Catalogue, Service
from bot.intake.people import Person
from bot.intake.phrases import Both
from bot.intake.search import COUNTED, DELIVERY_STATES, DeliveryState, Filters, Found
from bot.intake.states import STATUSES
from bot.intake.tables import Conversation, Ticket
from bot.intake.ticketlives import Life
from bot.intake.transcripts import Line
from language.pii import mask

ROOM = "tickets"
HOME = "/console/tickets"
SIZE = 50


@dataclass(frozen=True)
class Asked:
    """The filters as the address has them, to be shown in the form again."""

    q: str
    status: str
    service: str
    department: str  # its Chinese name
    backend: str
    delivery: str
    since: str
    until: str

    @property
    def is_narrow(self) -> bool:
        return any((self.q, self.status, self.service, self.department, self.backend, self.delivery)) or bool(
            self.since or self.until
        )

    def address(self, **more: str) -> str:
        query = {name: value for name, value in {**vars(self), **more}.items() if value}
        return f"{HOME}?{urlencode(query)}" if query else HOME


@dataclass(frozen=True)
class Row:
    ticket: Ticket
    text: str  # masked
    service: Service | None


@dataclass(frozen=True)
class TicketsPage:
    asked: Asked
    rows: tuple[Row, ...]
    number: int
    is_more: bool  # than `number`
    older: str  # addresses, "" where there is nothing
    newest: str
    services: tuple[Service, ...]
    departments: tuple[Both, ...]
    statuses: tuple[str, ...]
    backends: tuple[str, ...]
    deliveries: tuple[str, ...]


@dataclass(frozen=True)
class TicketPage:
    life: Life
    service: Service | None
    names: dict[str, Service]  # by code, for the engine's suggestions
    lines: tuple[Line, ...]
    channel: str
    text: str
    address: str
    phone: str  # masked unless shown; "" where there is none
    name: str
    may_show: bool
    is_shown: bool  # personal data is on the page, and that is in the audit
    map_url: str
    photo: Callable[[str], str]


def build_router(ground: Ground) -> APIRouter:
    room = TicketRoom(ground)
    router = APIRouter(prefix="/tickets", include_in_schema=False)
    add = router.add_api_route
    add("", room.show, methods=["GET"], response_model=None)
    add("/{number}", room.show_one, methods=["GET"], response_model=None)
    add("/{number}/personal", room.show_personal, methods=["POST"], response_model=None)
    return router


class TicketRoom:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def show(
        self,
        request: Request,
        person: Reader,
        q: Annotated[str, Query(max_length=search.LONGEST)] = "",
        status: str = "",
        service: str = "",
        department: str = "",
        backend: str = "",
        delivery: str = "",
        since: str = "",
        until: str = "",
        before: str = "",
    ) -> Response:
        ground = self._ground
        asked = Asked(q.strip(), status, service, department, backend, delivery, since, until)
        catalogue = ground.desk.city.catalogue
        filters = _filters(asked, catalogue, ground.desk.city.timezone)
        place = places.read(before)
        found = await ground.database.read(search.find_tickets, filters, place, SIZE)
        page = _list_page(asked, found, ground, place is not None)
        return ground.pages.whole(request, "tickets.html", page, room=ROOM)

    async def show_one(self, request: Request, person: Reader, number: str) -> Response:
        page = await self._ground.database.read(_ticket_page, self._ground, person, number, False)
        return self._page(request, page)

    async def show_personal(self, request: Request, person: Operator, number: str) -> Response:
        """The same page with name, phone and unmasked words; who saw them is in the audit."""

        def look(session: Session) -> TicketPage | None:
            page = _ticket_page(session, self._ground, person, number, True)
            if page is not None:
                audit.saw(session, person, f"ticket:{page.life.ticket.id}", "name,phone,words", self._ground.clock())
            return page

        return self._page(request, await self._ground.database.run(look))

    def _page(self, request: Request, page: TicketPage | None) -> Response:
        if page is None:
            raise Refused(404, "ticket_not_there")
        return self._ground.pages.whole(request, "ticket.html", page, room=ROOM)


def _filters(asked: Asked, catalogue: Catalogue, zone: ZoneInfo) -> Filters:
    """Raises Refused for a value that no form of ours offers."""
    if asked.status and asked.status not in STATUSES:
        raise Refused(400, "error_form", where="status")
    services: tuple[str, ...] = (asked.service,) if asked.service else ()
    if asked.department:
        of_it = tuple(s.code for s in catalogue.services.values() if s.department["zh"] == asked.department)
        services = tuple(code for code in of_it if asked.service in ("", code)) or ("",)
    delivery: DeliveryState | None = None
    if asked.delivery:
        delivery = next((known for known in get_args(DeliveryState) if known == asked.delivery), None)
        if delivery is None:
            raise Refused(400, "error_form", where="delivery")
    return Filters(
        words=asked.q,
        statuses=(asked.status,) if asked.status else (),
        services=services,
        backend=asked.backend,
        delivery=delivery,
        since=_day(asked.since, zone, 0, "since"),
        until=_day(asked.until, zone, 1, "until"),
    )


def _day(text: str, zone: ZoneInfo, later: int, name: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=later), time(), zone)
    except (ValueError, OverflowError) as error:
        raise Refused(400, "error_form", where=name) from error


def _list_page(asked: Asked, found: Found, ground: Ground, is_later: bool) -> TicketsPage:
    catalogue = ground.desk.city.catalogue
    services = tuple(s for s in catalogue.services.values() if s.code.startswith(("UM-", "TR-", "EM-")))
    return TicketsPage(
        asked=asked,
        rows=tuple(Row(one, mask(one.text), catalogue.get(one.service_code)) for one in found.tickets),
        number=min(found.number, COUNTED),
        is_more=found.number > COUNTED,
        older=asked.address(before=places.written(found.older)) if found.older else "",
        newest=asked.address() if is_later else "",
        services=services,
        departments=tuple({s.department["zh"]: s.department for s in services}.values()),
        statuses=STATUSES,
        backends=ground.backends,
        deliveries=DELIVERY_STATES,
    )


def _ticket_page(session: Session, ground: Ground, person: Person, number: str, shown: bool) -> TicketPage | None:
    life = ticketlives.find_life(session, number)
    if life is None:
        return None
    ticket = life.ticket
    clean: Any = str if shown else mask
    conversation = session.get_one(Conversation, ticket.conversation_id)
    catalogue = ground.desk.city.catalogue
    name, phone = ticket.contact_name or "", ticket.contact_phone or ""
    return TicketPage(
        life=life,
        service=catalogue.get(ticket.service_code),
        names=catalogue.services,
        lines=tuple(transcripts.transcript(session, ticket.conversation_id, hide=not shown)),
        channel=conversation.channel,
        text=clean(ticket.text),
        address=clean(ticket.address),
        phone=phone if shown else hidden_phone(phone),
        name=name if shown else f"{name[:1]}**" if name else "",
        may_show=person.may("operator"),
        is_shown=shown,
        map_url=map_url(ticket.lat, ticket.lon),
        photo=lambda upload: photo_path(ground, upload),
    )


def hidden_phone(phone: str) -> str:
    """Enough to tell two apart, not enough to call. Pure."""
    return f"{phone[:3]}****{phone[-2:]}" if len(phone) >= 7 else "*" * len(phone)


def map_url(lat: float | None, lon: float | None) -> str:
    if lat is None or lon is None:
        return ""
    return f"https://www.openstreetmap.org/?mlat={lat:.6f}&mlon={lon:.6f}#map=18/{lat:.6f}/{lon:.6f}"


def photo_path(ground: Ground, upload: str) -> str:
    """On this very address, whatever name the service has outside: the page loads nothing from elsewhere."""
    parts = urlsplit(ground.media_url(upload))
    return parts.path
