"""One worker process of `bench.forwarding`: DATABASE_URL BACKEND_URL CONCURRENCY. Ends at SIGTERM; tells its claims' times."""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from bot.forwarding.backends.http import new_client
from bot.forwarding.backends.open311.backend import Open311Backend
from bot.forwarding.backends.open311.profile import load_profile
from bot.forwarding.backends.open311.wire import Wire
from bot.forwarding.records import Records
from bot.forwarding.worker import Worker
from bot.intake import outbox
from bot.intake.city import City
from bot.intake.clock import utc_now
from bot.intake.database import Database
from bot.intake.news import Newsroom

ROOT = Path(__file__).parents[1]
CITY = ROOT / "cities/xihua"


async def main(database_url: str, backend_url: str, concurrency: int) -> None:
    profile = load_profile(CITY / "backends/desk.yml").model_copy(update={"concurrency": concurrency})
    client = new_client(profile.timeouts, concurrency, profile.networks)
    backend = Open311Backend("desk", profile, Wire(client, profile, backend_url, None, utc_now))
    database = Database(database_url)
    claims: list[float] = []
    turns: list[float] = []
    _timed(outbox, "claim_due", claims)
    _timed(Records, "_turn", turns)
    stop, wake = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Worker(database, {"desk": backend}, Newsroom.of(City.load(CITY)), utc_now).run(stop, wake)
    await client.aclose()
    database.close()
    print(json.dumps({"claims_ms": claims, "turns_ms": turns, "cpu_s": time.process_time()}))


def _timed(owner: Any, name: str, into: list[float]) -> None:
    real = getattr(owner, name)

    def timed(*args: Any) -> Any:
        start = time.perf_counter()
        try:
            return real(*args)
        finally:
            into.append(round((time.perf_counter() - start) * 1000, 3))

    setattr(owner, name, timed)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
