"""What a client without an outbox does under the same faults: POST, and on any trouble POST again, three times.

No key, no look-up, no order to keep; a refusal (4xx) is taken at its word. It is never killed, which would cost it all that
it holds in memory.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass

import httpx

from tests.bot.forwarding.desk_process import Desk
from tests.chaos.plans import REFUSAL, plan

RETRIES = 3
WAIT = 0.3  # seconds before a retry
AT_ONCE = 8
TIMEOUT = httpx.Timeout(1.2, connect=1.0)


@dataclass(frozen=True)
class Naive:
    tickets: int
    lost: int  # not at the desk, beyond those that it was told to refuse
    doubled: int  # there more than once


async def deliver(desk: Desk, numbers: list[str], rounds: int, spacing: int) -> Naive:
    faults = plan(rounds, spacing)
    desk.plan(*faults)
    places = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:

        async def one(number: str) -> None:
            async with places:
                await _post(client, desk, number)

        await asyncio.gather(*(one(number) for number in numbers))
    there = Counter(case["ticket_number"] for case in desk.cases())
    refused = faults.count(REFUSAL)
    return Naive(len(numbers), len(set(numbers) - set(there)) - refused, sum(count > 1 for count in there.values()))


async def _post(client: httpx.AsyncClient, desk: Desk, number: str) -> None:
    form = {
        "service_code": "UM-G02",
        "lat": "33.79",
        "long": "114.52",
        "description": "河堤边三盏灯都不亮",
        "attribute[ticket_number]": number,
    }
    for _ in range(1 + RETRIES):
        try:
            response = await client.post(f"{desk.open311}/requests.json", data=form)
            if response.is_success and response.json() or 400 <= response.status_code < 500:
                return
        except (httpx.HTTPError, ValueError):
            pass
        await asyncio.sleep(WAIT)
