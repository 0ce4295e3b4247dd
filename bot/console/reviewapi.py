"""The JSON API of the review queue (interfaces.md §6); the page's own script uses it too."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from pypinyin import Style, lazy_pinyin
from sqlalchemy.orm import Session

from bot.console.gate import Operator, Reader
from bot.console.ground import Ground
from bot.console.refusals import Refused
from bot.intake import decisions, reviewqueue
from bot.intake.decisions import Conflict
from bot.intake.errors import BadInput
from bot.intake.mending import Office
from bot.intake.news import Newsroom
from bot.intake.people import Person
from bot.intake.reviewitems import Item, get_item
from bot.intake.reviewqueue import MOST, Wanted
from bot.intake.rulings import read_ruling
from bot.intake.tables import Review
from bot.intake.words import localised


class DecisionBody(BaseModel):
    """What is decided. `services` and `places` go by the message's problems, in their order."""

    outcome: Literal["accept", "correct", "split", "merge", "out_of_scope", "emergency", "hand_over", "skip"]
    service_code: str | list[str] | None = Field(None, description="the right service, such as UM-G02")
    services: list[str] | None = Field(None, description="one for each problem; further ones become tickets (split)")
    places: list[Any] | None = Field(None, description="a code, words, or an object with text, code, lat, lon")
    ticket: str | None = Field(None, description="number of the case to merge with")
    colleague: str | None = Field(None, description="name of the account to hand to")
    kind: str | None = Field(None, description="kind of danger")
    second: bool = Field(False, description="an opinion on an item that somebody has decided (state second)")


class BulkBody(DecisionBody):
    ids: list[str] = Field(max_length=MOST)


def build_api(ground: Ground) -> APIRouter:
    api = ReviewApi(ground)
    router = APIRouter(prefix="/api", tags=["review"])
    add = router.add_api_route
    add("/openapi.json", api.describe, methods=["GET"], include_in_schema=False, response_model=None)
    add("/services", api.services, methods=["GET"], summary="The services, with what they are searched by")
    add("/review", api.list, methods=["GET"], summary="Open items in queue order")
    add("/review/undo", api.undo, methods=["POST"], summary="Take back your last decision, or lot of them")
    add("/review/bulk", api.bulk, methods=["POST"], summary="One decision on many items")
    add("/review/{review_id}", api.show, methods=["GET"], summary="One item with the talk around it")
    add("/review/{review_id}/similar", api.similar, methods=["GET"], summary="Open items that say nearly the same")
    add("/review/{review_id}/hold", api.hold, methods=["POST"], summary="Mark it as before your eyes for 3 minutes")
    add("/review/{review_id}/decision", api.decide, methods=["POST"], summary="Decide one item", response_model=None)
    return router


