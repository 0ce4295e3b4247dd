"""The room about deliveries: how the backends stand, and what a person has to decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console import places
from bot.console.doorway import own_path
from bot.console.gate import Operator, Reader, Reviewer
from bot.console.ground import Ground
from bot.console.pages import see_other
from bot.console.refusals import Refused
from bot.intake import deliveries
from bot.intake.deliveries import STATES, Action, BackendFigures, Row, State
from bot.intake.people import Person

ROOM = "deliveries"
HOME = "/console/deliveries"
SIZE = 50


@dataclass(frozen=True)
class Entry:
    row: Row
    actions: tuple[Action, ...]  # what this person may do about it
    last: str  # the beginning of the backend's last answer


@dataclass(frozen=True)
class DeliveriesPage:
    backends: Sequence[BackendFigures]
    stuck: int
    state: str
    backend: str
    states: tuple[str, ...]
    entries: tuple[Entry, ...]
    older: str
    newest: str
    now: datetime
    may_pause: bool
    may_decide: bool
    address: str


def build_router(ground: Ground) -> APIRouter:
    room = DeliveryRoom(ground)
    router = APIRouter(prefix="/deliveries", include_in_schema=False)
    add = router.add_api_route
    add("", room.show, methods=["GET"], response_model=None)
    add("/{item_id}/{action}", room.decide, methods=["POST"], response_model=None)
    add("/backends/{name}/pause", room.pause, methods=["POST"], response_model=None)
    add("/backends/{name}/resume", room.resume, methods=["POST"], response_model=None)
    return router


class DeliveryRoom:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def show(
        self, request: Request, person: Reader, state: str = "stuck", backend: str = "", before: str = ""
    ) -> Response:
        wanted: State | None = next((known for known in STATES if known == state), None)
        if wanted is None:
            raise Refused(400, "error_form", where="state")
        ground = self._ground
        page = await ground.database.read(_page, ground, person, wanted, backend, places.read(before))
        return ground.pages.whole(request, "deliveries.html", page, room=ROOM)

    async def decide(
        self,
        person: Operator,
        item_id: str,
        action: str,
        case_id: Annotated[str, Form(max_length=128)] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        """One of the actions that `deliveries.possible` names."""
        ground = self._ground
        now = ground.clock()

        def work(session: Session) -> bool:
            match action:
                case "look_again":
                    return deliveries.look_again(session, person, item_id, now)
                case "send_again":
                    return deliveries.send_again(session, person, item_id, now)
                case "settle":
                    return deliveries.settle(session, person, item_id, case_id.strip() or None, now)
                case "give_up":
                    return deliveries.give_up(session, person, item_id, now)
            raise Refused(404, "error_not_found")

        done = await ground.database.run(work)
        if not done:
            raise Refused(409, "deliveries_too_late")
        ground.signals.outbox.set()
        return see_other(own_path(next) or HOME, said=f"deliveries_said_{action}")

    async def pause(self, person: Reviewer, name: str) -> Response:
        ground = self._ground
        self._known(name)
        await ground.database.run(deliveries.pause, person, name, ground.clock())
        return see_other(HOME, said="deliveries_said_pause")

    async def resume(self, person: Reviewer, name: str) -> Response:
        ground = self._ground
        self._known(name)
        await ground.database.run(deliveries.resume, person, name, ground.clock())
        ground.signals.outbox.set()
        return see_other(HOME, said="deliveries_said_resume")

    def _known(self, name: str) -> None:
        if name not in self._ground.backends:
            raise Refused(404, "error_not_found")


def _page(
    session: Session, ground: Ground, person: Person, state: State, backend: str, before: places.Place | None
) -> DeliveriesPage:
    rows = deliveries.list_items(session, state, backend, before, SIZE + 1)
    shown = rows[:SIZE]
    now = ground.clock()
    base = f"{HOME}?state={state}" + (f"&backend={backend}" if backend in ground.backends else "")
    last = (shown[-1].item.created_at, shown[-1].item.id) if len(rows) > SIZE else None
    may = person.may("operator")
    return DeliveriesPage(
        backends=deliveries.figures(session, ground.backends, now),
        stuck=deliveries.count_stuck(session),
        state=state,
        backend=backend,
        states=STATES,
        entries=tuple(Entry(row, deliveries.possible(row.item) if may else (), _last(session, row)) for row in shown),
        older=f"{base}&before={quote(places.written(last), safe='')}" if last else "",
        newest=base if before else "",
        now=now,
        may_pause=person.may("reviewer"),
        may_decide=may,
        address=base,
    )


def _last(session: Session, row: Row) -> str:
    """What the backend said last, for items that somebody must decide."""
    if not row.waits_for_person:
        return ""
    tries = deliveries.list_tries(session, row.item.id)
    return (tries[-1].detail or "")[:300] if tries else ""
