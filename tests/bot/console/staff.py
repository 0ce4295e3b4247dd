"""The console for tests: the real city, a database of its own, people who are signed in without a password."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from bot.console import Ground, build_console
from bot.console.gate import COOKIE
from bot.intake import accounts, accountsessions
from bot.intake.accountsessions import person_of
from bot.intake.clock import Clock, utc_now
from bot.intake.people import Person, Role
from bot.intake.signals import Signals
from bot.settings import read_settings
from tests.bot.intake.home import Home

OWN = {"Sec-Fetch-Site": "same-origin"}


def ground_for(home: Home, clock: Clock, **settings: Any) -> Ground:
    return Ground(
        settings=read_settings({}, **settings),
        database=home.database,
        desk=home.desk,
        signals=Signals(),
        clock=clock,
        backends=("desk",),
        media_url=lambda upload_id: f"/media/{upload_id}/signature",
    )


@dataclass
class Staff:
    """`home` is the service's heart (residents, turns, clock); the people of the console come on top."""

    home: Home
    ground: Ground
    app: FastAPI
    inner: FastAPI
    base: str = "http://test"
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, role: Role = "operator", name: str = "") -> Person:
        """The person of this name (the role's name if none), added at the first call."""
        name = name or role
        if name not in self.people:
            with self.home.database.transaction() as session:
                self.people[name] = person_of(accounts.add_account(session, None, name, role, self.ground.clock()))
        return self.people[name]

    def token(self, role: Role = "operator", name: str = "") -> str:
        """A session's token, as the cookie `yizhan_console` holds it."""
        person = self.person(role, name)
        with self.home.database.transaction() as session:
            account = accounts.get_account(session, person.id)
            return accountsessions.open_session(session, account, self.ground.clock())

    def client(
        self, role: Role | None = "operator", name: str = "", headers: dict[str, str] = OWN
    ) -> httpx.AsyncClient:
        """A browser-like client of a signed-in person, or of nobody (role None)."""
        cookies = {COOKIE: self.token(role, name)} if role else {}
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=("203.0.113.7", 1))
        return httpx.AsyncClient(transport=transport, base_url=self.base, cookies=cookies, headers=headers)


def staff_in(home: Home, clock: Clock | None = None, **settings: Any) -> Staff:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    ground = ground_for(home, clock or home.clock, **settings)
    return Staff(home, ground, app, build_console(app, ground))


@contextmanager
def serving(home: Home, **settings: Any) -> Iterator[Staff]:
    """The console on a real port, in real time, for browsers; `base` is its address."""
    staff = staff_in(home, utc_now, **settings)
    config = uvicorn.Config(
        staff.app, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=5
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the console did not start"
        time.sleep(0.01)
    staff.base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield staff
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the console did not stop"
