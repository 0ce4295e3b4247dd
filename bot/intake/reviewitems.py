"""A review item as people see it: the message with marks, services with probabilities, the talk around it, its tickets.

Personal data in the resident's words is covered, character by character, so that offsets stay true.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake.accounttables import Account
from bot.intake.city import City
from bot.intake.decisions import current_services, list_tickets
from bot.intake.queue_order import grams, likeness
from bot.intake.reviewqueue import texts_of
from bot.intake.tables import InboxItem, Message, Review, Ticket
from bot.intake.words import Both
from language import pii

SUGGESTIONS = 9  # one for each digit
AROUND = 6  # messages of each side, before and after
PAST = 3  # like cases
LIKE = 0.2  # shared pairs of characters from which a past case is worth showing
PAST_POOL = 200  # of each service, newest first
COVER = "＊"


@dataclass(frozen=True)
class Suggestion:
    code: str
    name: Both
    share: float | None  # probability; None where the engine did not name it
    is_current: bool


@dataclass(frozen=True)
class Piece:
    """A run of the message; `mark` is problem, place, pii or ""."""

    text: str
    mark: str


@dataclass(frozen=True)
class Line:
    """One message of the talk around; `own` is the one that is looked at."""

    by: str  # resident, bot
    text: str
    at: datetime
    own: bool


@dataclass(frozen=True)
class Past:
    number: str
    text: str
    service_code: str
    shared: tuple[str, ...]  # pairs of characters that both have


@dataclass(frozen=True)
class Item:
    id: str
    reason: str
    reasons: tuple[str, ...]
    state: str
    created_at: datetime
    due_at: datetime | None
    text: str
    pieces: tuple[Piece, ...]
    requests: list[dict[str, Any]]  # of the stored parse
    places: list[dict[str, Any]]
    explanation: Any
    current: tuple[str, ...]
    suggestions: tuple[Suggestion, ...]
    tickets: tuple[Ticket, ...]
    talk: tuple[Line, ...]
    past: tuple[Past, ...]
    photos: tuple[str, ...]  # upload ids
    held_by: str | None  # name of another who has it before the eyes
    data: dict[str, Any]

    @property
    def second(self) -> bool:
        """Whether this is about an opinion beside somebody's decision."""
        return self.state == "second"

    @property
    def confidence(self) -> float | None:
        return min((request["confidence"] for request in self.requests), default=None)


def get_item(
    session: Session, city: City, review: Review, account_id: str, now: datetime, *, around: bool = True
) -> Item:
    """One item; without `around` neither the talk nor past cases, for lists."""
    inbox = session.get(InboxItem, review.inbox_id) if review.inbox_id else None
    parse = (inbox.understood if inbox else None) or {}
    filed = list_tickets(session, review)
    raw = texts_of(session, [review])[review.id]
    own_words = bool(inbox and inbox.payload.get("text"))
    requests = parse.get("requests") or [] if own_words else []
    places = parse.get("places") or [] if own_words else []
    current = current_services(session, review, filed)
    ranking = _ranking(parse)
    uploads = [u for t in filed for u in t.photos] or list((inbox.payload.get("uploads") if inbox else None) or [])
    return Item(
        id=review.id,
        reason=review.reason,
        reasons=tuple(review.data.get("reasons") or [review.reason]),
        state=review.state,
        created_at=review.created_at,
        due_at=review.due_at,
        text=covered(raw),
        pieces=tuple(cut(raw, requests, places)),
        requests=[{**request, "text": covered(request["text"])} for request in requests],
        places=places,
        explanation=parse.get("explanation"),
        current=tuple(current),
        suggestions=tuple(_suggestions(city, current, ranking)),
        tickets=tuple(filed),
        talk=tuple(_talk(session, review) if around else ()),
        past=tuple(_past(session, raw, ranking, {t.id for t in filed}) if around else ()),
        photos=tuple(uploads),
        held_by=_holder(session, review, account_id, now),
        data=review.data,
    )


def covered(text: str) -> str:
    """The text with personal data covered; its length stays."""
    letters = list(text)
    for found in pii.find(text):
        for i in range(found.start + 1, found.end):
            letters[i] = COVER
    return "".join(letters)


