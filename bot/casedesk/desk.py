"""All that a request needs of the desk, in one value."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from bot.casedesk.city import City
from bot.casedesk.database import Database
from bot.casedesk.faults import FaultPlan
from bot.casedesk.media import MediaStore
from bot.casedesk.push import Pusher
from bot.casedesk.settings import Settings

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    settings: Settings
    city: City
    database: Database
    media: MediaStore
    plan: FaultPlan
    pusher: Pusher
    clock: Clock

    @property
    def zone(self) -> ZoneInfo:
        return self.city.timezone


async def desk_of(request: Request) -> Desk:
    """Async on purpose: a plain function would cost a thread for each request."""
    desk: Desk = request.app.state.desk
    return desk


def base_of(request: Request) -> str:
    """The desk's own address as this caller sees it, without a slash at the end."""
    return str(request.base_url).rstrip("/")


TheDesk = Annotated[Desk, Depends(desk_of)]
