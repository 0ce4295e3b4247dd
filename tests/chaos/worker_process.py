"""A forwarding worker, as a process of its own, that dies on purpose.

Two backends: `keeps` keeps our key, `searched` can only be searched. FOLDER/clock holds by how many seconds the clock is
wrong; while FOLDER/full exists, the SQLite database cannot grow.
"""

import asyncio
import os
import signal
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from sqlalchemy import Connection, event

from bot.forwarding import worker
from bot.forwarding.backends.http import new_client
from bot.forwarding.backends.open311.profile import Profile, load_profile
from bot.forwarding.backends.open311.wire import Wire
from bot.intake.clock import utc_now
from bot.intake.database import Database
from tests.bot.forwarding.desk_process import ROOT
from tests.bot.forwarding.house import newsroom
from tests.chaos import steps

KEEPS, SEARCHED = "keeps", "searched"
# The settling time is longer than a request may take, with room for a machine that is busy with other things.
QUICK = {
    "timeouts": {"connect": "1s", "read": "1.2s", "total": "1.5s"},
    "settle": "3s",
    "schedule": ["0.3s"] * 30,
    "token_schedule": ["0.3s"] * 6,
    "concurrency": 8,
}


def profile(**changes: object) -> Profile:
    document = load_profile(ROOT / "cities/xihua/backends/desk.yml").model_dump() | QUICK
    return Profile.model_validate(document | changes)


def limit_disk(database: Database, folder: Path) -> None:
    @event.listens_for(database.engine, "begin")
    def begin(connection: Connection) -> None:
        most = 1 if (folder / "full").exists() else 2**31 - 2  # 1: whatever it holds now, and no page more
        connection.exec_driver_sql(f"PRAGMA max_page_count={most}")


async def main(folder: Path, database_url: str, addresses: dict[str, str], trap: steps.Trap) -> None:
    steps.trap = trap

    def clock() -> datetime:
        return utc_now() + timedelta(seconds=float((folder / "clock").read_text() or 0))

    database = Database(database_url)
    if database.is_sqlite:
        limit_disk(database, folder)
    clients, backends = [], {}
    for name, chosen in ((KEEPS, profile()), (SEARCHED, profile(idempotency_header=None))):
        client = new_client(chosen.timeouts, chosen.concurrency, chosen.networks)
        wire = Wire(client, chosen, addresses[name], None, clock)
        backends[name] = steps.DeadlyBackend(name, chosen, wire)
        clients.append(client)
    stop, wake = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with mock.patch.object(worker, "Records", steps.DeadlyRecords):
        carrier = worker.Worker(database, backends, newsroom(), clock)
    await carrier.run(stop, wake)
    for client in clients:
        await client.aclose()
    database.close()


def run(folder: Path, database_url: str, addresses: dict[str, str], step: str, after: int) -> None:
    """The process's whole life. What it says goes to FOLDER/workers.log."""
    log = os.open(folder / "workers.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    asyncio.run(main(folder, database_url, addresses, steps.Trap(step, after)))