def cut(text: str, requests: list[dict[str, Any]], places: list[dict[str, Any]]) -> list[Piece]:
    """The message in marked runs, in order and without gaps. Personal data goes before places, places before problems."""
    marks = [""] * len(text)
    whole = [("problem", r["start"], r["end"]) for r in requests if r["end"] - r["start"] < len(text)]
    spans = [*whole, *(("place", p["start"], p["end"]) for p in places)]
    spans += [("pii", found.start, found.end) for found in pii.find(text)]
    for name, start, end in spans:
        for i in range(max(0, start), min(end, len(text))):
            marks[i] = name
    pieces: list[Piece] = []
    for letter, mark in zip(covered(text), marks, strict=True):
        if pieces and pieces[-1].mark == mark:
            pieces[-1] = Piece(pieces[-1].text + letter, mark)
        else:
            pieces.append(Piece(letter, mark))
    return pieces


def _ranking(parse: dict[str, Any]) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    rankings = [request["ranking"] for request in parse.get("requests") or []] or [parse.get("ranking") or []]
    for code, share in (pair for ranking in rankings for pair in ranking):
        best[code] = max(best.get(code, 0.0), float(share))
    return sorted(best.items(), key=lambda pair: -pair[1])


def _suggestions(city: City, current: list[str], ranking: list[tuple[str, float]]) -> list[Suggestion]:
    """What stands now first, then by probability."""
    shares = dict(ranking)
    codes = dict.fromkeys([*current[:1], *(code for code, _ in ranking)])
    known = [code for code in codes if city.catalogue.get(code)][:SUGGESTIONS]
    return [Suggestion(code, city.catalogue[code].name, shares.get(code), code in current) for code in known]


def _talk(session: Session, review: Review) -> list[Line]:
    if review.conversation_id is None:
        return []
    own = review.inbox_id or 0
    base = select(InboxItem).where(InboxItem.conversation_id == review.conversation_id)
    before = session.scalars(base.where(InboxItem.id <= own).order_by(InboxItem.id.desc()).limit(AROUND)).all()
    after = session.scalars(base.where(InboxItem.id > own).order_by(InboxItem.id).limit(AROUND)).all()
    said = [*reversed(before), *after]
    ids = [item.id for item in said]
    own_talk = Message.conversation_id == review.conversation_id
    answers = select(Message).where(own_talk, Message.inbox_id.in_(ids)).order_by(Message.seq).limit(4 * AROUND)
    lines = [(item.received_at, 0, item.id, _spoken(item), "resident") for item in said]
    lines += [(m.created_at, 1, m.seq, str(m.body.get("text") or ""), "bot") for m in session.scalars(answers)]
    news = select(Message).where(own_talk, Message.inbox_id.is_(None))
    recent = session.scalars(news.order_by(Message.seq.desc()).limit(AROUND)).all()
    lines += [(m.created_at, 1, m.seq, str(m.body.get("text") or ""), "bot") for m in recent]
    lines.sort(key=lambda line: line[:3])
    return [
        Line(by, covered(text), at, by == "resident" and number == review.inbox_id)
        for at, _, number, text, by in lines
        if text
    ]


def _spoken(item: InboxItem) -> str:
    payload = item.payload
    if payload.get("text"):
        return str(payload["text"])
    if payload.get("button"):
        return f"[{payload['button']}]"
    return "📍" if payload.get("location") else "🖼" if payload.get("uploads") else ""


def _past(session: Session, text: str, ranking: list[tuple[str, float]], own: set[str]) -> list[Past]:
    """Tickets of the likeliest services that say something like it, and what both say."""
    grams_here = grams(text)
    found: list[tuple[float, Ticket]] = []
    for code, _ in ranking[:3]:
        query = select(Ticket).where(Ticket.service_code == code).order_by(Ticket.created_at.desc()).limit(PAST_POOL)
        found += [(likeness(grams_here, grams(t.text)), t) for t in session.scalars(query) if t.id not in own]
    best = sorted((pair for pair in found if pair[0] >= LIKE), key=lambda pair: -pair[0])[:PAST]
    return [
        Past(t.number, covered(t.text), t.service_code, tuple(sorted(grams_here & grams(t.text))[:6])) for _, t in best
    ]


def _holder(session: Session, review: Review, account_id: str, now: datetime) -> str | None:
    if review.held_by in (None, account_id) or review.held_until is None or review.held_until <= now:
        return None
    account = session.get(Account, review.held_by)
    return account.name if account else None