class ReviewApi:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._office = Office(ground.desk.city, Newsroom.of(ground.desk.city), ground.desk.backend, ground.backends)

    async def describe(self, request: Request, person: Reader) -> Response:
        """OpenAPI of everything below /console/api/."""
        routes = [route for route in _routes(request) if route.path.startswith("/api/")]
        document = get_openapi(title="yizhan console", version="1", routes=routes)
        document["servers"] = [{"url": "/console"}]
        return JSONResponse(document)

    async def services(self, person: Reader) -> list[dict[str, str]]:
        return [
            {
                "code": service.code,
                "name": str(localised(service.name, person.language)),
                "words": f"{service.name['zh']} {service.short['zh']} {service.name.get('en', '')}".lower(),
                "pinyin": "".join(lazy_pinyin(service.name["zh"])).lower(),
                "initials": "".join(lazy_pinyin(service.name["zh"], style=Style.FIRST_LETTER)).lower(),
            }
            for service in self._ground.desk.city.catalogue.services.values()
        ]

    async def list(self, person: Reader, limit: int = 50, reason: str = "", service: str = "") -> dict[str, Any]:
        wanted = Wanted(reason, service)
        return await self._ground.database.read(self._list, person, max(1, min(limit, MOST)), wanted)

    async def show(self, review_id: str, person: Reader) -> dict[str, Any]:
        return self.document(await self._ground.database.read(self.item, review_id, person))

    async def similar(self, review_id: str, person: Reader) -> dict[str, Any]:
        return await self._ground.database.read(self._similar, review_id, person)

    async def hold(self, review_id: str, person: Operator) -> dict[str, Any]:
        try:
            other = await self._ground.database.run(reviewqueue.hold, person, review_id, self._ground.clock())
        except LookupError as error:
            raise Refused(404, "error_not_found") from error
        return {"held": other is None}

    async def decide(self, review_id: str, body: DecisionBody, person: Operator) -> Response:
        """409 with `decided_by` where somebody decided otherwise; the same decision again gives the same answer."""
        return await self._answer(self._decide, review_id, body, person)

    async def bulk(self, body: BulkBody, person: Operator) -> Response:
        return await self._answer(self._bulk, body, person)

    async def undo(self, person: Operator) -> Response:
        return await self._answer(decisions.undo_last, self._office, person, self._ground.clock())

    def item(self, session: Session, review_id: str, person: Person) -> Item:
        """Raises Refused where there is none."""
        review = session.get(Review, review_id)
        if review is None:
            raise Refused(404, "error_not_found")
        return get_item(session, self._ground.desk.city, review, person.id, self._ground.clock())

    def document(self, item: Item) -> dict[str, Any]:
        tickets = [
            {"number": t.number, "service_code": t.service_code, "status": t.status, "address": t.address,
             "place_code": t.place_code, "lat": t.lat, "lon": t.lon}
            for t in item.tickets
        ]  # fmt: skip
        return {
            "id": item.id,
            "reason": item.reason,
            "reasons": list(item.reasons),
            "state": item.state,
            "second": item.second,
            "created_at": item.created_at.isoformat(),
            "due_at": item.due_at.isoformat() if item.due_at else None,
            "text": item.text,
            "service_code": item.current[0] if item.current else None,
            "services": list(item.current),
            "confidence": item.confidence,
            "requests": item.requests,
            "places": item.places,
            "explanation": item.explanation,
            "suggestions": [
                {"service_code": s.code, "name": s.name["zh"], "probability": s.share} for s in item.suggestions
            ],
            "ticket": tickets[0] if tickets else None,
            "tickets": tickets,
            "conversation": [{"by": x.by, "text": x.text, "at": x.at.isoformat(), "own": x.own} for x in item.talk],
            "past": [{"number": p.number, "text": p.text, "service_code": p.service_code, "shared": list(p.shared)}
                     for p in item.past],
            "photos": [self._ground.media_url(photo) for photo in item.photos],
            "held_by": item.held_by,
        }  # fmt: skip

    def _list(self, session: Session, person: Person, limit: int, wanted: Wanted) -> dict[str, Any]:
        now, city = self._ground.clock(), self._ground.desk.city
        rows = reviewqueue.list_queue(session, person, now, limit, wanted)
        items = [self.document(get_item(session, city, row, person.id, now, around=False)) for row in rows]
        kappa, pairs = reviewqueue.agreement(session)
        counts = reviewqueue.count_by_reason(session)
        return {
            "items": items,
            "open": sum(counts.values()),
            "by_reason": counts,
            "kappa": kappa,
            "judged_twice": pairs,
        }

    def _similar(self, session: Session, review_id: str, person: Person) -> dict[str, Any]:
        review = session.get(Review, review_id)
        if review is None:
            raise Refused(404, "error_not_found")
        now, city = self._ground.clock(), self._ground.desk.city
        rows = reviewqueue.list_similar(session, person, review, now, MOST - 1)
        items = [get_item(session, city, row, person.id, now, around=False) for row in rows]
        return {"items": [{"id": i.id, "text": i.text, "service_code": (i.current or ("",))[0]} for i in items]}

    def _decide(self, session: Session, review_id: str, body: DecisionBody, person: Person) -> dict[str, Any]:
        ruling = read_ruling(body.model_dump(), self._ground.desk.city)
        now = self._ground.clock()
        return decisions.decide(session, self._office, person, review_id, ruling, now, second=body.second)

    def _bulk(self, session: Session, body: BulkBody, person: Person) -> dict[str, Any]:
        ruling = read_ruling(body.model_dump(), self._ground.desk.city)
        return decisions.decide_many(session, self._office, person, body.ids, ruling, self._ground.clock())

    async def _answer(self, work: Any, *given: Any) -> Response:
        try:
            return JSONResponse(await self._ground.database.run(work, *given))
        except Conflict as conflict:
            return JSONResponse({"error": str(conflict), "decided_by": conflict.decided_by}, 409)
        except BadInput as error:
            return JSONResponse({"error": str(error)}, 400)
        except LookupError as error:
            raise Refused(404, "error_not_found") from error


def _routes(request: Request) -> "list[APIRoute]":
    """All routes of the console, those of included routers too."""
    waiting, found = [*request.app.routes], []
    while waiting:
        route = waiting.pop(0)
        if isinstance(route, APIRoute):
            found.append(route)
        elif (included := getattr(route, "original_router", None)) is not None:
            waiting += included.routes
    return found
