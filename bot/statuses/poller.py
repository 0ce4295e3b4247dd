"""Asks each backend for news, again and again, from where it stopped.

The cursor is the backend's own time of the newest news read; each question reaches back behind it by the overlap, for
clocks that differ and rows that came late. What was read before is skipped.
"""

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot.intake import statuses
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.news import Newsroom
from bot.intake.statuses import Source, Update

log = logging.getLogger(__name__)

FIRST_LOOK = timedelta(days=7)  # how far the very first question reaches back
LONGEST_WAIT = timedelta(minutes=5)  # between questions to a backend that does not answer
MAX_PAGES = 200  # of one poll; the rest follows at the next
CASES_AT_ONCE = 50  # named in one question


class Poller:
    def __init__(self, database: Database, newsroom: Newsroom, sources: Iterable[Source], clock: Clock) -> None:
        self._database = database
        self._newsroom = newsroom
        self._sources = tuple(sources)
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; a poll in hand is finished first."""
        async with asyncio.TaskGroup() as group:
            for source in self._sources:
                if source.poll_every is not None:
                    group.create_task(self._serve(source, source.poll_every, stop))

    async def poll(self, source: Source) -> int:
        """Reads all news there is; returns how many were new. Raises whatever the backend's client raises."""
        if source.by_case:
            return await self._by_case(source)
        cursor = await self._database.read(statuses.get_cursor, source.name)
        start = cursor - source.overlap if cursor is not None else self._clock() - FIRST_LOOK
        new = 0
        for _ in range(MAX_PAGES):
            updates = await source.updates({"start_date": stamp(start)})
            new += await self._take(source, updates)
            latest = max((update.changed_at for update in updates), default=start)
            if latest <= start:
                break
            # A server may cut a long answer: go on from the newest row until it brings nothing newer.
            start = latest
            await self._database.run(statuses.set_cursor, source.name, latest, self._clock())
        return new

    async def _by_case(self, source: Source) -> int:
        new, after = 0, ""
        while cases := await self._database.read(statuses.list_open_cases, source.name, after, CASES_AT_ONCE):
            new += await self._take(source, await source.updates({"service_request_id": ",".join(cases)}))
            after = cases[-1]
        return new

    async def _take(self, source: Source, updates: list[Update]) -> int:
        """Applies each in a transaction of its own. Raises after the others are done where one could not be."""
        known = await self._database.read(statuses.find_known, source.name, updates)
        fresh = [update for update in updates if update.update_id not in known]
        failure: Exception | None = None
        new = 0
        for update in fresh:
            try:
                outcome = await self._database.run(
                    statuses.apply_update, self._newsroom, source.name, update, self._clock()
                )
            except Exception as error:  # the next one shall not wait for a person to mend this one
                log.exception("update_failed", extra={"backend": source.name, "update_id": update.update_id})
                failure = error
                continue
            new += outcome != "repeated"
        if failure is not None:
            raise failure
        return new

    async def _serve(self, source: Source, every: timedelta, stop: asyncio.Event) -> None:
        wait = every
        while not stop.is_set():
            try:
                new = await self.poll(source)
                wait = every
                if new:
                    log.info("news_read", extra={"backend": source.name, "count": new})
            except Exception as error:  # the outermost edge: the next poll tries again
                wait = min(wait * 2, max(LONGEST_WAIT, every))
                log.warning("poll_failed", extra={"backend": source.name, "error": type(error).__name__})
            try:
                async with asyncio.timeout(wait.total_seconds()):
                    await stop.wait()
            except TimeoutError:
                continue


def stamp(moment: datetime) -> str:
    """A moment as GeoReport wants it, cut to the second so that nothing of that second is missed."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
