"""One's own account: the password, and how the console looks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.doorway import own_path
from bot.console.gate import Reader, give_cookie
from bot.console.ground import Ground
from bot.console.pages import THEMES, see_other
from bot.intake import accounts, accountsessions, passwords
from bot.intake.accounttables import Account
from bot.intake.errors import BadInput
from bot.intake.people import Person


@dataclass(frozen=True)
class AccountPage:
    name: str
    role: str
    created_at: datetime
    has_password: bool
    shortest: int
    trouble: str | None  # key of the phrase that says what went wrong


def build_router(ground: Ground) -> APIRouter:
    own = OwnAccount(ground)
    router = APIRouter(include_in_schema=False)
    add = router.add_api_route
    add("/account", own.show, methods=["GET"], response_model=None)
    add("/account/password", own.set_password, methods=["POST"], response_model=None)
    add("/theme", own.set_theme, methods=["POST"], response_model=None)
    return router


class OwnAccount:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._hashing = CapacityLimiter(2)

    async def show(self, request: Request, person: Reader) -> Response:
        return await self._page(request, person)

    async def set_password(
        self,
        request: Request,
        person: Reader,
        present: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        """All other sessions end; this one goes on under a new token."""
        ground = self._ground
        account = await ground.database.read(accounts.get_account, person.id)
        if not await anyio.to_thread.run_sync(passwords.matches, account.password_hash, present, limiter=self._hashing):
            return await self._page(request, person, "account_wrong_password")
        if password != again:
            return await self._page(request, person, "password_differs")
        try:
            new = await anyio.to_thread.run_sync(passwords.hashed, password, limiter=self._hashing)
        except BadInput:
            return await self._page(request, person, "password_length")
        token = await ground.database.run(_set_password, person, new, ground.clock())
        response = see_other("/console/account", said="account_said_password")
        give_cookie(request, response, token)
        return response

    async def set_theme(
        self, person: Reader, theme: Annotated[str, Form()], next: Annotated[str, Form()] = ""
    ) -> Response:
        if theme in THEMES:
            await self._ground.database.run(_set_theme, person.id, theme)
        return see_other(own_path(next) or "/console/")

    async def _page(self, request: Request, person: Person, trouble: str | None = None) -> Response:
        account = await self._ground.database.read(accounts.get_account, person.id)
        page = AccountPage(
            account.name,
            account.role,
            account.created_at,
            account.password_hash is not None,
            passwords.SHORTEST,
            trouble,
        )
        return self._ground.pages.whole(request, "account.html", page, status=400 if trouble else 200)


def _set_password(session: Session, person: Person, password_hash: str, now: datetime) -> str:
    account = accounts.get_account(session, person.id)
    accounts.set_password(session, person, account, password_hash, now)
    return accountsessions.open_session(session, account, now)


def _set_theme(session: Session, account_id: str, theme: str) -> None:
    session.get_one(Account, account_id).theme = theme
