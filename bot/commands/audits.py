"""`yizhan audit …`: checks the chain, writes it out."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.house import opened_database
from bot.intake import audit

app = typer.Typer(no_args_is_help=True, help="The audit: verify its chain, export it.")
WHAT = {
    "changed": "the line was changed after it was written",
    "missing": "the line is missing",
    "not_chained": "the line does not follow from the one before",
    "cut_off": "the end of the chain is not where it was left",
}


@app.command()
def verify() -> None:
    """Checks every line; ends with 1 and names the first broken one where the chain does not hold."""
    with opened_database() as database, database.reading() as session:
        finding = audit.verify(session)
    if finding is not None:
        typer.echo(f"yizhan: line {finding.seq}: {WHAT[finding.what]}", err=True)
        raise typer.Exit(1)
    typer.echo("The chain holds.")


@app.command()
def export(
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output if not given.")] = None,
) -> None:
    """Writes all lines in order as JSON lines, hashes included."""
    target = out.open("w", encoding="utf-8") if out else sys.stdout
    try:
        with opened_database() as database, database.reading() as session:
            for line in audit.lines(session):
                target.write(json.dumps({**audit.document(line), "hash": line.hash}, ensure_ascii=False) + "\n")
    finally:
        if out:
            target.close()
