"""`yizhan`: every command has --help, ends with 0, 1 (it failed) or 2 (it was called wrongly), and speaks plainly."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands import audits, examples, models, open311, outbox, tickets, users
from bot.intake.errors import IntakeError
from bot.settings import SettingError, read_settings

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="One message in, one clean ticket out: intake of citizens' requests by conversation.",
)
city_app = typer.Typer(no_args_is_help=True, help="The city's folder.")
app.add_typer(city_app, name="city")
app.add_typer(models.app, name="model")
app.add_typer(examples.app, name="examples")
app.add_typer(outbox.app, name="outbox")
app.add_typer(users.app, name="user")
app.add_typer(audits.app, name="audit")
app.add_typer(tickets.app, name="tickets")
app.add_typer(open311.app, name="open311")


@app.command()
def up(
    data: Annotated[Path | None, typer.Option(envvar="YIZHAN_DATA", help="Folder for everything that is kept.")] = None,
    port: Annotated[int | None, typer.Option(envvar="YIZHAN_PORT", help="Chat and console.")] = None,
    engine_port: Annotated[
        int | None, typer.Option(envvar="YIZHAN_ENGINE_PORT", help="The engine, on loopback.")
    ] = None,
    desk_port: Annotated[
        int | None, typer.Option(envvar="YIZHAN_DESK_PORT", help="The case desk, on loopback.")
    ] = None,
    city: Annotated[Path | None, typer.Option(envvar="YIZHAN_CITY", help="The city's folder.")] = None,
    model: Annotated[
        str | None, typer.Option(envvar="YIZHAN_MODEL", help="A model file instead of the registered one.")
    ] = None,
) -> None:
    """Starts everything on loopback; other ports and folders make a second, independent system."""
    from bot.logs import set_up_logs
    from bot.wiring import serve

    settings = read_settings(data=data, port=port, engine_port=engine_port, desk_port=desk_port, city=city, model=model)
    set_up_logs(settings.data / "log")
    asyncio.run(serve(settings, lambda line: typer.echo(line)))


@app.command()
def chat(
    url: Annotated[str, typer.Option(help="Where the service runs.")] = "http://127.0.0.1:8080",
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
) -> None:
    """Talks to a running service in the terminal."""
    from bot.channels.terminal import chat as talk

    raise typer.Exit(talk(url, language))


@app.command()
def parse(
    in_: Annotated[
        Path | None, typer.Option("--in", help='JSON lines {"id", "text"}; standard input if not given.')
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write; standard output if not given.")] = None,
    model: Annotated[str | None, typer.Option(help="A model file instead of the registered one.")] = None,
) -> None:
    """What the model understands of each message, one JSON line for each; no server is needed."""
    arguments = ["--in", str(in_)] * (in_ is not None) + ["--out", str(out)] * (out is not None)
    raise typer.Exit(_engine("nlu.parse", [*arguments, *_model(model)]))


@app.command(name="eval")
def evaluate(
    file: Annotated[Path, typer.Argument(help="A labelled file, one JSON message a line.")],
    json: Annotated[bool, typer.Option("--json", help="Figures as JSON instead of a table.")] = False,
    model: Annotated[str | None, typer.Option(help="A model file instead of the registered one.")] = None,
) -> None:
    """Scores the model on a labelled file."""
    raise typer.Exit(_engine("nlu.evaluate", [str(file), *["--json"] * json, *_model(model)]))


@app.command()
def train() -> None:
    """Trains and registers a model."""
    raise typer.Exit(_engine("nlu.train", []))


@city_app.command(name="check")
def city_check(
    folder: Annotated[Path, typer.Argument(help="The city's folder.")] = Path("cities/xihua"),
) -> None:
    """Looks for mistakes in a city's folder: double codes, missing words, places that cannot be."""
    from bot.citycheck import check_city

    findings = check_city(folder)
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.where}: {finding.what}")
    errors = sum(finding.severity == "error" for finding in findings)
    typer.echo(f"{folder}: {errors} errors, {len(findings) - errors} notes")
    raise typer.Exit(1 if errors else 0)


def _model(model: str | None) -> list[str]:
    return ["--model", model] if model else []


def _engine(module: str, arguments: list[str]) -> int:
    """Runs a module of the engine's environment and returns its exit code."""
    python = read_settings().engine_python
    if not python.is_file():
        raise SettingError(f"the engine's environment is not built ({python} is missing); run `make setup`")
    return subprocess.run([str(python), "-m", module, *arguments], check=False).returncode  # noqa: S603 - our own module


def main() -> None:
    """The console script: faults in plain words on stderr, with the chain of causes."""
    try:
        app()
    except (SettingError, IntakeError, OSError) as error:
        typer.echo(f"yizhan: {error}", err=True)
        cause = error.__cause__
        while cause is not None:
            typer.echo(f"  because: {cause}", err=True)
            cause = cause.__cause__
        sys.exit(1)
    except ExceptionGroup as group:
        for fault in group.exceptions:
            typer.echo(f"yizhan: {fault}", err=True)
        sys.exit(1)
