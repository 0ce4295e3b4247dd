"""Cases, updates and services in the words of the standard, as plain values for both formats."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from bot.casedesk.city import Attribute, City, Service
from bot.casedesk.tables import Case, Token, Update, case_number, update_number

# The desk's words that mean "closed" to a reader who only knows open and closed; every other word means open.
CLOSED_WORDS = frozenset(
    {
        "closed",
        "fixed",
        "rejected",
        "withdrawn",
        "cancelled",
        "duplicate",
        "no_further_action",
        "not_councils_responsibility",
    }
)


def basic_status(word: str) -> str:
    return "closed" if word in CLOSED_WORDS else "open"


def stamp(moment: datetime, zone: tzinfo) -> str:
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def media_addresses(media: Sequence[str], base: str) -> list[str]:
    """Files kept here become full addresses below `base`, which ends without a slash."""
    return [base + item if item.startswith("/") else item for item in media]


def service_row(service: Service) -> dict[str, Any]:
    return {
        "service_code": service.code,
        "service_name": service.name["zh"],
        "description": service.name["en"],
        "metadata": True,
        "type": "realtime",
        "keywords": ",".join([*service.group.values(), service.urgency]),
        "group": service.group["zh"],
    }


def service_definition(service: Service) -> dict[str, Any]:
    rows = enumerate(service.attributes, start=1)
    return {"service_code": service.code, "attributes": [_attribute(row, order) for order, row in rows]}


def _attribute(row: Attribute, order: int) -> dict[str, Any]:
    return {
        "variable": True,
        "code": row.code,
        "datatype": row.datatype,
        "required": row.required,
        "datatype_description": row.hint or None,
        "order": order,
        "description": row.description,
        "values": [{"key": key, "name": name} for key, name in row.values],
    }


def created_row(case: Case, token: Token | None) -> dict[str, Any]:
    """The answer to POST requests: an id or a token, never both."""
    named = {"token": token.token} if token else {"service_request_id": case_number(case.id)}
    return {**named, "service_notice": None, "account_id": case.account_id}


def request_row(case: Case, city: City, base: str) -> dict[str, Any]:
    """The fields of the standard in its order, then ours. Nothing here tells who reported."""
    service = city.services.get(case.service_code)
    media = media_addresses(case.media, base)
    return {
        "service_request_id": case_number(case.id),
        "status": basic_status(case.status),
        "status_notes": case.status_note or None,
        "service_name": service.name["zh"] if service else case.service_code,
        "service_code": case.service_code,
        "description": case.description or None,
        "agency_responsible": service.department["zh"] if service else None,
        "service_notice": None,
        "requested_datetime": stamp(case.received_at, city.timezone),
        "updated_datetime": stamp(case.updated_at, city.timezone),
        "expected_datetime": None,
        "address": case.address,
        "address_id": case.address_id,
        "zipcode": None,
        "lat": case.lat,
        "long": case.long,
        "media_url": media[0] if media else None,
        "media_urls": media,
        "detailed_status": case.status,
        "ticket_number": case.ticket_number,
        "place_code": case.attributes.get("place_code"),
        "grid": case.attributes.get("grid"),
    }


def update_row(update: Update, ticket_number: str | None, city: City, base: str) -> dict[str, Any]:
    media = media_addresses(update.media, base)
    return {
        "update_id": update_number(update.id),
        "service_request_id": case_number(update.case_id),
        "status": update.status,
        "updated_datetime": stamp(update.at, city.timezone),
        "description": update.description or None,
        "media_url": media[0] if media else None,
        "origin": update.origin,
        "ticket_number": ticket_number,
    }


def desk_row(case: Case, base: str) -> dict[str, Any]:
    """Everything of a case, for the people at the desk and for tests."""
    return {
        "id": case_number(case.id),
        "service_code": case.service_code,
        "ticket_number": case.ticket_number,
        "idempotency_key": case.idempotency_key,
        "address": case.address,
        "lat": case.lat,
        "long": case.long,
        "description": case.description,
        "attributes": case.attributes,
        "media": media_addresses(case.media, base),
        "status": case.status,
        "posted": case.posted,
        "received_at": stamp(case.received_at, UTC),
        "updated_at": stamp(case.updated_at, UTC),
        "status_note": case.status_note,
        "source": case.source,
        "account_id": case.account_id,
        "contact": case.contact,
    }
