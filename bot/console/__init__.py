"""The operators' console below /console/: an application of its own, with its own headers, errors and way in."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.console import (
    account,
    answers,
    auditlog,
    deliveries,
    doorway,
    handovers,
    learning,
    people,
    review,
    tickets,
    welcome,
)
from bot.console.ground import Ground
from bot.console.headers import ConsoleHeaders
from bot.console.origin import OwnOrigin
from bot.console.refusals import NotSignedIn, Refused
from bot.console.rooms import Room

__all__ = ["Ground", "build_console"]

STATIC = Path(__file__).parent / "static"
# In the order of the navigation. A new part of the console is one line here.
ROOMS: tuple[Room, ...] = (
    Room("doorway", (), doorway.build_router),
    Room("review", ("operator", "auditor"), review.build_router),
    Room("tickets", ("operator", "auditor"), tickets.build_router),
    Room("deliveries", ("operator", "auditor"), deliveries.build_router),
    Room("handovers", ("operator", "auditor"), handovers.build_router),
    Room("learning", ("operator", "auditor"), learning.build_router),
    Room("audit", ("administrator", "auditor"), auditlog.build_router),
    Room("people", ("administrator",), people.build_router),
    Room("account", (), account.build_router),
    Room("welcome", (), welcome.build_router),
)


class Files(StaticFiles):
    """Files that a browser asks about before it uses its copy."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def build_console(app: FastAPI, ground: Ground) -> FastAPI:
    """Mounts the console; returns the inner application."""
    inner = FastAPI(title="yizhan console", docs_url=None, redoc_url=None, openapi_url=None)
    inner.state.ground = ground
    inner.state.rooms = ROOMS
    for room in ROOMS:
        inner.include_router(room.build(ground))
    inner.mount("/static", Files(directory=STATIC), name="console-static")
    inner.add_exception_handler(NotSignedIn, answers.not_signed_in)
    inner.add_exception_handler(Refused, answers.refused)
    inner.add_exception_handler(RequestValidationError, answers.misread)
    inner.add_exception_handler(StarletteHTTPException, answers.http_error)
    inner.add_exception_handler(Exception, answers.broken)
    inner.add_middleware(OwnOrigin, public_url=ground.settings.public_url)
    inner.add_middleware(ConsoleHeaders)
    app.mount("/console", inner, name="console")
    return inner
