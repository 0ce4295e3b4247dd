"""Reading replies: at once, with a wait (long polling), or as a stream of events."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session
from sse_starlette import ServerSentEvent

from bot.channels.web.bells import ConversationBells
from bot.intake import inbox, messages
from bot.intake.clock import Clock
from bot.intake.conversations import get_conversation
from bot.intake.database import Database
from bot.intake.tables import Message

AT_MOST = 200  # messages in one answer
LOOK_AGAIN = 2.0  # seconds between looks of a waiting call without a ring
STREAM_LOOK_AGAIN = 5.0  # the same for a stream: news held until morning falls due without a ring
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Batch:
    messages: list[dict[str, Any]]
    last_seq: int  # of the last row that was looked at; `after` where there was none
    idle: bool  # every message sent so far is handled, and all replies are in this batch or before it
    closed: bool  # the session has been erased


def read_batch(session: Session, conversation_id: str, after: int, now: datetime) -> Batch:
    """Counting comes before listing: where nothing was unfinished, the list holds every reply."""
    closed = get_conversation(session, conversation_id).closed_at is not None
    unfinished = inbox.count_unfinished(session, conversation_id)
    rows = _due(session, conversation_id, after, now)
    return Batch(
        messages=[_document(row) for row in rows if not _is_erased(row)],
        last_seq=rows[-1].seq if rows else after,
        idle=unfinished == 0 and len(rows) < AT_MOST,
        closed=closed,
    )


def _due(session: Session, conversation_id: str, after: int, now: datetime) -> list[Message]:
    """What is due, without gaps: news held until morning comes along once something later is said, or `after`
    would step over it for ever."""
    due = messages.list_messages(session, conversation_id, after, now, AT_MOST)
    if not due or due[-1].seq - after == len(due):
        return due
    everything = messages.list_messages(session, conversation_id, after, _EVER, AT_MOST)
    return [row for row in everything if row.seq <= due[-1].seq]


def _document(row: Message) -> dict[str, Any]:
    return {"seq": row.seq, **row.body, "at": row.created_at.isoformat(timespec="seconds")}


def _is_erased(row: Message) -> bool:
    return not row.body.get("text") and not row.body.get("card") and not row.body.get("ticket")


class Reader:
    def __init__(self, database: Database, bells: ConversationBells, clock: Clock) -> None:
        self._database = database
        self._bells = bells
        self._clock = clock

    async def read(self, conversation_id: str, after: int, wait: float) -> Batch:
        """Returns at once with messages or when idle, otherwise when either comes, at the latest after `wait` seconds."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + wait
        with self._bells.listening(conversation_id) as bell:
            while True:
                bell.clear()
                batch = await self._database.read(read_batch, conversation_id, after, self._clock())
                left = deadline - clock()
                if batch.messages or batch.idle or batch.closed or left <= 0 or self._bells.closing:
                    return batch
                await bell.wait(min(left, LOOK_AGAIN))

    async def stream(self, conversation_id: str, after: int) -> AsyncIterator[ServerSentEvent]:
        """Events `message` (id = seq), `idle` after every ring, and `closed` as the last one of an erased session.

        A turn may begin and end between two looks, so `idle` is told again even where it reads as before.
        """
        idle: bool | None = None
        with self._bells.listening(conversation_id) as bell:
            rung = False
            while not self._bells.closing:
                bell.clear()
                batch = await self._database.read(read_batch, conversation_id, after, self._clock())
                after = batch.last_seq
                for message in batch.messages:
                    data = json.dumps(message, ensure_ascii=False)
                    yield ServerSentEvent(data, event="message", id=str(message["seq"]))
                if batch.closed:
                    yield ServerSentEvent("{}", event="closed")
                    return
                if rung or batch.messages or batch.idle is not idle:
                    idle = batch.idle
                    yield ServerSentEvent(json.dumps({"idle": idle}), event="idle")
                rung = await bell.wait(0 if batch.messages else STREAM_LOOK_AGAIN)
