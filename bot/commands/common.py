"""What the commands share: the database of a data folder, and the programs of the engine's environment."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot.intake.database import Database
from bot.settings import SettingError, Settings, read_settings

Data = Annotated[Path | None, typer.Option(envvar="YIZHAN_DATA", help="Folder for everything that is kept.")]
EnginePort = Annotated[int | None, typer.Option(envvar="YIZHAN_ENGINE_PORT", help="The engine, on loopback.")]


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url)
    try:
        database.upgrade()
        yield database
    finally:
        database.close()


def engine_program(module: str, arguments: list[str]) -> int:
    python = read_settings().engine_python
    if not python.is_file():
        raise SettingError(f"the engine's environment is not built ({python} is missing); run `make setup`")
    return subprocess.run([str(python), "-m", module, *arguments], check=False).returncode  # noqa: S603 - our own module
