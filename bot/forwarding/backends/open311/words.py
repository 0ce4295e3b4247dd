"""A ticket in a GeoReport v2 server's words, and the server's answer in ours. Pure: the profile says how."""

from collections.abc import Callable, Mapping
from datetime import UTC, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from bot.forwarding.backends.open311.profile import Call, LookUp, Profile, Several
from bot.forwarding.backends.rows import read_update
from bot.forwarding.errors import Permanent
from bot.intake.orders import CREATED, Order
from bot.intake.statuses import Update
from bot.open311.documents import text_of
from bot.open311.services import Attribute, Unfit, put

Pairs = list[tuple[str, str]]
MediaUrl = Callable[[str], str | None]  # an upload's public address; None where it has none

SINCE = timedelta(hours=1)  # a look-up by date begins this long before the ticket was made: clocks differ
CUT = "…"


def case_fields(order: Order, profile: Profile, media_url: MediaUrl) -> Pairs:
    """The form of POST requests, without files. Raises Permanent where the server would refuse the place anyway."""
    if profile.quirks.needs_point and (order.lat is None or order.lon is None):
        raise Permanent("this backend takes no case without a point on the map; tell the unit by hand")
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
    return [*pairs, *_spread(profile.extra)]


def fitted(pairs: Pairs, definition: list[Attribute]) -> Pairs:
    """The form with every attribute of the definition in its datatype; what it does not know stays as it is.

    A value that a list does not have is left out, and raises Permanent where the attribute is required.
    """
    found = list(pairs)
    for attribute in definition:
        names = (f"attribute[{attribute.code}]", f"attribute[{attribute.code}][]")
        values = [value for name, value in found if name in names]
        found = [pair for pair in found if pair[0] not in names]
        try:
            found += put(attribute, values)
        except Unfit as error:
            if attribute.required:
                raise Permanent(f"{error}; mend values or extra in the profile") from error
    return found


def call_of(order: Order, profile: Profile) -> Call:
    """How this change is told."""
    event: Any = short(order.event_type)
    return profile.changes.calls.get(event, profile.changes.call)


def photos_of(order: Order, profile: Profile) -> tuple[str, ...]:
    """The pictures that go along as files."""
    if profile.media.field is None or profile.media.way == "url":
        return ()
    return _chosen(order.photos if order.event_type == CREATED else tuple(order.data.get("photos") or ()), profile)


def change_fields(order: Order, profile: Profile, media_url: MediaUrl) -> Pairs:
    """The form of POST servicerequestupdates. Raises Permanent where the server does not take this kind of event, or
    the case has no id."""
    event, changes = short(order.event_type), profile.changes
    if event not in changes.events:
        raise Permanent(f"this backend takes no '{event}' after a case is made; tell the unit by hand")
    if not order.case_id:
        raise Permanent("the case has no id at the backend, so nothing can be added to it; tell the unit by hand")
    call = call_of(order, profile)
    pairs: Pairs = [(call.id_field, order.case_id)] if call.id_field else []
    pairs += [(call.time_field, order.happened_at.isoformat())] if call.time_field else []
    status = changes.status.get(event, changes.default_status)
    pairs += [(call.status_field, status)] if status and call.status_field else []
    pairs += [(changes.key_field, order.key)] if changes.key_field else []
    lines = [changes.labels[event]] if event in changes.labels else []
    lines += [
        template.format(value=value)
        for fact, template in changes.lines.items()
        if (value := text_of(order.data.get(fact))) is not None
    ]
    said = description("\n".join(lines), [], profile.description_limit)
    pairs += [(call.text_field, said)] if said and call.text_field else []
    match call.facts or ("changed" if changes.fields else "none"):
        case "changed":
            pairs += _changed_fields(order, profile)
        case "present":
            pairs += _present_fields(order, profile)
    pairs += _media(tuple(order.data.get("photos") or ()), profile, media_url)
    return [*pairs, *_spread(changes.extra), *_spread(call.extra)]


def look_up_params(order: Order, look_up: LookUp, services: Mapping[str, str]) -> dict[str, str]:
    since = (order.happened_at - SINCE).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    point = {"lat": order.lat, "long": order.lon}
    values = {
        "ticket_number": order.ticket_number,
        "service_code": services.get(order.service_code, order.service_code),
        "since": since,
        **{name: "" if value is None else f"{value:.6f}" for name, value in point.items()},
    }
    params = {name: template.format_map(values) for name, template in look_up.params.items()}
    return {name: value for name, value in params.items() if value}


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
    zone: tzinfo = ZoneInfo(profile.timezone) if profile.timezone else UTC
    return read_update(row, profile.status.words, word, note, zone)


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


def _present_fields(order: Order, profile: Profile) -> Pairs:
    """As the ticket is after the change: later events carry its present facts, a correction also what it changed."""
    told = {name: order.data.get(name, getattr(order, name)) for name in ("service_code", "lat", "lon", "address")}
    pairs: Pairs = [("service_code", profile.services.get(told["service_code"], told["service_code"]))]
    return pairs + _place(told["lat"], told["lon"], told["address"] or "")


def _spread(extra: Mapping[str, Several]) -> Pairs:
    return [(name, value) for name, values in extra.items() for value in values]


def _place(lat: float | None, lon: float | None, address: str) -> Pairs:
    pairs = [("lat", f"{lat:.6f}"), ("long", f"{lon:.6f}")] if lat is not None and lon is not None else []
    return [*pairs, ("address_string", address)] if address else pairs


def _attributes(order: Order, profile: Profile) -> Pairs:
    pairs: Pairs = []
    for fact, field in profile.attributes.items():
        if (value := _fact(order, fact)) is not None:
            theirs = profile.values.get(fact, {}).get(value, (value,))
            name = f"{field}[]" if len(theirs) > 1 and not field.endswith("[]") else field
            pairs += [(name, each) for each in theirs]
    return pairs


def _contact(order: Order, profile: Profile) -> Pairs:
    wanted = ((profile.contact.name, order.contact_name), (profile.contact.phone, order.contact_phone))
    return [(field, value) for field, value in wanted if field and value]


def _media(photos: tuple[str, ...], profile: Profile, media_url: MediaUrl) -> Pairs:
    """Addresses; pictures that go as files are added by the backend."""
    field = profile.media.field
    if not field or profile.media.way != "url":
        return []
    addresses = tuple(address for photo in photos if (address := media_url(photo)))
    return [(field, address) for address in _chosen(addresses, profile)]


def _chosen(photos: tuple[str, ...], profile: Profile) -> tuple[str, ...]:
    return photos[: profile.media.most if profile.media.repeat else 1]


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
