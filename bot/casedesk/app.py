"""Puts the desk together: routes, error answers, faults around it all."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp

from bot.casedesk import deskapi, discovery, georeport, hooks, openapi, pages, requestupdates
from bot.casedesk.bodylimit import BodyLimit
from bot.casedesk.city import load_city
from bot.casedesk.database import Database
from bot.casedesk.desk import Clock, Desk, utc_now
from bot.casedesk.faults import FaultPlan
from bot.casedesk.formats import error_answer
from bot.casedesk.media import MediaStore
from bot.casedesk.problems import Problem, Refused
from bot.casedesk.push import TIMEOUT, Pusher
from bot.casedesk.settings import Settings
from bot.casedesk.troublemaker import Troublemaker

log = logging.getLogger(__name__)


def build(settings: Settings, clock: Clock = utc_now) -> ASGIApp:
    """The desk as an ASGI application. Raises ValueError when the city's folder cannot be used."""
    settings.data.mkdir(parents=True, exist_ok=True)
    desk = Desk(
        settings=settings,
        city=load_city(settings.city),
        database=Database(settings.data / "casedesk.db"),
        media=MediaStore(settings.data / "media"),
        plan=FaultPlan(),
        pusher=Pusher(settings, httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False), clock),
        clock=clock,
    )
    app = FastAPI(
        title="Case desk (GeoReport v2)", lifespan=_lifespan, redirect_slashes=False, docs_url=None, redoc_url=None
    )
    app.state.desk = desk
    app.openapi = lambda: openapi.document(desk.city)  # type: ignore[method-assign]
    for room in (georeport, requestupdates, discovery, deskapi, hooks, pages):
        app.include_router(room.router)
    pages.serve_files(app, desk)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _crashed)
    return BodyLimit(Troublemaker(app, desk.plan, settings.fault_hold))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await app.state.desk.pusher.close()
    app.state.desk.database.close()


async def _refused(request: Request, refused: Exception) -> Response:
    problems = refused.problems if isinstance(refused, Refused) else (Problem(400, str(refused)),)
    return error_answer(request, problems)


async def _http_error(request: Request, error: Exception) -> Response:
    """Paths and methods the desk does not have, in the same shape as all errors."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {404: "there is nothing at this address", 405: "this address does not take that method"}
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return error_answer(request, (Problem(status, words.get(status, "the request was refused")),), headers)


async def _unreadable(request: Request, _error: Exception) -> Response:
    return error_answer(request, (Problem(400, "the request cannot be read"),))


async def _gone(_request: Request, _error: Exception) -> Response:
    """The caller hung up before the request was whole: nobody reads this, and it is no failure of the desk."""
    return Response(status_code=400)


async def _crashed(request: Request, error: Exception) -> Response:
    log.error("desk request failed", extra={"method": request.method}, exc_info=error)
    return error_answer(request, (Problem(500, "the desk failed: try again later; its log tells more"),))
