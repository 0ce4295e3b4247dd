"""Who is asking: the session cookie, and the dependency that every route of the console names.

@router.get("/tickets")
async def tickets(request: Request, person: Reader) -> HTMLResponse: ...
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Response

from bot.console.ground import Ground
from bot.console.refusals import NotSignedIn, Refused
from bot.intake import accountsessions
from bot.intake.accountsessions import Visit
from bot.intake.people import Person, Role

COOKIE = "yizhan_console"
PATH = "/console"
BACKGROUND = "x-background"  # a page that looks for news by itself does not keep its reader signed in


def signed_in(*roles: Role) -> Callable[[Request], Awaitable[Person]]:
    """A dependency: the person who asks, whose role must meet one of `roles`."""

    async def person(request: Request) -> Person:
        visit = await visit_of(request)
        if visit is None:
            raise NotSignedIn
        if not visit.person.may(*roles):
            raise Refused(403, "error_role")
        return visit.person

    return person


Operator = Annotated[Person, Depends(signed_in("operator"))]  # and reviewers and administrators
Reviewer = Annotated[Person, Depends(signed_in("reviewer"))]  # and administrators
Administrator = Annotated[Person, Depends(signed_in("administrator"))]
Reader = Annotated[Person, Depends(signed_in("operator", "auditor"))]  # everybody: looks, decides nothing
Overseer = Annotated[Person, Depends(signed_in("administrator", "auditor"))]  # reads the audit


async def visit_of(request: Request) -> Visit | None:
    """Who is signed in, None for nobody; remembered in the request, noted in the session once a minute."""
    known: Visit | None = getattr(request.state, "visit", None)
    if known is not None:
        return known
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    ground: Ground = request.app.state.ground
    now = ground.clock()
    visit = await ground.database.read(accountsessions.find_visit, token, now, ground.lifetimes)
    if visit is not None:
        if visit.is_stale and BACKGROUND not in request.headers:
            await ground.database.run(accountsessions.note_seen, visit.token_hash, now)
        request.state.visit = visit
    return visit


def give_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(COOKIE, token, path=PATH, httponly=True, samesite="strict", secure=is_secure(request))


def take_cookie(request: Request, response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict", secure=is_secure(request))


def is_secure(request: Request) -> bool:
    """Whether the browser speaks https: seen here, told by a proxy, or from the public address."""
    if request.url.scheme == "https":
        return True
    ground: Ground = request.app.state.ground
    return ground.settings.public_url.startswith("https://") and request.url.hostname not in ("127.0.0.1", "localhost")
