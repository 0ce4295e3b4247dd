"""A ticket event in the words of schema.py, and a pushed status in ours. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from bot.forwarding.backends.rows import read_update
from bot.forwarding.backends.webhook.schema import Change, Contact, EventData, EventType, TicketEvent, TicketFacts
from bot.forwarding.errors import Permanent
from bot.intake.orders import CREATED, Order
from bot.intake.statuses import Update
from bot.open311.documents import text_of

MediaUrl = Callable[[str], str | None]


def event_of(order: Order, media_url: MediaUrl, contact: bool) -> TicketEvent:
    """`contact`: name and phone may go along, where the order has them. Raises Permanent for a type without a schema."""
    if order.event_type not in get_args(EventType):
        raise Permanent(f"'{order.event_type}' is no event of version 1; tell the unit by hand")
    return TicketEvent.model_validate(
        {
            "type": order.event_type,
            "id": order.event_id,
            "timestamp": order.happened_at,
            "data": EventData(
                ticket_number=order.ticket_number,
                seq=order.seq,
                ticket=_facts(order, media_url, contact),
                change=None if order.event_type == CREATED else _change(order.data, media_url),
            ),
        }
    )


def update_of(data: dict[str, Any], words: Mapping[str, str]) -> Update | None:
    """The data of a pushed case.status; None where it says nothing."""
    return read_update(data, words, text_of(data.get("status")), data.get("note") or data.get("description"))


def _facts(order: Order, media_url: MediaUrl, contact: bool) -> TicketFacts:
    known = contact and (order.contact_name or order.contact_phone)
    return TicketFacts(
        service_code=order.service_code,
        description=order.text,
        address=order.address or None,
        place_code=order.place_code,
        grid=order.grid,
        lat=order.lat,
        lon=order.lon,
        occurred=order.occurred,
        urgency=order.urgency,
        language=order.language,
        anonymous=order.anonymous,
        confidential=order.confidential,
        contact=Contact(name=order.contact_name, phone=order.contact_phone) if known else None,
        media=_media(order.photos, media_url),
    )


def _change(data: dict[str, Any], media_url: MediaUrl) -> Change:
    told = {name: data[name] for name in Change.model_fields if name != "media" and data.get(name) not in (None, "")}
    return Change.model_validate({**told, "media": _media(tuple(data.get("photos") or ()), media_url)})


def _media(photos: tuple[str, ...], media_url: MediaUrl) -> list[str]:
    return [address for photo in photos if (address := media_url(photo))]
