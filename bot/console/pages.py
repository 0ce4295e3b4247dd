"""Pages from frozen dataclasses. A whole page and a fragment of it render the same templates."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bot.console.words import Words
from bot.intake.accountsessions import Visit
from bot.intake.people import Person
from bot.intake.phrases import LANGUAGES
from bot.intake.words import localised

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_COOKIE = "yizhan_console_language"
THEMES = ("system", "light", "dark")
SAID = "_said_"  # phrases that a redirect may name in its address


@dataclass(frozen=True)
class Link:
    name: str
    path: str
    is_current: bool


@dataclass(frozen=True)
class Frame:
    """What stands around every page."""

    language: str
    theme: str
    person: Person | None
    links: tuple[Link, ...]
    address: str  # of this page, to come back to
    said: str | None  # key of what the last step did
    bureau: str


@dataclass(frozen=True)
class Pages:
    words: Words
    environment: Environment

    @classmethod
    def load(cls) -> "Pages":
        environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        pages = cls(Words.load(), environment)
        environment.globals["phrase"] = pages._phrase
        environment.globals["has_phrase"] = pages._has_phrase
        environment.filters["moment"] = _moment
        environment.filters["localised"] = _localised
        return pages

    def whole(self, request: Request, name: str, page: Any, *, room: str = "", status: int = 200) -> HTMLResponse:
        """A whole page: the template `name` (it extends base.html) with `page` and what stands around it."""
        frame = frame_of(request, room)
        headers = {"Content-Language": frame.language}
        html = self.html(name, page, frame.language, _zone(request), frame=frame)
        return HTMLResponse(html, status, headers)

    def part(self, request: Request, name: str, page: Any, *, status: int = 200, **more: Any) -> HTMLResponse:
        """A fragment for a page's own script."""
        return HTMLResponse(self.html(name, page, language_of(request), _zone(request), **more), status)

    def html(self, name: str, page: Any, language: str, zone: ZoneInfo, **more: Any) -> str:
        return self.environment.get_template(name).render(page=page, language=language, zone=zone, **more)

    @pass_context
    def _phrase(self, context: Context, key: str, **params: Any) -> Markup:
        """The phrase in the page's language; what is filled in is escaped, unless it is markup already."""
        return escape(self.words.tables[context["language"]][key]).format(**params)

    @pass_context
    def _has_phrase(self, context: Context, key: str) -> bool:
        return key in self.words.tables[context["language"]]


def frame_of(request: Request, room: str = "") -> Frame:
    visit: Visit | None = getattr(request.state, "visit", None)
    person = visit.person if visit else None
    rooms = request.app.state.rooms if person else ()
    links = tuple(Link(r.name, r.path, r.name == room) for r in rooms if r.is_for(person))
    said = request.query_params.get("said", "")
    language = language_of(request)
    words: Words = request.app.state.ground.pages.words
    address = request.url.path + (f"?{query}" if (query := _without_said(request)) else "")
    return Frame(
        language=language,
        theme=visit.theme if visit else "system",
        person=person,
        links=links,
        address=address,
        said=said if SAID in said and said in words.tables[language] else None,
        bureau=str(localised(request.app.state.ground.desk.city.bureau, language)),
    )


def language_of(request: Request) -> str:
    """The account's language; before signing in the browser's last choice, then Chinese."""
    visit: Visit | None = getattr(request.state, "visit", None)
    wanted = visit.person.language if visit else request.cookies.get(LANGUAGE_COOKIE, "")
    return wanted if wanted in LANGUAGES else LANGUAGES[0]


def see_other(path: str, said: str = "", **query: str) -> RedirectResponse:
    """To another page after a step that changed something; `said` is a phrase <area>_said_<what> shown there."""
    query = {**query, "said": said} if said else query
    mark = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{mark}{urlencode(query)}" if query else path, 303)


def _without_said(request: Request) -> str:
    return urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "said"])


def _zone(request: Request) -> ZoneInfo:
    zone: ZoneInfo = request.app.state.ground.desk.city.timezone
    return zone


@pass_context
def _moment(context: Context, value: datetime | None) -> Markup:
    """A moment in the city's time, to the minute, with the exact one for machines."""
    if value is None:
        return Markup("—")
    local = value.astimezone(context["zone"])
    return Markup('<time datetime="{}">{}</time>').format(
        value.isoformat(timespec="seconds"), local.strftime("%Y-%m-%d %H:%M")
    )


@pass_context
def _localised(context: Context, value: Any) -> Any:
    """The page's language of a value that comes in several, such as a service's name."""
    return localised(value, context["language"])
