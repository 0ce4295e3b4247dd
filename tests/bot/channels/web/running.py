"""The web channel on a real port, with a real database and no dialogue: the tests themselves play the bot."""

import asyncio
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels.web import build_web
from bot.channels.web.tokens import address_of
from bot.intake import inbox, messages
from bot.intake.city import City
from bot.intake.clock import utc_now
from bot.intake.conversations import find_conversation, get_conversation
from bot.intake.database import Database
from bot.intake.say import Say
from bot.intake.signals import Signals
from bot.intake.tables import InboxItem, Message
from bot.settings import Settings, read_settings

ROOT = Path(__file__).parents[4]
CITY = City.load(ROOT / "cities" / "xihua")


@dataclass
class Resident:
    """One session, as a program would use it."""

    http: httpx.Client
    token: str
    greeting: list[dict[str, Any]]
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def post(self, **body: Any) -> httpx.Response:
        return self.http.post("/chat/api/messages", json={"id": f"m{next(self.numbers)}", **body}, headers=self.headers)

    def upload(self, content: bytes, name: str = "photo.jpg", kind: str = "image/jpeg") -> httpx.Response:
        return self.http.post("/chat/api/uploads", files={"file": (name, content, kind)}, headers=self.headers)

    def read(self, after: int = 0, wait: float = 0) -> dict[str, Any]:
        answer = self.http.get(
            "/chat/api/messages", params={"after": after, "wait": wait}, headers=self.headers, timeout=40
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@dataclass
class RunningWeb:
    base: str
    http: httpx.Client
    database: Database
    settings: Settings

    def resident(self, **body: Any) -> Resident:
        answer = self.http.post("/chat/api/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return Resident(self.http, answer.json()["session"], answer.json()["messages"])

    def conversation_id(self, token: str) -> str:
        with self.database.reading() as session:
            found = find_conversation(session, "web", address_of(token))
            assert found is not None
            return found.id

    def items(self, token: str) -> list[InboxItem]:
        """What the inbox holds of this session, in order."""
        query = select(InboxItem).where(InboxItem.conversation_id == self.conversation_id(token)).order_by(InboxItem.id)
        with self.database.reading() as session:
            return list(session.scalars(query))

    def say(
        self, token: str, *bodies: dict[str, Any] | Say, done: bool = True, not_before: Any = None
    ) -> list[Message]:
        """Answers as the dialogue would: replies and "done" in one transaction. A body needs only what differs."""
        queued = []
        with self.database.transaction() as session:
            conversation = get_conversation(session, self.conversation_id(token))
            for body in bodies:
                if isinstance(body, Say):
                    queued.append(
                        messages.queue_message(
                            session, conversation, body, CITY.phrases, utc_now(), not_before=not_before
                        )
                    )
                else:
                    queued.append(
                        messages.queue_body(session, conversation, message(**body), utc_now(), not_before=not_before)
                    )
            if done:
                open_items = select(InboxItem).where(
                    InboxItem.conversation_id == conversation.id, InboxItem.state != "done"
                )
                for item in session.scalars(open_items):
                    item.state = "done"
                    item.done_at = utc_now()
        return queued

    def unfinished(self, token: str) -> int:
        with self.database.reading() as session:
            return inbox.count_unfinished(session, self.conversation_id(token))


def message(**given: Any) -> dict[str, Any]:
    plain = {"text": "", "buttons": [], "expects": None, "card": None, "ticket": None, "emergency": False}
    return {**plain, **given}


@contextmanager
def running(folder: Path, city: City = CITY, **given: Any) -> Iterator[RunningWeb]:
    """`given` are settings by name, such as web_limit="3/minute"."""
    settings = read_settings({}, data=str(folder), **given)
    database = Database(settings.url)
    database.upgrade()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    signals = Signals()
    close_streams = build_web(app, database, city, settings, signals, utc_now)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)

    async def serve() -> None:
        signals.watch(database, asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the web channel did not start"
        time.sleep(0.01)
    base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        with httpx.Client(base_url=base, timeout=10) as client:
            yield RunningWeb(base, client, database, settings)
    finally:
        close_streams()
        server.should_exit = True
        thread.join(20)
        database.close()
        assert not thread.is_alive(), "the web channel did not stop"
