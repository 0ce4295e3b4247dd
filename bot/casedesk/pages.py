"""The page for people: cases listed, status changed by buttons of plain forms, no script."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from bot.casedesk.cases import list_for_page
from bot.casedesk.desk import Desk, TheDesk
from bot.casedesk.deskapi import announce_status, same_site
from bot.casedesk.fields import clean
from bot.casedesk.media import ADDRESS
from bot.casedesk.screen import PAGE_SIZE, SHOWS, WORDS, View, screen
from bot.casedesk.tables import Case, Update
from bot.casedesk.updates import list_of_cases

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "desk_language"
LANGUAGE_SECONDS = 365 * 24 * 3600
LAST_PAGE = 1_000_000
# No script at all, pictures also from where a report says they lie.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' http: https:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
templates = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
router = APIRouter(include_in_schema=False)


class Files(StaticFiles):
    """Files a browser must take for what they are, never for a page."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def serve_files(app: FastAPI, desk: Desk) -> None:
    app.mount(ADDRESS, Files(directory=desk.media.folder))
    app.mount("/static", Files(directory=HERE / "static"))


@router.get("/", response_class=HTMLResponse)
async def list_page(request: Request, desk: TheDesk) -> Response:
    view = view_of(request)
    cases, count, updates = await desk.database.read(_find, view)
    shown = screen(view, desk.city, cases, count, updates)
    response = HTMLResponse(templates.get_template("cases.html").render(screen=shown))
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    if request.query_params.get("lang") in WORDS:
        response.set_cookie(LANGUAGE_COOKIE, view.language, LANGUAGE_SECONDS, httponly=True, samesite="lax")
    return response


def view_of(request: Request) -> View:
    """What makes no sense falls back to the first page of all cases in Chinese."""
    query = request.query_params
    language = query.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or "zh"
    return view_from(language, query.get("show", ""), query.get("q", ""), query.get("page", ""))


def view_from(language: str, show: str, search: str, page: str) -> View:
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 8 else 1
    return View(
        language=language if language in WORDS else "zh",
        show=show if show in SHOWS else "all",
        search=clean(search)[:200],
        page=min(max(number, 1), LAST_PAGE),
    )


def _find(session: Session, view: View) -> tuple[Sequence[Case], int, dict[int, Sequence[Update]]]:
    start = (view.page - 1) * PAGE_SIZE
    cases, count = list_for_page(session, view.closed, view.search, PAGE_SIZE, start)
    return cases, count, list_of_cases(session, cases)


@router.post("/cases/{number}/status", dependencies=[Depends(same_site)])
async def press_button(
    desk: TheDesk,
    number: str,
    status: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
    show: Annotated[str, Form()] = "",
    q: Annotated[str, Form()] = "",
    page: Annotated[str, Form()] = "",
) -> Response:
    """Changes the status, then shows the same list again at the same case."""
    await announce_status(desk, number, status, note)
    return RedirectResponse(f"{view_from('zh', show, q, page).address()}#{number}", 303)
