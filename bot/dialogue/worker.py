"""From inbox to replies: one resident's messages in order, different residents in parallel, no transaction held open."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.dialogue.engine import Engine, EngineError
from bot.intake import handovers, inbox, messages, reviews
from bot.intake.clock import Clock
from bot.intake.conversation.dangers import danger_say
from bot.intake.conversations import get_conversation
from bot.intake.database import Database
from bot.intake.errors import EngineSilent, LeaseLost
from bot.intake.say import Say
from bot.intake.signals import Signals
from bot.intake.tables import InboxItem
from bot.intake.turns import Desk, complete_turn
from language.danger import assess

logger = logging.getLogger(__name__)

SenderFor = Callable[[str, int, str], str]  # (conversation, inbox item, lease token) -> the engine's sender

LEASE = timedelta(seconds=30)  # longer than the engine's own time limit
IDLE = 30.0  # seconds; the longest sleep without a signal
SOON = 0.5  # seconds before the first further try
LATEST = 20.0  # seconds between tries while the engine is away
DATABASE_AWAY = 1.0  # seconds before the database is asked again
STUCK_AFTER = 5  # tries after which a person is told


class DialogueWorker:
    """Runs `parallel` turns at once. `signals.inbox` wakes it, `signals.messages` tells the channels."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        desk: Desk,
        clock: Clock,
        signals: Signals,
        sender_for: SenderFor,
        parallel: int = 4,
    ) -> None:
        self._database = database
        self._engine = engine
        self._desk = desk
        self._clock = clock
        self._signals = signals
        self._sender_for = sender_for
        self._places = asyncio.Semaphore(parallel)
        self._stopping = False

    async def run(self) -> None:
        """Works until `stop`; the turns in hand are finished."""
        async with asyncio.TaskGroup() as turns:
            while not self._stopping:
                ticket = self._signals.inbox.ticket()
                try:
                    item = await self._claim()
                    pause = 0.0 if item else await self._pause()
                except SQLAlchemyError as error:  # locked, or restarting
                    logger.warning("database_away", extra={"trouble": type(error).__name__})
                    item, pause = None, DATABASE_AWAY
                if item is not None:
                    turns.create_task(self._turn(item))
                elif not self._stopping:
                    await self._signals.inbox.wait(ticket, pause)

    def stop(self) -> None:
        self._stopping = True
        self._signals.inbox.set()

    async def _claim(self) -> InboxItem | None:
        """The next item together with a place for its turn. One loop claims for all: more would only ask in vain."""
        await self._places.acquire()
        item = None
        try:
            if not self._stopping:
                item = await self._database.run(inbox.claim_next, self._clock(), LEASE)
        finally:
            if item is None:
                self._places.release()
        return item

    async def _turn(self, item: InboxItem) -> None:
        try:
            await self._handle(item)
        except SQLAlchemyError as error:  # whatever is leased comes back by itself
            logger.warning("database_away", extra={"trouble": type(error).__name__})
        finally:
            self._places.release()
            self._signals.inbox.set()  # the resident's next message may be claimed now

    async def _pause(self) -> float:
        now = self._clock()
        due = await self._database.read(inbox.next_due, now)
        return IDLE if due is None else min(IDLE, max(0.01, (due - now).total_seconds()))

    async def _handle(self, item: InboxItem) -> None:
        """Understands and completes one item; whatever goes wrong, it stays and the resident is told once."""
        assert item.lease_token is not None  # noqa: S101 - claimed just now
        try:
            await self.attempt(item, item.lease_token)
        except LeaseLost:
            logger.info("lease_lost", extra={"inbox": item.id})
        except (EngineError, EngineSilent) as error:
            await self._put_off(item, item.lease_token, type(error).__name__)
        except Exception as error:  # the outermost loop: one bad item must not stop the others
            logger.exception("turn_failed", extra={"inbox": item.id})
            await self._put_off(item, item.lease_token, type(error).__name__)
        finally:
            self._signals.messages.set()

    async def attempt(self, item: InboxItem, lease_token: str) -> None:
        """One try: text goes through the engine, whose action completes the turn; the rest needs no engine."""
        text = (item.payload.get("text") or "").strip()
        if text and not item.payload.get("button") and item.kind != "command":
            await self._engine.turn(self._sender_for(item.conversation_id, item.id, lease_token), item.payload["text"])
        else:
            await self._database.run(complete_turn, self._desk, item.id, lease_token, None, self._clock())

    async def _put_off(self, item: InboxItem, lease_token: str, trouble: str) -> None:
        wait = min(LATEST, SOON * 2 ** min(item.attempts - 1, 10))
        logger.warning("turn_put_off", extra={"inbox": item.id, "trouble": trouble, "attempts": item.attempts})
        await self._database.run(put_off, self._desk, item.id, lease_token, wait, trouble, self._clock())


def put_off(
    session: Session, desk: Desk, item_id: int, lease_token: str, wait_seconds: float, trouble: str, now: datetime
) -> None:
    """Leaves the item for later. Danger gets its number now, others one line, once; a person sees what is stuck."""
    try:
        item = inbox.get_leased(session, item_id, lease_token)
    except LeaseLost:
        return
    if item.state == "done":
        return
    conversation = get_conversation(session, item.conversation_id)
    danger = assess(item.payload.get("text") or "")
    if danger.is_now and danger.kind and not item.warned:
        messages.queue_message(
            session, conversation, danger_say(danger.kind, desk.city.hotlines), desk.city.phrases, now, item.id
        )
        item.warned = True
    attended = handovers.find_taken(session, conversation.id) is not None  # a person sees the message already
    if not item.apologised and item.attempts > 1 and not attended:
        messages.queue_message(session, conversation, Say("engine_away"), desk.city.phrases, now, item.id)
        item.apologised = True
    if item.attempts >= STUCK_AFTER:
        reviews.open_review(
            session,
            f"stuck:{item.id}",
            "stuck",
            now,
            conversation_id=conversation.id,
            inbox_id=item.id,
            data={"trouble": trouble},
        )
    inbox.put_back(session, item.id, lease_token, now + timedelta(seconds=wait_seconds), trouble)
