"""Is what was sent a case, or an update to one? Pure: fields and the catalogue in, a value or Refused out."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bot.casedesk.city import Attribute, Service
from bot.casedesk.fields import Fields
from bot.casedesk.filters import moment
from bot.casedesk.problems import Problem, Refused, refuse

# Longest text of each field, in characters.
LENGTHS = {
    "description": 4000,
    "address_string": 1000,
    "address_id": 255,
    "account_id": 255,
    "email": 254,
    "device_id": 255,
    "first_name": 100,
    "last_name": 100,
    "phone": 40,
    "media_url": 2000,
    "update_id": 100,
}
ATTRIBUTE_LENGTH = 1000
TICKET_NUMBER_LENGTH = 255
CONTACT = ("email", "device_id", "first_name", "last_name", "phone")
NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,18})?")
# What a reporter may say of a case, and the status it gets; None leaves the status as it is.
REPORTER_STATUS = {
    "unchanged": None,
    "open": "open",
    "reopen": "reopened",
    "reopened": "reopened",
    "closed": "closed",
    "fixed": "closed",
    "withdrawn": "withdrawn",
    "cancelled": "withdrawn",
}


@dataclass(frozen=True)
class Location:
    lat: float | None = None
    long: float | None = None
    address: str | None = None
    address_id: str | None = None

    @property
    def given(self) -> bool:
        return self.lat is not None or bool(self.address or self.address_id)


@dataclass(frozen=True)
class NewCase:
    service_code: str
    location: Location
    description: str
    account_id: str | None
    attributes: dict[str, Any]
    contact: dict[str, Any]
    media_urls: list[str]


@dataclass(frozen=True)
class NewUpdate:
    """`status` None leaves the case's status; `changes` holds only what is to be changed."""

    status: str | None
    description: str
    changes: dict[str, Any]
    media_urls: list[str]
    reported_at: datetime | None
    update_id: str | None


def new_case(fields: Fields, services: dict[str, Service]) -> NewCase:
    """Raises Refused: 404 for a code the catalogue lacks, else 400 with every fault that was found."""
    code = fields.one("service_code")
    if code is None:
        raise refuse(400, "service_code is missing: take one from GET services")
    service = _service(code, services)
    problems = _length_problems(fields) + _attribute_problems(fields, service, required=True)
    location = _location(fields, problems)
    if service.needs_location and not location.given and not problems:
        problems.append(Problem(400, "a location is missing: send lat and long, or address_string, or address_id"))
    media = _media_urls(fields, problems)
    if problems:
        raise Refused(*problems)
    return NewCase(
        service_code=code,
        location=location,
        description=fields.one("description") or "",
        account_id=fields.one("account_id"),
        attributes=flat(fields.attributes),
        contact={name: value for name in CONTACT if (value := fields.one(name))},
        media_urls=media,
    )


def new_update(fields: Fields, services: dict[str, Service], current_code: str) -> NewUpdate:
    """`current_code` is the case's service, against which attributes are checked unless a new one is sent."""
    code = fields.one("service_code")
    service = _service(code, services) if code else services.get(current_code)
    problems = _length_problems(fields)
    if service is not None:
        problems += _attribute_problems(fields, service, required=False)
    location = _location(fields, problems)
    status = _reporter_status(fields, problems)
    reported_at = _reported_at(fields, problems)
    media = _media_urls(fields, problems)
    changes = _changes(code, location, flat(fields.attributes))
    words = fields.one("description") or ""
    if not (words or changes or media or fields.photos or fields.one("status")):
        problems.append(Problem(400, "the update says nothing: send status, description, or a field to change"))
    if problems:
        raise Refused(*problems)
    return NewUpdate(status, words, changes, media, reported_at, fields.one("update_id"))


def flat(attributes: dict[str, list[str]]) -> dict[str, Any]:
    """One value is kept as text, several as a list."""
    return {code: values[0] if len(values) == 1 else values for code, values in attributes.items()}


def _service(code: str, services: dict[str, Service]) -> Service:
    if code not in services:
        raise refuse(404, "service_code was not found: take one from GET services")
    return services[code]


