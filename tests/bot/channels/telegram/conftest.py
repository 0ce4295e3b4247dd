"""A service's Telegram channel between an emulated Bot API and a database of its own; the dialogue is played by the test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.telegram import Telegram, build_telegram, courtesies, held, verdicts
from bot.intake import messages
from bot.intake.city import City
from bot.intake.clock import utc_now
from bot.intake.conversations import open_conversation
from bot.intake.database import Database
from bot.intake.signals import Signals
from bot.intake.tables import Conversation, InboxItem, Message, Review, Upload
from bot.settings import Settings, read_settings
from tests.bot.channels.telegram.emulator import TOKEN, Emulator
from tests.bot.channels.telegram.residents import LI

REPOSITORY = Path(__file__).parents[4]
PATIENCE = 8.0  # seconds


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits that are seconds for residents are short here; the emulator lets edits and memberships in."""
    monkeypatch.setattr(held, "SETTLE", timedelta(seconds=0.4))
    monkeypatch.setattr(verdicts, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(courtesies, "TYPING_AFTER", 0.15)
    kinds = {"message", "callback_query", "inline_query", "edited_message", "my_chat_member"}
    monkeypatch.setattr("lo_bot_api_emulator.updates.KINDS", kinds)


@dataclass
class House:
    """`run` starts the channel; `items`, `queue` and `finish` stand for the rest of the service."""

    database: Database
    city: City
    settings: Settings
    emulator: Emulator
    signals: Signals = field(default_factory=Signals)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    telegram: Telegram | None = None
    task: asyncio.Task[None] | None = None

    def build(self) -> Telegram:
        telegram = build_telegram(self.database, self.city, self.settings, self.signals, utc_now)
        assert telegram is not None
        return telegram

    def run(self) -> Telegram:
        self.stop = asyncio.Event()
        self.telegram = self.build()
        self.task = asyncio.create_task(self.telegram.run(self.stop))
        return self.telegram

    async def end(self) -> None:
        self.stop.set()
        if self.task is not None:
            task, self.task = self.task, None
            await asyncio.wait_for(task, PATIENCE)

    async def say(self, update: dict[str, Any]) -> int:
        return await self.emulator.enqueue_update(update, token=TOKEN)

    def rows(self, kind: type, *where: Any) -> list[Any]:
        with self.database.reading() as session:
            return list(session.scalars(select(kind).where(*where).order_by(kind.__table__.primary_key.columns[0])))

    def items(self, released: bool = True) -> list[InboxItem]:
        return [item for item in self.rows(InboxItem) if not (released and held.is_held(item))]

    async def queue(self, text: str, *buttons: tuple[str, str], chat: int = LI, expects: str | None = None) -> Message:
        """A message as the dialogue would queue it; buttons are (title, payload)."""
        body = {
            "text": text,
            "buttons": [{"title": title, "payload": payload} for title, payload in buttons],
            "expects": expects,
            "card": None,
            "ticket": None,
            "emergency": False,
        }

        def put(session: Any) -> Message:
            conversation, _ = open_conversation(session, "telegram", str(chat), utc_now())
            return messages.queue_body(session, conversation, body, utc_now())

        return await self.database.run(put)

    async def until(self, ready: Callable[[], Any], what: str = "what was waited for") -> Any:
        """Waits for it and returns it; database reads in between are short."""
        async with asyncio.timeout(PATIENCE):
            while not (found := ready()):
                if self.task is not None and self.task.done():
                    self.task.result()
                await asyncio.sleep(0.02)
        assert found, what
        return found

    async def until_items(self, count: int) -> list[InboxItem]:
        await self.until(lambda: len(self.items()) >= count)
        return self.items()

    async def until_sent(self, *texts: str, chat: int | None = None) -> None:
        await self.until(lambda: set(texts) <= set(self.emulator.texts(chat)), f"{texts} were sent")

    def conversation(self, chat: int = LI) -> Conversation:
        (found,) = self.rows(Conversation, Conversation.address == str(chat))
        return found

    def uploads(self) -> list[Upload]:
        return self.rows(Upload)

    def reviews(self) -> list[Review]:
        return self.rows(Review)

    def states(self) -> list[str]:
        return [message.state for message in self.rows(Message)]

    async def idle_a_moment(self) -> None:
        await asyncio.sleep(0.3)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    emulator = Emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(scope="session")
def city() -> City:
    return City.load(REPOSITORY / "cities" / "xihua")


@pytest.fixture
async def house(tmp_path: Path, city: City, emulator: Emulator) -> AsyncIterator[House]:
    settings = read_settings(
        {},
        data=tmp_path,
        city=REPOSITORY / "cities" / "xihua",
        telegram_token=TOKEN,
        telegram_api=emulator.url,
    )
    database = Database(settings.url)
    database.upgrade()
    house = House(database, city, settings, emulator)
    house.signals.watch(database, asyncio.get_running_loop())
    yield house
    await house.end()
    database.close()


@pytest.fixture
def with_settings(house: House) -> Callable[..., None]:
    def change(**values: Any) -> None:
        house.settings = replace(house.settings, **values)

    return change


Change = Callable[..., Awaitable[None]]
