"""How refusals and faults look: a page in the reader's language, or JSON for scripts."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from bot.console.gate import visit_of
from bot.console.ground import Ground
from bot.console.pages import language_of, see_other
from bot.console.refusals import Refused, wants_json

LONGEST = 300  # characters of a reason


@dataclass(frozen=True)
class ErrorPage:
    status: int
    reason: str


async def not_signed_in(request: Request, _error: Exception) -> Response:
    """To the sign-in page, and back here afterwards."""
    if wants_json(request):
        return JSONResponse({"error": _phrase(request, "error_signed_out")}, 401)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return see_other("/console/login?" + urlencode({"next": here}) if request.method == "GET" else "/console/login")


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for this type alone
    reason = _phrase(request, error.key, **error.params)
    response = _answer(request, error.status, reason)
    response.headers.update(error.headers)
    return response


async def misread(request: Request, error: Exception) -> Response:
    """Something of the wrong form came in; named without repeating it."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type alone
    await visit_of(request)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    if wants_json(request):
        return JSONResponse({"error": f"{where or 'the body'}: {first['msg']}"[:LONGEST]}, 400)
    return _answer(request, 400, _phrase(request, "error_form", where=where))


async def http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type alone
    await visit_of(request)
    key = {404: "error_not_found", 405: "error_method"}.get(error.status_code, "error_other")
    if wants_json(request):
        return JSONResponse({"error": str(error.detail)[:LONGEST]}, error.status_code)
    return _answer(request, error.status_code, _phrase(request, key))


async def broken(request: Request, _error: Exception) -> Response:
    """A fault of ours: the server logs it, the reader is told in words."""
    return _answer(request, 500, _phrase(request, "error_broken"))


def _answer(request: Request, status: int, reason: str) -> Response:
    if wants_json(request):
        return JSONResponse({"error": reason}, status)
    ground: Ground = request.app.state.ground
    return ground.pages.whole(request, "error.html", ErrorPage(status, reason), status=status)


def _phrase(request: Request, key: str, **params: object) -> str:
    ground: Ground = request.app.state.ground
    return ground.pages.words.text(key, language_of(request), **params)
