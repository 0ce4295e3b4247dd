"""`yizhan outbox …`: what is on its way to the backends, and what a person may do about it."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from bot.commands.house import opened_database
from bot.forwarding.backends.contract import Backend
from bot.forwarding.worker import Worker
from bot.intake import deliveries, outbox
from bot.intake.clock import utc_now
from bot.intake.deliveries import STATES, Row, State
from bot.intake.errors import BadInput
from bot.intake.news import Newsroom
from bot.intake.outbox import NEVER
from bot.intake.people import TERMINAL, Person
from bot.intake.tables import Delivery
from bot.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Deliveries to the backends: look, send again, give up.")
SHORT = 12  # characters of an id that are shown; any beginning that is unique is taken

ItemId = Annotated[str, typer.Argument(help="The item's id, or its beginning.")]
Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]


@app.command(name="list")
def list_(
    state: Annotated[
        str, typer.Option(help=f"One of {', '.join(STATES)}; `stuck` waits for a person, `open` for its delivery.")
    ] = "",
    backend: Annotated[str, typer.Option(help="Only this backend's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Lists deliveries, newest first."""
    wanted: State | None = next((known for known in STATES if known == state), None)
    if state and wanted is None:
        raise typer.BadParameter(f"'{state}' is no state; use one of {', '.join(STATES)}", param_hint="--state")
    with opened_database() as database, database.reading() as session:
        rows = deliveries.list_items(session, wanted, backend, limit=limit)
    if as_json:
        for row in rows:
            typer.echo(json.dumps(_document(row), ensure_ascii=False))
        return
    if not rows:
        typer.echo("Nothing of that kind.")
        return
    table = Table("id", "ticket", "event", "backend", "state", "tries", "made", "next", "reason", box=None)
    for row in rows:
        item = row.item
        next_ = "a person" if row.waits_for_person else _local(item.next_attempt_at) if item.done_at is None else ""
        event = row.event_type.removeprefix("ticket.")
        made, tries, reason = _local(item.created_at), str(item.attempts), item.reason or ""
        table.add_row(item.id[:SHORT], row.number, event, item.backend, item.state, tries, made, next_, reason[:60])
    Console(width=None if Console().is_terminal else 200, highlight=False).print(table)


@app.command()
def show(item: ItemId, as_json: Json = False) -> None:
    """One delivery with every try: what was asked, what came back."""
    with opened_database() as database, database.reading() as session:
        row = _found(session, item)
        tries = list(deliveries.list_tries(session, row.item.id))
    if as_json:
        document = {**_document(row), "tries": [_try_document(one) for one in tries]}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for name, value in _document(row).items():
        typer.echo(f"{name:<16} {'—' if value is None else value}")
    for one in tries:
        status = f" HTTP {one.http_status}" if one.http_status else ""
        typer.echo(f"{_local(one.started_at)}  {one.kind:<8} {one.outcome or 'no answer yet'}{status}")
        for line in (one.detail or "").splitlines()[:20]:
            typer.echo(f"    {line}")


@app.command()
def retry(item: ItemId) -> None:
    """Sends a dead, unknown or waiting delivery now, with the same key as before."""
    _decide(item, deliveries.send_again, "goes out again as soon as the service runs")


@app.command()
def cancel(item: ItemId) -> None:
    """Gives a waiting or unknown delivery up: nothing more is sent."""
    _decide(item, deliveries.give_up, "is given up")


@app.command()
def settle(
    item: ItemId,
    case: Annotated[str, typer.Option(help="The backend's number of the case that was found.")] = "",
) -> None:
    """Marks a dead or unknown delivery as accepted: somebody found it at the backend."""

    def work(session: Session, person: Person, item_id: str, now: datetime) -> bool:
        return deliveries.settle(session, person, item_id, case or None, now)

    _decide(item, work, "counts as accepted")


@app.command()
def drain(
    backend: Annotated[str, typer.Option(help="Only this backend.")] = "",
    now: Annotated[bool, typer.Option("--now", help="Also what waits for a later try.")] = False,
    longest: Annotated[float, typer.Option("--for", min=1, help="Seconds after which it ends.")] = 300.0,
) -> None:
    """Delivers what is due, in this process, until nothing more is; a running service may work beside it.

    Ends with 1 where something is still on its way.
    """
    from bot.wiring import prepare

    service = prepare(read_settings())
    try:
        named = service.backends.by_name
        if backend and backend not in named:
            raise BadInput(f"there is no backend '{backend}'; the city has: {', '.join(sorted(named))}")
        chosen = {name: one for name, one in named.items() if backend in ("", name)}
        if now:
            with service.database.transaction() as session:
                deliveries.bring_forward(session, TERMINAL, list(chosen), utc_now())
        worker = Worker(service.database, chosen, Newsroom.of(service.city), utc_now)

        async def deliver() -> int:
            try:
                return sum(await asyncio.gather(*(_deliver(worker, one, longest) for one in chosen.values())))
            finally:
                await service.backends.close()

        steps = asyncio.run(deliver())
        with service.database.reading() as session:
            counted = outbox.count_by_state(session)
    finally:
        service.database.close()
    left = sum(number for (name, state), number in counted.items() if name in chosen and state in outbox.OPEN)
    typer.echo(f"{steps} steps; {left} still on their way")
    raise typer.Exit(1 if left else 0)


async def _deliver(worker: Worker, backend: Backend, longest: float) -> int:
    """Handles the backend's due items, several at a time; how many steps that took."""
    end = time.monotonic() + longest
    steps = 0
    while time.monotonic() < end:
        worked = await asyncio.gather(*(worker.step(backend) for _ in range(backend.concurrency)))
        steps += sum(worked)
        if not any(worked):
            return steps
    return steps


def _decide(item: str, decision: Callable[[Session, Person, str, datetime], bool], then: str) -> None:
    with opened_database() as database, database.transaction() as session:
        row = _found(session, item)
        before = row.item.state
        if not decision(session, TERMINAL, row.item.id, utc_now()):
            raise BadInput(f"delivery {row.item.id[:SHORT]} is {before}; that cannot be done to it now")
    typer.echo(f"{row.number}: the delivery {row.item.id[:SHORT]} {then}.")


def _found(session: Session, item: str) -> Row:
    row = deliveries.find_row(session, item)
    if row is None:
        raise BadInput(f"'{item}' names no single delivery; `yizhan outbox list` shows their ids")
    return row


def _document(row: Row) -> dict[str, Any]:
    item = row.item
    return {
        "id": item.id,
        "ticket": row.number,
        "service_code": row.service_code,
        "event": row.event_type,
        "backend": item.backend,
        "state": item.state,
        "waits_for_person": row.waits_for_person,
        "attempts": item.attempts,
        "reason": item.reason,
        "created_at": item.created_at.isoformat(),
        "next_attempt_at": None if item.done_at or item.next_attempt_at >= NEVER else item.next_attempt_at.isoformat(),
        "sent_at": item.sent_at.isoformat() if item.sent_at else None,
        "done_at": item.done_at.isoformat() if item.done_at else None,
    }


def _try_document(one: Delivery) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "started_at": one.started_at.isoformat(),
        "finished_at": one.finished_at.isoformat() if one.finished_at else None,
        "outcome": one.outcome,
        "http_status": one.http_status,
        "detail": one.detail,
    }


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%m-%d %H:%M:%S") if moment < NEVER - timedelta(days=2) else "—"
