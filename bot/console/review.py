"""The room about doubtful messages: the queue, one item at a time, decided by keyboard or mouse."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.gate import Reader
from bot.console.ground import Ground
from bot.console.reviewapi import ReviewApi, build_api
from bot.intake import reviewqueue
from bot.intake.people import Person
from bot.intake.reviewitems import Item, get_item
from bot.intake.reviewqueue import Wanted

ROOM = "review"
LISTED = 50


@dataclass(frozen=True)
class ItemPart:
    """One item, as the fragment shows it."""

    item: Item
    photos: tuple[str, ...]  # addresses
    may_decide: bool


@dataclass(frozen=True)
class QueuePage:
    rows: tuple[Item, ...]
    first: ItemPart | None
    open: int
    by_reason: dict[str, int]
    reason: str  # only items of this reason, "" for all
    kappa: float | None  # agreement of two people
    judged_twice: int


def build_router(ground: Ground) -> APIRouter:
    room = ReviewRoom(ground)
    router = APIRouter()
    router.include_router(build_api(ground))
    router.add_api_route("/review", room.show, methods=["GET"], response_model=None, include_in_schema=False)
    router.add_api_route(
        "/review/items/{review_id}", room.show_item, methods=["GET"], response_model=None, include_in_schema=False
    )
    return router


class ReviewRoom:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._api = ReviewApi(ground)

    async def show(self, request: Request, person: Reader, reason: str = "") -> Response:
        page = await self._ground.database.read(self._queue, person, reason)
        return self._ground.pages.whole(request, "review.html", page, room=ROOM)

    async def show_item(self, request: Request, review_id: str, person: Reader) -> Response:
        """The fragment that the page's script fetches ahead."""
        item = await self._ground.database.read(self._api.item, review_id, person)
        return self._ground.pages.part(request, "_review_item.html", self._part(item, person))

    def _queue(self, session: Session, person: Person, reason: str) -> QueuePage:
        now, city = self._ground.clock(), self._ground.desk.city
        rows = reviewqueue.list_queue(session, person, now, LISTED, Wanted(reason))
        counts = reviewqueue.count_by_reason(session)
        kappa, twice = reviewqueue.agreement(session)
        first = get_item(session, city, rows[0], person.id, now) if rows else None
        return QueuePage(
            rows=tuple(get_item(session, city, row, person.id, now, around=False) for row in rows),
            first=self._part(first, person) if first else None,
            open=sum(counts.values()),
            by_reason=dict(sorted(counts.items(), key=lambda pair: -pair[1])),
            reason=reason,
            kappa=kappa,
            judged_twice=twice,
        )

    def _part(self, item: Item, person: Person) -> ItemPart:
        photos = tuple(self._ground.media_url(photo) for photo in item.photos)
        return ItemPart(item, photos, person.may("operator") and item.state != "decided")
