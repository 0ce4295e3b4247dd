"""A ticket event as JSON (docs/reference/webhooks.md, ticket-event.v1.schema.json). Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.forwarding.backends.rows import read_update, text_of
from bot.intake.orders import Order
from bot.intake.statuses import Update

VERSION = "1"
TYPES = (
    "ticket.created",
    "ticket.corrected",
    "ticket.supplemented",
    "ticket.withdrawn",
    "ticket.reopened",
    "ticket.rated",
)
CHANGE_KEYS = ("service_code", "address", "place_code", "lat", "lon", "text", "reason", "rating", "comment", "occurred")


def event_of(order: Order, media_url: Callable[[str], str | None], contact: bool) -> dict[str, Any]:
    """The body of one event. `contact`: name and phone may go along, where the order has them."""
    return {
        "type": order.event_type,
        "version": VERSION,
        "id": order.event_id,
        "timestamp": order.happened_at.isoformat(),
        "data": {
            "ticket_number": order.ticket_number,
            "seq": order.seq,
            "ticket": {
                "service_code": order.service_code,
                "description": order.text,
                "address": order.address or None,
                "place_code": order.place_code,
                "grid": order.grid,
                "lat": order.lat,
                "lon": order.lon,
                "occurred": order.occurred,
                "urgency": order.urgency,
                "language": order.language,
                "anonymous": order.anonymous,
                "confidential": order.confidential,
                "contact": _contact(order) if contact else None,
                "media": _media(order.photos, media_url),
            },
            "change": _change(order, media_url),
        },
    }


def update_of(data: dict[str, Any], words: Mapping[str, str]) -> Update | None:
    """The data of a pushed case.status; None where it says nothing."""
    return read_update(data, words, text_of(data.get("status")), data.get("note") or data.get("description"))


def _contact(order: Order) -> dict[str, str | None] | None:
    if order.contact_name is None and order.contact_phone is None:
        return None
    return {"name": order.contact_name, "phone": order.contact_phone}


def _change(order: Order, media_url: Callable[[str], str | None]) -> dict[str, Any] | None:
    """What this event changed or added; None for a created one."""
    if order.event_type == TYPES[0]:
        return None
    told = {key: order.data[key] for key in CHANGE_KEYS if order.data.get(key) not in (None, "")}
    return {**told, "media": _media(tuple(order.data.get("photos") or ()), media_url)}


def _media(photos: tuple[str, ...], media_url: Callable[[str], str | None]) -> list[str]:
    return [address for photo in photos if (address := media_url(photo))]