def _length_problems(fields: Fields) -> list[Problem]:
    """Also an e-mail address that cannot be one: nobody could write to it."""
    mail = fields.one("email")
    wrong = [Problem(400, "email must be one address, such as name@example.org")]
    return (wrong if mail and not EMAIL.fullmatch(mail) else []) + [
        Problem(400, f"{name} is longer than {limit} characters: shorten it")
        for name, limit in LENGTHS.items()
        if any(len(value) > limit for value in fields.values.get(name, ()))
    ]


def _attribute_problems(fields: Fields, service: Service, required: bool) -> list[Problem]:
    """Codes the definition does not know are kept unread: a sender may be newer than the desk."""
    problems = []
    for attribute in service.attributes:
        values = fields.attributes.get(attribute.code, [])
        allowed = [key for key, _ in attribute.values]
        if required and attribute.required and not values:
            problems.append(Problem(400, f"attribute[{attribute.code}] is required for this service_code"))
        if len(values) > 1 and attribute.datatype != "multivaluelist":
            problems.append(Problem(400, f"attribute[{attribute.code}] takes one value only"))
        if allowed and not set(values) <= set(allowed):
            problems.append(Problem(400, f"attribute[{attribute.code}] must be one of {', '.join(allowed)}"))
        problems += [problem for value in values if (problem := _datatype_problem(attribute, value))]
        if attribute.datatype == "string" and any("\n" in value for value in values):
            problems.append(Problem(400, f"attribute[{attribute.code}] must be one line"))
    for code, values in fields.attributes.items():
        limit = TICKET_NUMBER_LENGTH if code == "ticket_number" else ATTRIBUTE_LENGTH
        if any(len(value) > limit for value in values):
            problems.append(Problem(400, f"attribute[{code}] is longer than {limit} characters: shorten it"))
    return problems


def _datatype_problem(attribute: Attribute, value: str) -> Problem | None:
    if attribute.datatype == "number" and not NUMBER.fullmatch(value):
        return Problem(400, f"attribute[{attribute.code}] must be a number")
    if attribute.datatype == "datetime":
        try:
            moment(value, f"attribute[{attribute.code}]")
        except Refused as refused:
            return refused.problems[0]
    return None


def _location(fields: Fields, problems: list[Problem]) -> Location:
    lat = _degrees(fields, "lat", 90, problems)
    long = _degrees(fields, "long", 180, problems)
    if (fields.one("lat") is None) != (fields.one("long") is None):
        problems.append(Problem(400, "lat and long go together: send both or neither"))
    return Location(lat, long, fields.one("address_string"), fields.one("address_id"))


def _degrees(fields: Fields, name: str, limit: int, problems: list[Problem]) -> float | None:
    text = fields.one(name)
    if text is None:
        return None
    if DEGREES.fullmatch(text) and abs(float(text)) <= limit:
        return float(text)
    problems.append(Problem(400, f"{name} must be decimal degrees (WGS84) between -{limit} and {limit}"))
    return None


def _media_urls(fields: Fields, problems: list[Problem]) -> list[str]:
    addresses = fields.values.get("media_url", [])
    for address in addresses:
        if not _is_web_address(address):
            problems.append(Problem(400, "media_url must be a full http or https address"))
    return addresses


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:  # such as an unclosed bracket in the host
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", text)


def _reporter_status(fields: Fields, problems: list[Problem]) -> str | None:
    word = (fields.one("status") or "unchanged").lower()
    if word not in REPORTER_STATUS:
        problems.append(Problem(400, f"status must be one of {', '.join(REPORTER_STATUS)}"))
    return REPORTER_STATUS.get(word)


def _reported_at(fields: Fields, problems: list[Problem]) -> datetime | None:
    text = fields.one("updated_datetime")
    try:
        return moment(text, "updated_datetime") if text else None
    except Refused as refused:
        problems.extend(refused.problems)
        return None


def _changes(code: str | None, location: Location, attributes: dict[str, Any]) -> dict[str, Any]:
    told = {
        "service_code": code,
        "address": location.address,
        "address_id": location.address_id,
        "lat": location.lat,
        "long": location.long,
        "attributes": attributes or None,
    }
    return {name: value for name, value in told.items() if value is not None}
