"""A ticket in a GeoReport v2 server's words, and the server's answer in ours. Pure: the profile says how."""

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta
from typing import Any

from bot.forwarding.backends.open311.profile import LookUp, Profile
from bot.forwarding.backends.rows import read_update, text_of
from bot.forwarding.errors import Permanent
from bot.intake.orders import Order
from bot.intake.statuses import Update

Pairs = list[tuple[str, str]]
MediaUrl = Callable[[str], str | None]  # an upload's public address; None where it has none

SINCE = timedelta(hours=1)  # a look-up by date begins this long before the ticket was made: clocks differ
CUT = "…"


def case_fields(order: Order, profile: Profile, media_url: MediaUrl) -> Pairs:
    """The form of POST requests."""
    pairs = [("service_code", profile.services.get(order.service_code, order.service_code))]
    pairs += _place(order.lat, order.lon, order.address)
    lines = [
        template.format(value=value)
        for fact, template in profile.description_lines.items()
        if (value := _fact(order, fact)) is not None
    ]
    pairs.append(("description", description(order.text, lines, profile.description_limit)))
    if profile.account_id:
        pairs.append(("account_id", profile.account_id.replace("{ticket_number}", order.ticket_number)))
    if profile.own_number.field:
        pairs.append((profile.own_number.field, order.ticket_number))
    pairs += _attributes(order, profile)
    pairs += _contact(order, profile)
    pairs += _media(order.photos, profile, media_url)
    return [*pairs, *profile.extra.items()]


def change_fields(order: Order, profile: Profile, media_url: MediaUrl) -> Pairs:
    """The form of POST servicerequestupdates. Raises Permanent where the server does not take this kind of event, or
    the case has no id."""
    event, changes = short(order.event_type), profile.changes
    if event not in changes.events:
        raise Permanent(f"this backend takes no '{event}' after a case is made; tell the unit by hand")
    if not order.case_id:
        raise Permanent("the case has no id at the backend, so nothing can be added to it; tell the unit by hand")
    pairs = [("service_request_id", order.case_id), ("updated_datetime", order.happened_at.isoformat())]
    status = changes.status.get(event, changes.default_status)
    pairs += [("status", status)] if status else []
    pairs += [(changes.key_field, order.key)] if changes.key_field else []
    lines = [changes.labels[event]] if event in changes.labels else []
    lines += [
        template.format(value=value)
        for fact, template in changes.lines.items()
        if (value := text_of(order.data.get(fact))) is not None
    ]
    said = description("\n".join(lines), [], profile.description_limit)
    pairs += [("description", said)] if said else []
    if changes.fields:
        pairs += _changed_fields(order, profile)
    pairs += _media(tuple(order.data.get("photos") or ()), profile, media_url)
    return [*pairs, *changes.extra.items()]


def look_up_params(order: Order, look_up: LookUp) -> dict[str, str]:
    since = (order.happened_at - SINCE).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"ticket_number": order.ticket_number, "service_code": order.service_code, "since": since}
    return {name: template.format_map(values) for name, template in look_up.params.items()}


def find_case_id(rows: list[dict[str, Any]], number: str, look_up: LookUp) -> str | None:
    """The id of the row that bears our number. A server that ignores the question returns strangers: compare."""
    for row in rows:
        value = text_of(_inside(row, look_up.match))
        same = value is not None and (_mentions(value, number) if look_up.contains else value == number)
        if same and (case_id := text_of(row.get("service_request_id"))):
            return case_id
    return None


def update_of(row: Mapping[str, Any], profile: Profile) -> Update | None:
    """A row of GET servicerequestupdates or GET requests as news; None for our own and for rows that say nothing.

    The word is kept as it came; `status` is None where the profile does not know it.
    """
    if any(text_of(row.get(name)) == value for name, value in profile.status.skip.items()):
        return None
    word = text_of(_inside(row, profile.status.field)) or text_of(row.get("status"))
    note = row.get("note") or (row.get("description") if "update_id" in row else row.get("status_notes"))
    return read_update(row, profile.status.words, word, note)


def short(event_type: str) -> str:
    """ticket.withdrawn → withdrawn"""
    return event_type.removeprefix("ticket.")


def description(text: str, lines: list[str], limit: int) -> str:
    """The text and the lines below it, in at most `limit` characters; what is too long is cut from the text."""
    tail = "".join(f"\n{line}" for line in lines)[:limit]
    room = limit - len(tail)
    body = text if len(text) <= room else text[: max(room - len(CUT), 0)] + CUT[: room or 0]
    return (body + tail).strip()


def _changed_fields(order: Order, profile: Profile) -> Pairs:
    data = order.data
    pairs: Pairs = []
    if code := data.get("service_code"):
        pairs.append(("service_code", profile.services.get(code, code)))
    pairs += _place(data.get("lat"), data.get("lon"), data.get("address") or "")
    field = profile.attributes.get("place_code")
    if field and data.get("place_code"):
        pairs.append((field, data["place_code"]))
    return pairs


def _place(lat: float | None, lon: float | None, address: str) -> Pairs:
    pairs = [("lat", f"{lat:.6f}"), ("long", f"{lon:.6f}")] if lat is not None and lon is not None else []
    return [*pairs, ("address_string", address)] if address else pairs


def _attributes(order: Order, profile: Profile) -> Pairs:
    return [(field, value) for fact, field in profile.attributes.items() if (value := _fact(order, fact)) is not None]


def _contact(order: Order, profile: Profile) -> Pairs:
    wanted = ((profile.contact.name, order.contact_name), (profile.contact.phone, order.contact_phone))
    return [(field, value) for field, value in wanted if field and value]


def _media(photos: tuple[str, ...], profile: Profile, media_url: MediaUrl) -> Pairs:
    field = profile.media.field
    addresses = [address for photo in photos if (address := media_url(photo))]
    if not field:
        return []
    return [(field, address) for address in (addresses if profile.media.repeat else addresses[:1])]


def _fact(order: Order, fact: str) -> str | None:
    return text_of(getattr(order, fact))


def _inside(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _mentions(text: str, number: str) -> bool:
    """XH-12 stands in "… XH-12", not in "… XH-123"."""
    at = text.find(number)
    while at >= 0:
        before, after = text[at - 1 : at] if at else "", text[at + len(number) : at + len(number) + 1]
        if not _of_number(before) and not _of_number(after):
            return True
        at = text.find(number, at + 1)
    return False


def _of_number(character: str) -> bool:
    return character == "-" or (character.isascii() and character.isalnum())
