"""One run: tickets, two desks that misbehave, workers that are killed at every step, and what came of it all."""

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bot.intake import outbox
from bot.intake.clock import utc_now
from bot.intake.orders import CREATED
from bot.intake.tables import OutboxItem, Ticket, TicketEvent
from tests.bot.forwarding.desk_process import Desk
from tests.bot.forwarding.house import House
from tests.chaos import worker_process
from tests.chaos.plans import REFUSAL, plan
from tests.chaos.steps import STEPS
from tests.chaos.worker_process import KEEPS, SEARCHED

# Workers are forked from a process that has imported everything: a restart takes no second of importing.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.chaos.worker_process"])

CHANGED = 5  # every fifth ticket is supplemented and withdrawn
CHUNK = 250  # tickets that are made in one transaction
LEAP, SLIP = 3600, 3590  # seconds: the clock is set an hour ahead, later ten seconds back
FULL_FOR = 2.0  # seconds
SAID = ["居民补充\n一", "居民撤回\n二"]


@dataclass
class Outcome:
    tickets: int
    seconds: float
    kills: Counter[str]
    recovery_s: float  # the longest from a restart until something was accepted again
    accepted: int = 0
    refused: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    unfinished: int = 0
    waiting_for_person: int = 0


class Storm:
    def __init__(self, house: House, desks: dict[str, Desk], folder: Path, tickets: int, workers: int) -> None:
        self._house = house
        self._desks = desks
        self._folder = folder
        self._tickets = tickets
        self._workers = workers
        self._rng = random.Random(11)
        self._refusals = 0

    @property
    def refusals(self) -> int:
        """How many tickets the desks were told to refuse for ever."""
        return self._refusals

    def rage(self, kills: int, rounds: int, limit: float) -> Outcome:
        """At least `kills` at each step, then calm until all is done or `limit` seconds are over."""
        self._file()
        self._set_clock(0)
        for desk in self._desks.values():
            faults = plan(rounds, max(3, self._tickets // (2 * rounds * 24)))
            self._refusals += faults.count(REFUSAL)
            desk.plan(*faults)
        start = time.monotonic()
        outcome = self._run(kills, start + limit)
        outcome.seconds = time.monotonic() - start
        self._judge(outcome)
        return outcome

    def _file(self) -> None:
        self._house.clock.now = utc_now()
        for start in range(0, self._tickets, CHUNK):
            with self._house.database.transaction() as session:
                for number in range(start, min(start + CHUNK, self._tickets)):
                    ticket = self._house.file_in(session, (KEEPS, SEARCHED)[number % 2])
                    if number % CHANGED == 0:
                        self._house.change_in(session, ticket, "supplemented", text="一")
                        self._house.change_in(session, ticket, "withdrawn", text="二")

    def _run(self, kills: int, deadline: float) -> Outcome:
        due = [step for step in STEPS for _ in range(kills)]
        self._rng.shuffle(due)
        killed: Counter[str] = Counter()
        running = [self._start(due.pop()) for _ in range(self._workers)]
        restarted, accepted, recovery = 0.0, 0, 0.0
        weather = self._weather()
        while time.monotonic() < deadline and not self._is_over():
            time.sleep(0.1)
            now, before = time.monotonic(), accepted
            accepted = self._count("accepted")
            if restarted and accepted > before:
                recovery, restarted = max(recovery, now - restarted), 0.0
            next(weather)
            for place, (process, step) in enumerate(running):
                if process.is_alive():
                    continue
                if process.exitcode != -signal.SIGKILL or not step:
                    raise AssertionError(f"a worker ended by itself with {process.exitcode}")
                killed[step] += 1
                running[place] = self._start(due.pop() if due else "")
                restarted = restarted or time.monotonic()
        for process, step in running:
            process.kill() if step else process.terminate()
        for process, _ in running:
            process.join(30)
            if process.is_alive():
                process.kill()
                raise AssertionError("a worker did not end in time")
        return Outcome(self._tickets, 0.0, killed, recovery)

    def _start(self, step: str) -> "tuple[ForkServerProcess, str]":
        url = self._house.database.url.render_as_string(hide_password=False)
        addresses = {name: desk.open311 for name, desk in self._desks.items()}
        process = FORKS.Process(
            target=worker_process.run, args=(self._folder, url, addresses, step, self._rng.randint(1, 6))
        )
        process.start()
        return process, step

    def _weather(self) -> Iterator[None]:
        """The clock leaps when a quarter is done, the disk is full at the half, the clock slips after that."""
        while self._count("accepted") < self._tickets // 4:
            yield
        self._set_clock(LEAP)
        while self._count("accepted") < self._tickets // 2:
            yield
        (self._folder / "full").touch()
        full = time.monotonic()
        while time.monotonic() - full < FULL_FOR:
            yield
        (self._folder / "full").unlink()
        self._set_clock(SLIP)
        while True:
            yield

    def _set_clock(self, seconds: int) -> None:
        fresh = self._folder / "clock.new"
        fresh.write_text(str(seconds))
        fresh.replace(self._folder / "clock")

    def _count(self, *states: str) -> int:
        with self._house.database.reading() as session:
            query = select(func.count()).select_from(OutboxItem).where(OutboxItem.state.in_(states))
            return session.scalar(query) or 0

    def _is_over(self) -> bool:
        """Nothing is on its way, but for what waits behind a refused ticket or for a person."""
        with self._house.database.reading() as session:
            open_ = (OutboxItem.state.in_(outbox.OPEN), OutboxItem.ready, OutboxItem.next_attempt_at < outbox.NEVER)
            return session.scalar(select(OutboxItem.id).where(*open_).limit(1)) is None

    def _judge(self, outcome: Outcome) -> None:
        """Compares what we believe with what the desks have."""
        with self._house.database.reading() as session:
            births = session.execute(
                select(OutboxItem.state, Ticket.number, Ticket.backend, Ticket.case_id)
                .join(Ticket, Ticket.id == OutboxItem.ticket_id)
                .join(TicketEvent, TicketEvent.id == OutboxItem.event_id)
                .where(TicketEvent.type == CREATED)
            ).all()
            stuck = outbox.list_stuck(session, 10 * self._tickets)
            outcome.waiting_for_person = sum(item.state == "unknown" for item in stuck)
            open_ = select(func.count()).where(OutboxItem.state.in_(outbox.OPEN), OutboxItem.ready)
            outcome.unfinished = (session.scalar(open_) or 0) - outcome.waiting_for_person
        cases = {name: desk.cases() for name, desk in self._desks.items()}
        there = {name: Counter(case["ticket_number"] for case in rows) for name, rows in cases.items()}
        ids = {(name, case["ticket_number"]): case["id"] for name, rows in cases.items() for case in rows}
        for state, number, name, case_id in births:
            outcome.accepted += state == "accepted"
            outcome.refused += state == "dead"
            count = there[name][number]
            if count > 1:
                outcome.doubled.append(number)
            if state == "accepted" and (not count or ids[name, number] != case_id):
                outcome.lost.append(number)
        for name, desk in self._desks.items():
            outcome.disordered += _disordered(cases[name], desk.updates())


def _disordered(cases: list[dict[str, Any]], updates: list[dict[str, Any]]) -> list[str]:
    """Numbers of the tickets whose changes did not come once each and in order."""
    said: dict[str, list[str]] = {}
    for row in updates:
        said.setdefault(row["service_request_id"], []).append(row["description"])
    numbers = {case["id"]: case["ticket_number"] for case in cases}
    return [numbers[case_id] for case_id, texts in said.items() if texts != SAID]
