"""GeoReport v2: services, requests, tokens. Each handler reads input, calls one function, answers in either format."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.casedesk.cases import (
    Sender,
    get_visible_case,
    list_cases,
    take_case,
)
from bot.casedesk.desk import TheDesk, base_of
from bot.casedesk.documents import created_row, request_row, service_definition, service_row
from bot.casedesk.faults import DEFAULT_POLLS, Fault
from bot.casedesk.fields import Fields, read_fields
from bot.casedesk.filters import request_filter
from bot.casedesk.formats import DEFINITION, REQUESTS, SERVICES, answer
from bot.casedesk.problems import refuse
from bot.casedesk.tables import Case, Token
from bot.casedesk.tokens import TokenPlan, ask_token, find_open_token
from bot.casedesk.troublemaker import FAULT_KEY
from bot.casedesk.validation import NewCase, new_case

Handler = Callable[..., Any]
SUFFIXES = ("", ".json", ".xml")
KEY_LENGTH = 255


def in_all_formats(router: APIRouter, path: str, method: str = "GET") -> Callable[[Handler], Handler]:
    """Registers a handler under the bare path and under each suffix of the standard."""

    def register(handler: Handler) -> Handler:
        for suffix in SUFFIXES:
            router.add_api_route(path + suffix, handler, methods=[method], response_class=Response)
        return handler

    return register


async def known_jurisdiction(request: Request, desk: TheDesk) -> None:
    """The desk serves one jurisdiction: naming it is optional, naming another is an error."""
    named = request.query_params.get("jurisdiction_id")
    if named and named != desk.city.jurisdiction:
        raise refuse(404, "jurisdiction_id was not found: leave it out or send this city's division code")


router = APIRouter(prefix="/open311/v2", dependencies=[Depends(known_jurisdiction)])


@in_all_formats(router, "/services")
async def list_services(request: Request, desk: TheDesk) -> Response:
    return answer(request, SERVICES, [service_row(service) for service in desk.city.services.values()])


async def show_service(request: Request, desk: TheDesk, service_code: str) -> Response:
    service = desk.city.services.get(service_code)
    if service is None:
        raise refuse(404, "service_code was not found: take one from GET services")
    return answer(request, DEFINITION, service_definition(service))


@in_all_formats(router, "/requests", "POST")
async def post_request(request: Request, desk: TheDesk) -> Response:
    """201 for a new case; 200 when the Idempotency-Key names a case that is here already."""
    fields = await read_fields(request)
    allow_writing(fields, desk)
    new = new_case(fields, desk.city.services)
    sender = Sender("open311", idempotency_key(request), fields.digest())
    media = await desk.media.keep(fields.photos)
    now = desk.clock()
    case, created, token = await desk.database.write(_take, new, media, sender, now, _token_plan(request))
    return answer(request, REQUESTS, [created_row(case, token)], 201 if created else 200)


def _take(
    session: Session, new: NewCase, media: list[str], sender: Sender, now: datetime, plan: TokenPlan | None
) -> tuple[Case, bool, Token | None]:
    case, created = take_case(session, new, media, sender, now, plan)
    return case, created, find_open_token(session, case, now)


def _token_plan(request: Request) -> TokenPlan | None:
    fault: Fault | None = request.scope.get(FAULT_KEY)
    if fault is None:
        return None
    open_ended = fault.polls is None and fault.seconds is None
    return TokenPlan(
        token=secrets.token_hex(12),
        polls=fault.polls if fault.polls is not None else DEFAULT_POLLS if open_ended else 0,
        seconds=fault.seconds or 0.0,
        never=fault.do == "token_never",
        hidden=not fault.searchable,
    )


@in_all_formats(router, "/requests")
async def get_requests(request: Request, desk: TheDesk) -> Response:
    now = desk.clock()
    wanted = request_filter(request.query_params.multi_items(), now)
    cases = await desk.database.read(list_cases, wanted, now)
    return answer(request, REQUESTS, [request_row(case, desk.city, base_of(request)) for case in cases])


async def get_request(request: Request, desk: TheDesk, service_request_id: str) -> Response:
    case = await desk.database.read(get_visible_case, service_request_id, desk.clock())
    return answer(request, REQUESTS, [request_row(case, desk.city, base_of(request))])


async def get_token(request: Request, desk: TheDesk, token: str) -> Response:
    number = await desk.database.write(ask_token, token, desk.clock())
    return answer(request, REQUESTS, [{"service_request_id": number, "token": token}])


# The routes with a suffix come first, or the bare path would take "UM-A01.json" for a code.
for suffix in reversed(SUFFIXES):
    for path, handler in (
        ("/services/{service_code}", show_service),
        ("/requests/{service_request_id}", get_request),
        ("/tokens/{token}", get_token),
    ):
        router.add_api_route(path + suffix, handler, methods=["GET"], response_class=Response)


def allow_writing(fields: Fields, desk: TheDesk) -> None:
    """Raises Refused: 403 for a missing or wrong key where keys are set, 404 for a jurisdiction sent in the form."""
    keys = desk.settings.api_keys
    sent = (fields.one("api_key") or "").encode()
    if keys and not any(secrets.compare_digest(sent, key.encode()) for key in keys):
        raise refuse(403, "api_key is missing or not known here: ask the desk's keeper for one")
    named = fields.one("jurisdiction_id")
    if named and named != desk.city.jurisdiction:
        raise refuse(404, "jurisdiction_id was not found: leave it out or send this city's division code")


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("idempotency-key", "").strip()
    if len(key) > KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise refuse(400, f"Idempotency-Key must be printable ASCII of at most {KEY_LENGTH} characters")
    return key or None
