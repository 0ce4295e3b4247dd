"""The audit for administrators and auditors: newest first, by person, action and subject."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.console.gate import Overseer
from bot.console.ground import Ground
from bot.intake.accounttables import AuditLine

SHOWN = 50  # lines on a page


@dataclass(frozen=True)
class Line:
    seq: int
    at: datetime
    person: str | None
    action: str
    subject: str
    data: dict[str, Any]
    hash: str


@dataclass(frozen=True)
class AuditPage:
    lines: tuple[Line, ...]
    person: str
    action: str
    subject: str
    older: str  # address; "" where there is no more
    newest: str  # address; "" on the first page


def build_router(ground: Ground) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/audit", response_model=None)
    async def show(
        request: Request,
        reader: Overseer,
        person: Annotated[str, Query(max_length=64)] = "",
        action: Annotated[str, Query(max_length=48)] = "",
        subject: Annotated[str, Query(max_length=128)] = "",
        before: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    ) -> Response:
        wanted = {"person": person.strip(), "action": action.strip(), "subject": subject.strip()}
        lines = await ground.database.read(_lines, **wanted, before=before)
        asked = {name: value for name, value in wanted.items() if value}
        here = "/console/audit"
        older = f"{here}?{urlencode({**asked, 'before': lines[SHOWN - 1].seq})}" if len(lines) > SHOWN else ""
        newest = f"{here}?{urlencode(asked)}" if before else ""
        shown = tuple(
            Line(one.seq, one.at, one.person_name, one.action, one.subject, one.data, one.hash) for one in lines[:SHOWN]
        )
        page = AuditPage(shown, older=older, newest=newest, **wanted)
        return ground.pages.whole(request, "audit.html", page, room="audit")

    return router


def _lines(session: Session, person: str, action: str, subject: str, before: int) -> Sequence[AuditLine]:
    query = select(AuditLine).order_by(AuditLine.seq.desc()).limit(SHOWN + 1)
    if person:
        query = query.where(AuditLine.person_name == person)
    if action:
        query = query.where(AuditLine.action == action)
    if subject:
        query = query.where(AuditLine.subject.startswith(subject, autoescape=True))
    if before:
        query = query.where(AuditLine.seq < before)
    return session.scalars(query).all()
