"""`yizhan examples …`: labelled texts in and out in the formats of other tools, and the health of what is learnt from."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.commands.common import Data, engine_program, open_database
from bot.intake import audit, examples
from bot.intake.catalogue import Catalogue
from bot.intake.clock import utc_now
from bot.intake.exchange import FORMATS, Format
from bot.intake.labels import city_rows, labels_of
from bot.intake.people import TERMINAL
from bot.learning import exports
from bot.settings import SettingError, read_settings

app = typer.Typer(no_args_is_help=True, help="Examples that people decided: in, out, and their health.")

MOST_SHOWN = 20  # lines with faults, findings of each kind
Kind = Annotated[str, typer.Option("--format", help=f"One of {', '.join(FORMATS)}.")]


@app.command(name="import")
def import_examples(
    file: Annotated[Path, typer.Argument(help="What another tool has written.")],
    kind: Kind = "jsonl",
    origin: Annotated[str, typer.Option(help="A name for where they come from (default: the file's).")] = "",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Take the good lines although some are bad.")] = False,
    data: Data = None,
) -> None:
    """Keeps labelled texts to learn from; personal data is masked. Nothing is kept where a line is bad."""
    settings = read_settings(data=data)
    labels = labels_of(Catalogue.load(settings.city))
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingError(f"{file} is not UTF-8 (byte {error.start})") from error
    rows, problems = _format(kind).read(text, labels)
    for problem in problems[:MOST_SHOWN]:
        typer.echo(f"{file} line {problem.line}: {problem.what}", err=True)
    if len(problems) > MOST_SHOWN:
        typer.echo(f"… and {len(problems) - MOST_SHOWN} more", err=True)
    if problems and not skip_bad:
        typer.echo("Nothing was kept; correct the lines, or take the others with --skip-bad.", err=True)
        raise typer.Exit(1)
    with open_database(settings) as database, database.transaction() as session:
        new = examples.import_rows(session, rows, (origin or file.name)[:64], TERMINAL, utc_now())
    typer.echo(f"{new} examples kept, {len(rows) - new} were known already.")


@app.command(name="export")
def export_examples(
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output if not given.")] = None,
    kind: Kind = "jsonl",
    what: Annotated[str, typer.Option(help="decisions, city or all.")] = "decisions",
    data: Data = None,
) -> None:
    """Writes examples for another tool: what people decided (masked), what came with the city, or both."""
    if what not in ("decisions", "city", "all"):
        raise SettingError(f"--what is '{what}' but must be decisions, city or all")
    settings = read_settings(data=data)
    rows = city_rows(settings.city) if what != "decisions" else []
    if what != "city":
        with open_database(settings) as database, database.transaction() as session:
            chosen = examples.exported(examples.choose(examples.standing(session)).kept)
            audit.append(session, TERMINAL, "examples.export", "examples:decisions", {"count": len(chosen)}, utc_now())
        rows += chosen
    content = _format(kind).write(rows).encode("utf-8")
    if out is None:
        typer.get_binary_stream("stdout").write(content)
    else:
        out.write_bytes(content)
        typer.echo(f"{len(rows)} examples written to {out}.")


@app.command()
def check(data: Data = None) -> None:
    """The health of what is learnt from: wrong labels, contradictions, thin services, suspicious accounts."""
    settings = read_settings(data=data)
    folder = settings.data / "learning"
    with open_database(settings) as database, database.reading() as session:
        lines, held_back = exports.decisions_of(session)
    try:
        exports.write_lines(folder / exports.DECISIONS, lines)
        code = engine_program("nlu.lesson", [str(folder), "--check-only", "--city", str(settings.city)])
    finally:
        exports.forget(folder)
    if code == 0:
        for line in health_lines(json.loads((folder / exports.HEALTH).read_text(encoding="utf-8")), len(held_back)):
            typer.echo(line)
    raise typer.Exit(code)


def health_lines(health: dict[str, Any], disputed: int) -> Iterator[str]:
    """The health report in words."""
    yield f"{health['examples']} examples, {health['decisions']} of them decisions; {disputed} decisions held back"
    yield f"labels that the others contradict: {health['label_errors']['count']}"
    for item in health["label_errors"]["items"][:MOST_SHOWN]:
        yield f"  {item['label']} rather {item['likely']}: {item['text']}"
    yield f"nearly the same words with different labels: {len(health['contradictions'])}"
    for pair in health["contradictions"][:MOST_SHOWN]:
        yield f"  {' / '.join(pair['labels'])}: {' | '.join(pair['texts'])}"
    yield f"thin services: {', '.join(row['service'] for row in health['thin']) or 'none'}"
    yield f"services that residents' words have outgrown: {', '.join(r['service'] for r in health['outgrown']) or 'none'}"
    accounts = ", ".join(f"{name} ({share:.0%})" for name, share in health["suspicious_accounts"].items())
    yield f"accounts whose labels are contradicted too often: {accounts or 'none'}"


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise SettingError(f"--format is '{name}' but must be one of {', '.join(FORMATS)}")
    return FORMATS[name]
