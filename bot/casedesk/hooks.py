"""The webhook receiver: ticket events signed after Standard Webhooks become cases and updates."""

import binascii
import logging
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.responses import JSONResponse, Response

from bot.casedesk.cases import Sender, find_by_number, take_case, take_update
from bot.casedesk.city import Service
from bot.casedesk.desk import TheDesk
from bot.casedesk.deskapi import read_json
from bot.casedesk.fields import Fields, clean, fields_from
from bot.casedesk.problems import refuse
from bot.casedesk.tables import Hook, case_number
from bot.casedesk.validation import new_case, new_update

log = logging.getLogger(__name__)
router = APIRouter()
ID_LENGTH = 255
TICKET_EVENTS = frozenset(
    {
        "ticket.created",
        "ticket.corrected",
        "ticket.supplemented",
        "ticket.withdrawn",
        "ticket.reopened",
        "ticket.rated",
    }
)
STATUS_BY_EVENT = {"ticket.withdrawn": "withdrawn", "ticket.reopened": "reopened"}
# The sender's word for a field -> the standard's word, under which it is checked and kept.
FIELD_NAMES = {
    "service_code": "service_code",
    "address": "address_string",
    "address_string": "address_string",
    "address_id": "address_id",
    "lat": "lat",
    "long": "long",
    "lon": "long",
    "account_id": "account_id",
    "media": "media_url",
    "media_url": "media_url",
    "media_urls": "media_url",
}
WORDS = ("description", "text", "reason", "comment", "note")  # joined, they are the description
ATTRIBUTE_NAMES = (
    "ticket_number",
    "place_code",
    "grid",
    "contact_name",
    "contact_phone",
    "anonymous",
    "confidential",
    "language",
    "urgency",
    "occurred",
    "rating",
)


@router.post("/hooks/tickets", response_class=JSONResponse)
async def take_event(request: Request, desk: TheDesk) -> Response:
    """200 when the event is kept, also on a repeat; 409 when its case is not here yet (send it again later)."""
    webhook_id = await verified_id(request, desk.settings.hook_secrets)
    event = await read_json(request)
    number = await desk.database.write(apply_event, webhook_id, event, desk.city.services, desk.clock())
    return JSONResponse({"received": True, "service_request_id": number})


async def verified_id(request: Request, secrets: tuple[str, ...]) -> str:
    """The webhook-id of a rightly signed request. Raises Refused: 503 without any secret here, else 401."""
    if not secrets:
        raise refuse(503, "the desk takes no webhooks yet: set YIZHAN_DESK_HOOK_SECRETS at its start")
    body = await request.body()
    headers = dict(request.headers)
    if not any(_signed(secret, body, headers) for secret in secrets):
        raise refuse(401, "the webhook's signature, id or timestamp is missing or wrong")
    webhook_id = headers["webhook-id"]
    if len(webhook_id) > ID_LENGTH:
        raise refuse(400, f"webhook-id is longer than {ID_LENGTH} characters")
    return webhook_id


def _signed(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError, binascii.Error):  # ValueError: no comma, or no UTF-8
        return False
    return True


def apply_event(
    session: Session, webhook_id: str, event: dict[str, Any], services: dict[str, Service], now: datetime
) -> str | None:
    """The case's id; None for a type the desk has no use for. A repeat of the webhook-id changes nothing.

    Raises Refused where the event cannot be a case or an update.
    """
    known = session.get(Hook, webhook_id)
    if known is not None:
        return case_number(known.case_id) if known.case_id else None
    kind, data = event.get("type"), event.get("data")
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise refuse(400, 'the event must hold "type" and an object "data"')
    case_id = _apply(session, kind, fields_of(kind, data), services, now) if kind in TICKET_EVENTS else None
    session.add(Hook(webhook_id=webhook_id, type=clean(kind)[:64], case_id=case_id, received_at=now))
    return case_number(case_id) if case_id else None


def _apply(session: Session, kind: str, fields: Fields, services: dict[str, Service], now: datetime) -> int:
    numbers = fields.attributes.get("ticket_number")
    if not numbers:
        raise refuse(400, "data.ticket_number is missing")
    case = find_by_number(session, numbers[0])
    if kind == "ticket.created":
        if case is not None:
            case.posted += 1
            return case.id
        return take_case(session, new_case(fields, services), [], Sender("webhook"), now)[0].id
    if case is None:
        raise refuse(409, "this ticket_number has no case here yet: send ticket.created first, then this again")
    if kind in STATUS_BY_EVENT:
        fields.values["status"] = [STATUS_BY_EVENT[kind]]
    take_update(session, case, new_update(fields, services, case.service_code), [], Sender("webhook"), now)
    return case.id


def fields_of(kind: str, data: dict[str, Any]) -> Fields:
    """The event's data as if it had been sent as a form, so that one set of rules checks both.

    What counts stands in `ticket` for a new case and in `change` for a later event, or flat in `data` itself.
    """
    inner = data.get("ticket" if kind == "ticket.created" else "change")
    told = {**(inner if isinstance(inner, dict) else data), "ticket_number": data.get("ticket_number")}
    contact = told.get("contact")
    if isinstance(contact, dict):
        told |= {"contact_name": contact.get("name"), "contact_phone": contact.get("phone")}
    pairs = [("description", "\n".join(text for name in WORDS if (text := _text(told.get(name)))))]
    for name, value in told.items():
        target = FIELD_NAMES.get(name) or (f"attribute[{name}]" if name in ATTRIBUTE_NAMES else None)
        if target:
            pairs += [(target, _text(item)) for item in (value if isinstance(value, list) else [value])]
    return fields_from(pairs)


def _text(value: Any) -> str:
    """A number without an exponent, as a form would hold it; nothing for what is no single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.7f}".rstrip("0").rstrip(".")
    return str(value) if isinstance(value, str | int) else ""
