"""The people of the console, for administrators: add, change the role, disable, send a new link for a password."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.gate import Administrator
from bot.console.ground import Ground
from bot.console.pages import see_other
from bot.console.refusals import Refused
from bot.intake import accountlinks, accounts
from bot.intake.accounts import AccountError
from bot.intake.people import ROLES, Person, Role

LISTED = "/console/people"


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    role: str
    is_disabled: bool
    has_password: bool
    signed_in_at: datetime | None
    is_self: bool


@dataclass(frozen=True)
class PeoplePage:
    rows: tuple[Row, ...]
    roles: tuple[Role, ...]
    link: str | None  # just made; shown once
    link_for: str
    trouble: str | None
    typed: str


def build_router(ground: Ground) -> APIRouter:
    people = People(ground)
    router = APIRouter(include_in_schema=False)
    add = router.add_api_route
    add("/people", people.show, methods=["GET"], response_model=None)
    add("/people", people.add, methods=["POST"], response_model=None)
    add("/people/{account_id}/role", people.set_role, methods=["POST"], response_model=None)
    add("/people/{account_id}/state", people.set_state, methods=["POST"], response_model=None)
    add("/people/{account_id}/link", people.send_link, methods=["POST"], response_model=None)
    return router


class People:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def show(self, request: Request, person: Administrator) -> Response:
        return await self._page(request, person)

    async def add(
        self,
        request: Request,
        person: Administrator,
        name: Annotated[str, Form()] = "",
        role: Annotated[str, Form()] = "operator",
    ) -> Response:
        try:
            token = await self._ground.database.run(_add, person, name, cast(Role, role), self._ground.clock())
        except AccountError as error:
            return await self._page(request, person, trouble=f"people_error_{error.reason}", typed=name)
        return await self._page(request, person, token, name)

    async def set_role(self, person: Administrator, account_id: str, role: Annotated[str, Form()]) -> Response:
        return await self._changed(_set_role, person, account_id, role)

    async def set_state(self, person: Administrator, account_id: str, state: Annotated[str, Form()]) -> Response:
        return await self._changed(_set_state, person, account_id, state)

    async def send_link(self, request: Request, person: Administrator, account_id: str) -> Response:
        try:
            name, token = await self._ground.database.run(_link, person, account_id, self._ground.clock())
        except AccountError as error:
            raise Refused(409, f"people_error_{error.reason}") from error
        return await self._page(request, person, token, name)

    async def _changed(
        self, work: Callable[[Session, Person, str, str, datetime], None], person: Person, account_id: str, value: str
    ) -> Response:
        try:
            await self._ground.database.run(work, person, account_id, value, self._ground.clock())
        except AccountError as error:
            raise Refused(409, f"people_error_{error.reason}") from error
        return see_other(LISTED, said="people_said_changed")

    async def _page(
        self,
        request: Request,
        person: Person,
        token: str = "",
        link_for: str = "",
        trouble: str | None = None,
        typed: str = "",
    ) -> Response:
        rows = await self._ground.database.read(_rows, person)
        # As this administrator reaches the console, so will the others.
        link = f"{request.url.scheme}://{request.url.netloc}/console/welcome/{token}" if token else None
        page = PeoplePage(rows, ROLES, link, link_for, trouble, typed)
        return self._ground.pages.whole(request, "people.html", page, room="people", status=400 if trouble else 200)


def _rows(session: Session, person: Person) -> tuple[Row, ...]:
    return tuple(
        Row(
            a.id,
            a.name,
            a.role,
            a.disabled_at is not None,
            a.password_hash is not None,
            a.signed_in_at,
            a.id == person.id,
        )
        for a in accounts.list_accounts(session)
    )


def _add(session: Session, person: Person, name: str, role: Role, now: datetime) -> str:
    account = accounts.add_account(session, person, name, role, now)
    return accountlinks.offer_password(session, person, account, now)


def _set_role(session: Session, person: Person, account_id: str, role: str, now: datetime) -> None:
    accounts.set_role(session, person, accounts.get_account(session, account_id), cast(Role, role), now)


def _set_state(session: Session, person: Person, account_id: str, state: str, now: datetime) -> None:
    change = accounts.disable if state == "disabled" else accounts.enable
    change(session, person, accounts.get_account(session, account_id), now)


def _link(session: Session, person: Person, account_id: str, now: datetime) -> tuple[str, str]:
    account = accounts.get_account(session, account_id)
    return account.name, accountlinks.offer_password(session, person, account, now)
