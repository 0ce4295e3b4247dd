"""The way in and out: the sign-in page, signing in and out, and where one comes first."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, BackgroundTasks, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from bot.console.gate import Reader, give_cookie, take_cookie, visit_of
from bot.console.ground import Ground
from bot.console.pages import LANGUAGE_COOKIE, see_other
from bot.intake import accounts, accountsessions, audit, lockout, passwords
from bot.intake.accountsessions import person_of
from bot.intake.accounttables import Account
from bot.intake.phrases import LANGUAGES

HASHES_AT_ONCE = 2  # each takes 64 MB
OWN_PATH = re.compile(r"/console/[\w\-./?=&%:,+~]*")
YEAR = 365 * 24 * 3600  # seconds


@dataclass(frozen=True)
class LoginPage:
    next: str  # where to go afterwards; "" for the first room
    name: str
    trouble: str | None  # key of the phrase that says what went wrong
    seconds: int  # to wait, where it was too often


def build_router(ground: Ground) -> APIRouter:
    doorway = Doorway(ground)
    router = APIRouter(include_in_schema=False)
    add = router.add_api_route
    add("/", doorway.first_room, methods=["GET"], response_model=None)
    add("/login", doorway.show, methods=["GET"], response_model=None)
    add("/login", doorway.sign_in, methods=["POST"], response_model=None)
    add("/logout", doorway.sign_out, methods=["POST"], response_model=None)
    add("/language", doorway.set_language, methods=["POST"], response_model=None)
    return router


class Doorway:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._hashing = CapacityLimiter(HASHES_AT_ONCE)

    async def first_room(self, request: Request, person: Reader) -> Response:
        rooms = [room.path for room in request.app.state.rooms if room.is_for(person)]
        return see_other(rooms[0] if rooms else "/console/account")

    async def show(self, request: Request, next: str = "") -> Response:
        if await visit_of(request) is not None:
            return see_other(own_path(next) or "/console/")
        return self._page(request, LoginPage(own_path(next), "", None, 0))

    async def sign_in(
        self,
        request: Request,
        background: BackgroundTasks,
        username: Annotated[str, Form()] = "",
        password: Annotated[str, Form()] = "",
        next: Annotated[str, Form()] = "",
    ) -> Response:
        """The same answer, after the same work, for a wrong name, a wrong password and a disabled account."""
        ground, now, address = self._ground, self._ground.clock(), address_of(request)
        wait = await ground.database.run(lockout.begin_attempt, username, address, now)
        if wait > timedelta():
            seconds = math.ceil(wait.total_seconds())
            page = LoginPage(own_path(next), username, "login_too_often", seconds)
            response = self._page(request, page, 429)
            response.headers["Retry-After"] = str(seconds)
            return response
        account = await ground.database.read(accounts.find_account, username)
        stored = account.password_hash if account and account.disabled_at is None else None
        right = await anyio.to_thread.run_sync(passwords.matches, stored, password, limiter=self._hashing)
        if account is None or not right:
            if account is not None:
                background.add_task(ground.database.run, _note_failure, account.id, address, now)
            return self._page(request, LoginPage(own_path(next), username, "login_wrong", 0), 401)
        renewed = None
        if passwords.is_dated(account.password_hash or ""):
            renewed = await anyio.to_thread.run_sync(passwords.hashed, password, limiter=self._hashing)
        token = await ground.database.run(_enter, account.id, username, address, renewed, ground.lifetimes, now)
        response = see_other(own_path(next) or "/console/")
        give_cookie(request, response, token)
        return response

    async def sign_out(self, request: Request) -> Response:
        visit = await visit_of(request)
        if visit is not None:
            await self._ground.database.run(_leave, visit, self._ground.clock())
        response = see_other("/console/login", said="login_said_out")
        take_cookie(request, response)
        return response

    async def set_language(
        self, request: Request, language: Annotated[str, Form()], next: Annotated[str, Form()] = ""
    ) -> Response:
        """For everybody, so that the sign-in page can be read too."""
        response = see_other(own_path(next) or "/console/")
        if language in LANGUAGES:
            visit = await visit_of(request)
            if visit is not None:
                await self._ground.database.run(_set_language, visit.person.id, language)
            response.set_cookie(LANGUAGE_COOKIE, language, path="/console", max_age=YEAR, samesite="lax")
        return response

    def _page(self, request: Request, page: LoginPage, status: int = 200) -> Response:
        return self._ground.pages.whole(request, "login.html", page, status=status)


def own_path(path: str) -> str:
    """A path of the console, "" for anything else: nobody is sent elsewhere by a link to the sign-in page."""
    return path if OWN_PATH.fullmatch(path) and "//" not in path else ""


def address_of(request: Request) -> str:
    """Behind a proxy on loopback uvicorn puts the reader's own address here."""
    return request.client.host if request.client else ""


def _enter(
    session: Session,
    account_id: str,
    name: str,
    address: str,
    renewed_hash: str | None,
    lifetimes: accountsessions.Lifetimes,
    now: datetime,
) -> str:
    account = session.get_one(Account, account_id)
    lockout.forgive(session, name, address)
    accountsessions.forget_ended(session, now, lifetimes)
    if renewed_hash is not None:
        account.password_hash = renewed_hash
    token = accountsessions.open_session(session, account, now)
    audit.append(session, person_of(account), "signed_in", f"account:{account.id}", {"address": address}, now)
    return token


def _leave(session: Session, visit: accountsessions.Visit, now: datetime) -> None:
    accountsessions.end_session(session, visit.token_hash)
    audit.append(session, visit.person, "signed_out", f"account:{visit.person.id}", {}, now)


def _note_failure(session: Session, account_id: str, address: str, now: datetime) -> None:
    audit.append(session, None, "sign_in_failed", f"account:{account_id}", {"address": address}, now)


def _set_language(session: Session, account_id: str, language: str) -> None:
    session.get_one(Account, account_id).language = language
