"""What the page shows, as plain values. Pure: cases and updates in, a Screen out; the template only lays it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

import yaml

from bot.casedesk.city import City
from bot.casedesk.documents import CLOSED_WORDS
from bot.casedesk.tables import Case, Update, case_number

PAGE_SIZE = 30  # cases
SHORT_TEXT = 240  # characters shown before "the whole text"
SHOWS = ("all", "open", "closed")
WORDS: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
# The buttons under a case, by its status; a word of another system gets those of "in_progress".
ACTIONS = {
    "open": ("in_progress", "closed", "rejected"),
    "reopened": ("in_progress", "closed", "rejected"),
    "in_progress": ("closed", "rejected"),
    "closed": ("reopened",),
}


@dataclass(frozen=True)
class View:
    """What the visitor asked for. `page` counts from 1."""

    language: str = "zh"
    show: str = "all"
    search: str = ""
    page: int = 1

    @property
    def closed(self) -> bool | None:
        return {"open": False, "closed": True}.get(self.show)

    def address(self, **changes: str | int) -> str:
        """The page's address for this view, changed in some points."""
        told = {"show": self.show, "q": self.search, "page": self.page, **changes}
        kept = {key: value for key, value in told.items() if value not in ("", "all", 1)}
        return f"/?{urlencode(kept)}" if kept else "/"


@dataclass(frozen=True)
class Step:
    """One line of a case's progress."""

    when: str
    who: str
    status: str
    text: str


@dataclass(frozen=True)
class Card:
    """One case. `tone` names the colour of its status; `rest` is the whole text where `text` was cut."""

    number: str
    ticket_number: str
    service: str
    service_code: str
    status: str
    tone: str
    address: str
    position: str
    text: str
    rest: str
    photos: tuple[str, ...]
    posted: int
    when: str
    when_exact: str
    steps: tuple[Step, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Screen:
    words: dict[str, str]
    city: str
    view: View
    cards: tuple[Card, ...]
    count: int  # of all cases in this view
    pages: int
    nothing_at_all: bool  # not one case on the desk, whatever the view


def screen(
    view: View, city: City, cases: Sequence[Case], count: int, updates: Mapping[int, Sequence[Update]]
) -> Screen:
    return Screen(
        words=WORDS[view.language],
        city=city.name[view.language],
        view=view,
        cards=tuple(_card(case, view.language, city, updates.get(case.id, ())) for case in cases),
        count=count,
        pages=max(1, -(-count // PAGE_SIZE)),
        nothing_at_all=not count and view.show == "all" and not view.search,
    )


def _card(case: Case, language: str, city: City, updates: Sequence[Update]) -> Card:
    words = WORDS[language]
    cut = len(case.description) > SHORT_TEXT
    closed = case.status in CLOSED_WORDS
    return Card(
        number=case_number(case.id),
        ticket_number=case.ticket_number or "",
        service=_service_name(case.service_code, language, city),
        service_code=case.service_code,
        status=words.get(f"status_{case.status}", case.status),
        tone=_tone(case.status),
        address=case.address or "",
        position=f"{case.lat:.5f}, {case.long:.5f}" if case.lat is not None and case.long is not None else "",
        text=case.description[:SHORT_TEXT].rstrip() + "…" if cut else case.description,
        rest=case.description if cut else "",
        photos=tuple(case.media),
        posted=case.posted,
        when=_moment(case.received_at, city),
        when_exact=case.received_at.astimezone(city.timezone).isoformat(timespec="seconds"),
        steps=tuple(_step(update, language, city) for update in updates),
        actions=ACTIONS.get("closed" if closed else case.status, ACTIONS["in_progress"]),
    )


def _tone(status: str) -> str:
    if status in ("open", "reopened"):
        return "waiting"
    if status in ("closed", "fixed"):
        return "done"
    return "dropped" if status in CLOSED_WORDS else "working"


def _step(update: Update, language: str, city: City) -> Step:
    words = WORDS[language]
    told = [update.description] if update.description else []
    for name, value in update.changes.items():
        shown = _service_name(value, language, city) if name == "service_code" else value
        if template := words.get(f"changed_{name}"):
            told.append(template.format(value=shown))
    return Step(
        when=_moment(update.at, city),
        who=words["by_desk" if update.origin == "desk" else "by_reporter"],
        status=words.get(f"status_{update.status}", update.status),
        text="\n".join(told),
    )


def _service_name(code: str, language: str, city: City) -> str:
    return city.services[code].name[language] if code in city.services else code


def _moment(at: datetime, city: City) -> str:
    return at.astimezone(city.timezone).strftime("%Y-%m-%d %H:%M")
