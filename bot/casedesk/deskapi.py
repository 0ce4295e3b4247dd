"""The desk's own JSON interface for people's scripts and for tests: all cases, status changes, the fault plan."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from bot.casedesk.cases import change_status, get_case, list_all
from bot.casedesk.desk import Desk, TheDesk, base_of
from bot.casedesk.documents import desk_row, stamp, update_row
from bot.casedesk.faults import read_plan
from bot.casedesk.fields import clean
from bot.casedesk.problems import refuse
from bot.casedesk.push import News
from bot.casedesk.tables import Case, Update, case_number, update_number


async def same_site(request: Request) -> None:
    """Refuses what a page of another site makes a visitor's browser send. Programs send neither header."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if site not in ("same-origin", "none") or foreign:
        raise refuse(403, "this can only be sent from the desk's own page or by a program")


router = APIRouter(prefix="/desk/api")
WORD_LENGTH = 64
NOTE_LENGTH = 4000


@router.get("/cases", response_class=JSONResponse)
async def all_cases(request: Request, desk: TheDesk) -> Response:
    cases = await desk.database.read(list_all)
    return JSONResponse({"cases": [desk_row(case, base_of(request)) for case in cases]})


@router.post("/cases/{number}/status", response_class=JSONResponse, dependencies=[Depends(same_site)])
async def set_status(request: Request, desk: TheDesk, number: str) -> Response:
    """Any word is taken: a county's system has words of its own, and readers must bear one they do not know."""
    body = await read_json(request)
    word, note = body.get("status"), body.get("note") or ""
    if not isinstance(word, str) or not isinstance(note, str):
        raise refuse(400, 'send {"status": "a word", "note": "optional words"}')
    update, case = await announce_status(desk, number, word, note)
    return JSONResponse(update_row(update, case.ticket_number, desk.city, base_of(request)))


@router.get("/faults", response_class=JSONResponse)
async def show_faults(desk: TheDesk) -> Response:
    return JSONResponse({"plan": desk.plan.remaining()})


@router.post("/faults", response_class=JSONResponse, dependencies=[Depends(same_site)])
async def plan_faults(request: Request, desk: TheDesk) -> Response:
    """Replaces the plan."""
    desk.plan.replace(read_plan(await read_json(request)))
    return JSONResponse({"plan": desk.plan.remaining()})


@router.delete("/faults", response_class=JSONResponse, dependencies=[Depends(same_site)])
async def forget_faults(desk: TheDesk) -> Response:
    desk.plan.replace([])
    return JSONResponse({"plan": []})


async def read_json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError) as broken:
        raise refuse(400, "the body is no JSON") from broken
    if not isinstance(body, dict):
        raise refuse(400, "the body must be a JSON object")
    return body


async def announce_status(desk: Desk, number: str, word: str, note: str) -> tuple[Update, Case]:
    """Changes the status, then tells the listener in the background. Raises Refused."""
    word, note = clean(word), clean(note)
    if not word or len(word) > WORD_LENGTH or "\n" in word:
        raise refuse(400, f"status must be one line of 1 to {WORD_LENGTH} characters, such as in_progress")
    if len(note) > NOTE_LENGTH:
        raise refuse(400, f"note is longer than {NOTE_LENGTH} characters: shorten it")
    update, case = await desk.database.write(_set_status, number, word, note, desk.clock())
    data = {
        "update_id": update_number(update.id),
        "service_request_id": case_number(case.id),
        "ticket_number": case.ticket_number,
        "status": update.status,
        "note": update.description or None,
        "updated_datetime": stamp(update.at, desk.zone),
    }
    desk.pusher.announce(News(f"desk-update-{update_number(update.id)}", update.at, data))
    return update, case


def _set_status(session: Session, number: str, word: str, note: str, now: datetime) -> tuple[Update, Case]:
    case = get_case(session, number)
    return change_status(session, case, word, note, now), case
