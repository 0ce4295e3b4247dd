"""`yizhan model …`: trained models compared, put into use and taken back, with the console's own functions."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from bot import models
from bot.commands.common import Data, EnginePort, engine_program, open_database
from bot.dialogue.engine import Engine, EngineError
from bot.doors import LOOPBACK
from bot.intake import audit
from bot.intake.clock import utc_now
from bot.intake.people import TERMINAL
from bot.learning.promotion import PromotionRefused, SwapFailed, promote, roll_back
from bot.settings import SettingError, Settings, read_settings

app = typer.Typer(no_args_is_help=True, help="Trained models: compare, put into use, take back.")

REFUSALS = {
    "not_compared": "it was never compared with the model in use; run `yizhan model compare NAME`, or give --reason",
    "outdated": "it was compared with another model than the one in use; run `yizhan model compare NAME` again",
    "refused": "the comparison refuses it (`yizhan model compare NAME` shows why); to use it all the same give --reason",
    "missing": "there is no such model, or its archive is gone; `yizhan model list` shows those there are",
    "nothing_before": "no other model was in use before",
}


@app.command(name="list")
def list_models() -> None:
    """All registered models, the newest first; the one in use is marked."""
    for model in models.list_models():
        mark = "*" if model.current else " "
        verdict = {True: "accepted", False: "refused", None: "not compared"}[model.accepted]
        typer.echo(f"{mark} {model.name}  {model.sha256[:12]}  {verdict}{'' if model.there else '  (archive is gone)'}")


@app.command()
def compare(name: Annotated[str, typer.Argument(help="A registered model.")]) -> None:
    """Puts a model beside the one in use, on messages that neither has learnt; ends with 1 where it is refused."""
    raise typer.Exit(engine_program("nlu.trial", [name]))


@app.command(name="promote")
def promote_model(
    name: Annotated[str, typer.Argument(help="A registered model.")],
    reason: Annotated[str, typer.Option(help="Why to use it although the comparison does not accept it.")] = "",
    data: Data = None,
    engine_port: EnginePort = None,
) -> None:
    """Puts a model into use: in the running engine at once, else at the next start."""
    settings = read_settings(data=data, engine_port=engine_port)
    _change(settings, "learning.promote", {"model": name, "reason": reason}, name, reason)


@app.command()
def rollback(data: Data = None, engine_port: EnginePort = None) -> None:
    """Puts the model that was in use before back."""
    _change(read_settings(data=data, engine_port=engine_port), "learning.rollback", {})


def _change(settings: Settings, action: str, about: dict[str, Any], name: str = "", reason: str = "") -> None:
    if settings.model:
        raise SettingError("YIZHAN_MODEL names the model; take that setting away first")
    try:
        used, running = asyncio.run(_swapped(settings, name, reason))
    except PromotionRefused as error:
        raise SettingError(REFUSALS[error.code]) from error
    except SwapFailed as error:
        raise SettingError(f"the engine did not take the model, nothing has changed: {error}") from error
    with open_database(settings) as database, database.transaction() as session:
        audit.append(session, TERMINAL, action, f"model:{used}", about, utc_now())
    when = "in use now" if running else "used at the next start (no engine answers here)"
    typer.echo(f"{used} is {when}.")


async def _swapped(settings: Settings, name: str, reason: str) -> tuple[str, bool]:
    """The model that is used from now on, and whether a running engine has it already."""
    running = True
    async with httpx.AsyncClient() as client:
        engine = Engine(client, settings.engine_url or f"http://{LOOPBACK}:{settings.engine_port}")

        async def swap(archive: Path) -> None:
            nonlocal running
            running = await engine.is_ready()
            if running:
                try:
                    await engine.use_model(archive)
                except EngineError as error:
                    raise SwapFailed(str(error)) from error

        if name:
            return await promote(name, reason, TERMINAL.id, utc_now(), swap), running
        return await roll_back(TERMINAL.id, utc_now(), swap), running
