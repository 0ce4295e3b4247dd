"""Service discovery: where the endpoint is and which formats it speaks."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.casedesk.desk import TheDesk, base_of
from bot.casedesk.formats import DISCOVERY, answer
from bot.casedesk.georeport import in_all_formats

# Grows when services, fields or formats of the endpoint change.
CHANGESET = "2026-11-24 00:00"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
router = APIRouter(prefix="/open311")


@in_all_formats(router, "/discovery")
async def discovery(request: Request, desk: TheDesk) -> Response:
    """The endpoint's address ends with a slash: other implementations join paths to it as they stand."""
    name = f"{desk.city.name['zh']} {desk.city.name['en']}"
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{base_of(request)}/open311/v2/",
        "changeset": CHANGESET,
        "type": "test",
        "formats": ["text/xml", "application/json"],
    }
    document = {
        "changeset": CHANGESET,
        "contact": f"{name}: case desk",
        "key_service": "YIZHAN_DESK_API_KEYS at the desk's start lists the keys; without it none is needed",
        "endpoints": [endpoint],
    }
    return answer(request, DISCOVERY, document)
