"""The page behind a link that is used once: the first administrator, or somebody who chooses a password."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.gate import give_cookie
from bot.console.ground import Ground
from bot.console.pages import see_other
from bot.console.refusals import Refused
from bot.intake import accountlinks, accounts, accountsessions, passwords
from bot.intake.accounts import AccountError
from bot.intake.errors import BadInput


@dataclass(frozen=True)
class WelcomePage:
    token: str
    name: str  # of the account, or as typed
    is_first: bool
    shortest: int
    trouble: str | None


def build_router(ground: Ground) -> APIRouter:
    welcome = Welcome(ground)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/welcome/{token}", welcome.show, methods=["GET"], response_model=None)
    router.add_api_route("/welcome/{token}", welcome.enter, methods=["POST"], response_model=None)
    return router


class Welcome:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._hashing = CapacityLimiter(2)

    async def show(self, request: Request, token: str) -> Response:
        return await self._page(request, token, "", None)

    async def enter(
        self,
        request: Request,
        token: str,
        username: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        again: Annotated[str, Form()] = "",
    ) -> Response:
        await self._known(token)  # before any work is done for a stranger
        if password != again:
            return await self._page(request, token, username, "password_differs")
        try:
            new = await anyio.to_thread.run_sync(passwords.hashed, password, limiter=self._hashing)
        except BadInput:
            return await self._page(request, token, username, "password_length")
        try:
            entered = await self._ground.database.run(_enter, token, username, new, self._ground.clock())
        except AccountError as error:
            return await self._page(request, token, username, f"people_error_{error.reason}")
        if entered is None:
            raise Refused(404, "welcome_gone")
        response = see_other("/console/")
        give_cookie(request, response, entered)
        return response

    async def _known(self, token: str) -> tuple[bool, str]:
        """Whether it is for the first administrator, and the account's name. Raises Refused."""
        found = await self._ground.database.read(_look, token, self._ground.clock())
        if found is None:
            raise Refused(404, "welcome_gone")
        return found

    async def _page(self, request: Request, token: str, typed: str, trouble: str | None) -> Response:
        is_first, name = await self._known(token)
        page = WelcomePage(token, typed if is_first else name, is_first, passwords.SHORTEST, trouble)
        return self._ground.pages.whole(request, "welcome.html", page, status=400 if trouble else 200)


def _look(session: Session, token: str, now: datetime) -> tuple[bool, str] | None:
    link = accountlinks.find_link(session, token, now)
    if link is None:
        return None
    return link.account_id is None, accounts.get_account(session, link.account_id).name if link.account_id else ""


def _enter(session: Session, token: str, name: str, password_hash: str, now: datetime) -> str | None:
    account = accountlinks.use_link(session, token, name, password_hash, now)
    return accountsessions.open_session(session, account, now) if account else None
