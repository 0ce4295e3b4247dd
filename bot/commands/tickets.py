"""`yizhan tickets …`: tickets for other programs."""

import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, TextIO
from zoneinfo import ZoneInfo

import typer

from bot.commands.house import opened_database
from bot.intake import audit, exports
from bot.intake.city import City
from bot.intake.clock import utc_now
from bot.intake.database import Database
from bot.intake.exports import FORMATS, Format, Wanted
from bot.intake.people import TERMINAL
from bot.intake.states import STATUSES
from bot.settings import read_settings

app = typer.Typer(no_args_is_help=True, help="Tickets for other programs.")


@app.command()
def export(
    format_: Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")],
    since: Annotated[str, typer.Option(help="Filed on this day or later, such as 2026-05-01.")] = "",
    until: Annotated[str, typer.Option(help="Filed on this day or earlier.")] = "",
    service: Annotated[str, typer.Option(help="A service's code, such as UM-G02.")] = "",
    status: Annotated[str, typer.Option(help=f"One of {', '.join(STATUSES)}.")] = "",
    out: Annotated[Path | None, typer.Option(help="A file; standard output if not given.")] = None,
    with_contact: Annotated[
        bool, typer.Option("--with-contact", help="With names and phones, noted in the audit.")
    ] = False,
) -> None:
    """Writes tickets as JSON lines, as CSV or as GeoJSON; personal data is masked or left out."""
    kind: Format | None = next((known for known in FORMATS if known == format_), None)
    if kind is None:
        raise typer.BadParameter(f"'{format_}' is not known; use one of {', '.join(FORMATS)}", param_hint="--format")
    if status and status not in STATUSES:
        raise typer.BadParameter(f"'{status}' is not known; use one of {', '.join(STATUSES)}", param_hint="--status")
    settings = read_settings()
    city = City.load(settings.city)
    if service and city.catalogue.get(service) is None:
        raise typer.BadParameter(f"the city has no service '{service}'", param_hint="--service")
    wanted = Wanted(_day(since, city.timezone, 0, "--since"), _day(until, city.timezone, 1, "--until"), service, status)
    with opened_database(settings) as database:
        if with_contact:
            _note(database, kind, wanted)
        if out is None:
            number = _write(database, kind, wanted, sys.stdout, with_contact)
        else:
            with out.open("w", encoding="utf-8", newline="") as file:
                if with_contact:
                    out.chmod(0o600)
                number = _write(database, kind, wanted, file, with_contact)
    typer.echo(f"{number} tickets", err=True)


def _write(database: Database, kind: Format, wanted: Wanted, file: TextIO, with_contact: bool) -> int:
    with database.reading() as session:
        return exports.write(session, kind, wanted, file.write, with_contact)


def _note(database: Database, kind: Format, wanted: Wanted) -> None:
    """Before anything is written: an export that is broken off has been seen too."""
    about = {
        "format": kind,
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "service": wanted.service,
        "status": wanted.status,
        "what": "name,phone",
    }
    with database.transaction() as session:
        audit.append(session, TERMINAL, "tickets.export", "tickets:export", about, utc_now())


def _day(text: str, zone: ZoneInfo, later: int, option: str) -> datetime | None:
    """Midnight in the city at the beginning of the day, or of the day `later` days after it."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"'{text}' is no day; write it like 2026-05-01", param_hint=option) from error
    return datetime.combine(day + timedelta(days=later), time(), zone)
