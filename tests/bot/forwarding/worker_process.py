"""The forwarding worker as a process that can be killed: DATABASE_URL DESK_URL [with-key]."""

import asyncio
import signal
import sys
from dataclasses import replace
from datetime import timedelta

from bot.forwarding.backends.http import new_client
from bot.forwarding.backends.open311.backend import Open311Backend
from bot.forwarding.backends.open311.profile import Profile, load_profile
from bot.forwarding.backends.open311.wire import Wire
from bot.forwarding.worker import Worker
from bot.intake.clock import utc_now
from bot.intake.database import Database
from bot.intake.outbox import Rules
from tests.bot.forwarding.desk_process import ROOT
from tests.bot.forwarding.house import newsroom

QUICK = {
    "timeouts": {"connect": "0.5s", "read": "0.5s", "total": "0.8s"},
    "settle": "1s",
    "schedule": ["0.2s"] * 30,
    "token_schedule": ["0.2s"] * 10,
}


class ShortLease(Open311Backend):
    """A dead worker's items come back soon, so that a test need not wait for them."""

    @property
    def rules(self) -> Rules:
        return replace(super().rules, lease=timedelta(seconds=2))


async def main(database_url: str, desk_url: str, with_key: bool) -> None:
    document = load_profile(ROOT / "cities/xihua/backends/desk.yml").model_dump() | QUICK
    profile = Profile.model_validate(document | ({} if with_key else {"idempotency_header": None}))
    client = new_client(profile.timeouts, 8, profile.networks)
    backend = ShortLease("desk", profile, Wire(client, profile, desk_url, None, utc_now))
    stop, wake = asyncio.Event(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await Worker(Database(database_url), {"desk": backend}, newsroom(), utc_now).run(stop, wake)
    await client.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], "with-key" in sys.argv))
