"""servicerequestupdates, the common extension of GeoReport v2: what happened to cases, read and written."""

from datetime import datetime

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.casedesk.cases import Sender, get_case, take_update
from bot.casedesk.city import Service
from bot.casedesk.desk import TheDesk, base_of
from bot.casedesk.documents import update_row
from bot.casedesk.fields import Fields, read_fields
from bot.casedesk.filters import update_filter
from bot.casedesk.formats import UPDATES, answer
from bot.casedesk.georeport import allow_writing, idempotency_key, in_all_formats, known_jurisdiction
from bot.casedesk.problems import refuse
from bot.casedesk.tables import Update, update_number
from bot.casedesk.updates import list_updates
from bot.casedesk.validation import new_update

router = APIRouter(prefix="/open311/v2", dependencies=[Depends(known_jurisdiction)])


@in_all_formats(router, "/servicerequestupdates")
async def get_updates(request: Request, desk: TheDesk) -> Response:
    wanted = update_filter(request.query_params.multi_items())
    rows = await desk.database.read(list_updates, wanted)
    base = base_of(request)
    return answer(request, UPDATES, [update_row(update, number, desk.city, base) for update, number in rows])


@in_all_formats(router, "/servicerequestupdates", "POST")
async def post_update(request: Request, desk: TheDesk) -> Response:
    """201 for a new update; 200 when its key, or the case's same update_id, came before."""
    fields = await read_fields(request)
    allow_writing(fields, desk)
    key = idempotency_key(request)
    media = await desk.media.keep(fields.photos)
    update, created = await desk.database.write(take_down, fields, media, key, desk.city.services, desk.clock())
    return answer(request, UPDATES, [{"update_id": update_number(update.id)}], 201 if created else 200)


def take_down(
    session: Session,
    fields: Fields,
    media: list[str],
    key: str | None,
    services: dict[str, Service],
    now: datetime,
) -> tuple[Update, bool]:
    """Raises Refused where the case is unknown or the fields say nothing usable."""
    number = fields.one("service_request_id")
    if number is None:
        raise refuse(400, "service_request_id is missing")
    case = get_case(session, number)
    new = new_update(fields, services, case.service_code)
    named = f"id {number} {new.update_id}" if new.update_id else None
    sender = Sender("open311", f"key {key}" if key else named, fields.digest())
    return take_update(session, case, new, media, sender, now)
