"""The chat page and the privacy notice. All words come from the city's phrases."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.channels.web.preferences import preferred_language
from bot.intake.city import City
from bot.intake.phrases import LANGUAGES

HERE = Path(__file__).parent
# Phrases of the conversation that the page also says by itself.
SHARED = (
    "ask_delete",
    "bad_picture",
    "button_delete",
    "button_person",
    "button_status",
    "erased",
    "still_here",
    "too_fast",
    "too_long",
)
SECTIONS = (  # of the privacy notice, in the order of article 17 of the law
    ("notice_who", "notice_who_text"),
    ("notice_why", "notice_why_text"),
    ("notice_what", "notice_what_text"),
    ("notice_not", "notice_not_text"),
    ("notice_machine", "notice_machine_text"),
    ("notice_shared", "notice_shared_text"),
    ("notice_kept", "notice_kept_text"),
    ("notice_device", "notice_device_text"),
    ("notice_rights", "notice_rights_text"),
    ("notice_erased", "notice_erased_text"),
)


class Words:
    """The page's words in both languages, with what is fixed for the city filled in; {n} and {number} stay open."""

    def __init__(self, city: City) -> None:
        self.tables: dict[str, dict[str, str]] = {}
        for language in LANGUAGES:
            known = {
                "bureau": city.bureau[language],
                "fallback": city.hotlines.fallback,
                "area_code": city.area_code,
                "n": "{n}",
                "number": "{number}",
            }
            self.tables[language] = {
                key: template.format_map(known)
                for key, template in city.phrases.words[language].items()
                if key.startswith(("web_", "notice_")) or key in SHARED
            }


@dataclass(frozen=True)
class ChatPage:
    language: str  # zh or en; the page may switch by itself later
    bureau: dict[str, str]  # name of the bureau, by language
    say: dict[str, str]  # the page's words in `language`
    words: dict[str, dict[str, str]]  # and in all languages, for the script


@dataclass(frozen=True)
class PrivacyPage:
    language: str
    bureau: str
    say: dict[str, str]
    sections: list[tuple[str, list[str]]]  # heading and paragraphs; several paragraphs are a list
    lead: str
    draft: str  # says that the bureau has yet to confirm the notice


class RevalidatedFiles(StaticFiles):
    """Static files that a browser asks about before using its copy, so that nobody keeps an old page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        return response


def build_pages(city: City) -> APIRouter:
    words = Words(city)
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    router = APIRouter(include_in_schema=False)

    @router.api_route("/", methods=["GET", "HEAD"])
    async def chat(request: Request) -> HTMLResponse:
        return _render(environment, "chat.html", chat_page(city, words, _language(request)))

    @router.api_route("/privacy", methods=["GET", "HEAD"])
    async def privacy(request: Request) -> HTMLResponse:
        return _render(environment, "privacy.html", privacy_page(city, words, _language(request)))

    return router


def chat_page(city: City, words: Words, language: str) -> ChatPage:
    table = {name: {k: v for k, v in t.items() if not k.startswith("notice_")} for name, t in words.tables.items()}
    return ChatPage(language, dict(city.bureau), words.tables[language], table)


def privacy_page(city: City, words: Words, language: str) -> PrivacyPage:
    say = words.tables[language]
    return PrivacyPage(
        language=language,
        bureau=city.bureau[language],
        say=say,
        sections=[(say[heading], say[text].splitlines()) for heading, text in SECTIONS],
        lead=say["notice_lead"],
        draft=say["notice_draft"],
    )


def _language(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else preferred_language(request.headers.get("accept-language", ""))


def _render(environment: Environment, name: str, page: Any) -> HTMLResponse:
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language", "Content-Language": page.language}
    return HTMLResponse(environment.get_template(name).render(page=page), headers=headers)
