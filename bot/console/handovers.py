"""The room of hand-overs: residents who want a person, and the talk with one of them."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from bot.console.gate import Operator, Reader
from bot.console.ground import Ground
from bot.console.pages import see_other
from bot.console.refusals import Refused, wants_json
from bot.console.tickets import photo_path
from bot.intake import handovers, tickets, transcripts
from bot.intake.conversations import get_conversation
from bot.intake.errors import BadInput
from bot.intake.handovers import Figures
from bot.intake.handovertables import Handover
from bot.intake.people import Person
from bot.intake.tables import Conversation, Ticket
from bot.intake.transcripts import Line

ROOM = "handovers"
HOME = "/console/handovers"


@dataclass(frozen=True)
class Call:
    handover: Handover
    channel: str
    language: str
    last: str  # the resident's latest words, masked
    is_mine: bool


@dataclass(frozen=True)
class HandoversPage:
    waiting: tuple[Call, ...]
    taken: tuple[Call, ...]
    ended: tuple[Call, ...]
    figures: Figures
    version: str  # changes whenever the queue does
    may_take: bool
    now: datetime


@dataclass(frozen=True)
class TalkPage:
    call: Call
    lines: tuple[Line, ...]
    tickets: tuple[Ticket, ...]
    version: str
    canned: tuple[str, ...]  # in the resident's language
    key: str  # of the next message: sent twice it is said once
    longest: int
    may_take: bool
    may_say: bool
    is_idle_at: datetime | None  # when the bot returns if nobody writes
    ground: Ground

    def photo(self, upload: str) -> str:
        return photo_path(self.ground, upload)


def build_router(ground: Ground) -> APIRouter:
    room = HandoverRoom(ground)
    router = APIRouter(prefix="/handovers", include_in_schema=False)
    add = router.add_api_route
    add("", room.show, methods=["GET"], response_model=None)
    add("/queue", room.show_queue, methods=["GET"], response_model=None)
    add("/{handover_id}", room.show_talk, methods=["GET"], response_model=None)
    add("/{handover_id}/lines", room.show_lines, methods=["GET"], response_model=None)
    add("/{handover_id}/take", room.take, methods=["POST"], response_model=None)
    add("/{handover_id}/say", room.say, methods=["POST"], response_model=None)
    add("/{handover_id}/end", room.end, methods=["POST"], response_model=None)
    return router


class HandoverRoom:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def show(self, request: Request, person: Reader) -> Response:
        page = await self._ground.database.read(_queue_page, self._ground, person)
        return self._ground.pages.whole(request, "handovers.html", page, room=ROOM)

    async def show_queue(self, request: Request, person: Reader, version: str = "") -> Response:
        """The lists alone, for the page's script; 204 where nothing has changed."""
        page = await self._ground.database.read(_queue_page, self._ground, person)
        if page.version == version:
            return Response(status_code=204)
        return self._ground.pages.part(request, "_handovers.html", page)

    async def show_talk(self, request: Request, person: Reader, handover_id: str) -> Response:
        page = await self._talk(person, handover_id)
        return self._ground.pages.whole(request, "handover.html", page, room=ROOM)

    async def show_lines(self, request: Request, person: Reader, handover_id: str, version: str = "") -> Response:
        page = await self._talk(person, handover_id)
        if page.version == version:
            return Response(status_code=204)
        return self._ground.pages.part(request, "_talk.html", page)

    async def take(self, person: Operator, handover_id: str) -> Response:
        ground = self._ground

        def work(session: Session) -> None:
            _known(session, handover_id)
            handovers.take(session, person, handover_id, ground.desk.city.phrases, ground.clock())

        await self._do(work)
        return see_other(f"{HOME}/{handover_id}", said="handovers_said_take")

    async def say(
        self,
        request: Request,
        person: Operator,
        handover_id: str,
        text: Annotated[str, Form()] = "",
        key: Annotated[str, Form(max_length=64)] = "",
    ) -> Response:
        ground = self._ground

        def work(session: Session) -> None:
            _known(session, handover_id)
            handovers.say(session, person, handover_id, text, key, ground.desk.city.phrases, ground.clock())

        await self._do(work)
        if wants_json(request):
            return JSONResponse({"said": True, "key": secrets.token_hex(8)})
        return see_other(f"{HOME}/{handover_id}")

    async def end(self, person: Operator, handover_id: str) -> Response:
        ground = self._ground

        def work(session: Session) -> None:
            _known(session, handover_id)
            handovers.end(session, person, handover_id, ground.desk.city.phrases, ground.clock())

        await self._do(work)
        return see_other(HOME, said="handovers_said_end")

    async def _do(self, work: Callable[[Session], None]) -> None:
        """One step; what cannot be done is said in words, and the channels are woken."""
        try:
            await self._ground.database.run(work)
        except BadInput as error:
            raise Refused(409, "handovers_cannot") from error
        self._ground.signals.messages.set()

    async def _talk(self, person: Person, handover_id: str) -> TalkPage:
        page = await self._ground.database.read(_talk_page, self._ground, person, handover_id)
        if page is None:
            raise Refused(404, "handovers_not_there")
        return page


def _known(session: Session, handover_id: str) -> Handover:
    handover = handovers.find(session, handover_id)
    if handover is None:
        raise Refused(404, "handovers_not_there")
    return handover


def _queue_page(session: Session, ground: Ground, person: Person) -> HandoversPage:
    open_ones = handovers.list_open(session)
    ended = handovers.list_ended(session)
    waiting = tuple(_call(session, person, one) for one in open_ones if one.state == "waiting")
    taken = tuple(_call(session, person, one) for one in open_ones if one.state == "taken")
    figures = handovers.figures(session)
    lasts = [
        transcripts.version(session, one.conversation_id) + one.state + (one.account_id or "") for one in open_ones
    ]
    return HandoversPage(
        waiting=waiting,
        taken=taken,
        ended=tuple(_call(session, person, one) for one in ended),
        figures=figures,
        version=_digest([str(figures.offered), str(figures.missed), *lasts]),
        may_take=person.may("operator"),
        now=ground.clock(),
    )


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("-".join(parts).encode()).hexdigest()[:16]


def _call(session: Session, person: Person, handover: Handover) -> Call:
    conversation = session.get_one(Conversation, handover.conversation_id)
    lines = transcripts.transcript(session, conversation.id, limit=12)
    last = next((line.text for line in reversed(lines) if line.side == "resident" and line.text), "")
    return Call(handover, conversation.channel, conversation.language, last[:120], handover.account_id == person.id)


def _talk_page(session: Session, ground: Ground, person: Person, handover_id: str) -> TalkPage | None:
    handover = handovers.find(session, handover_id)
    if handover is None:
        return None
    conversation = get_conversation(session, handover.conversation_id)
    call = _call(session, person, handover)
    holds = handover.state == "taken" and call.is_mine
    city = ground.desk.city
    ready = handovers.canned(city.phrases, conversation.language, city.hotlines.fallback, city.area_code)
    return TalkPage(
        call=call,
        # Who has taken the call has that in the audit, and needs the words as they are.
        lines=tuple(transcripts.transcript(session, conversation.id, hide=not holds)),
        tickets=tuple(tickets.list_own(session, conversation.id)),
        version=f"{transcripts.version(session, conversation.id)}.{handover.state}.{handover.account_id or ''}",
        canned=tuple(ready),
        key=secrets.token_hex(8),
        longest=handovers.LONGEST,
        may_take=person.may("operator") and handover.state != "ended" and not holds,
        may_say=holds,
        is_idle_at=handover.last_at + city.patience.idle if handover.state == "taken" else None,
        ground=ground,
    )
