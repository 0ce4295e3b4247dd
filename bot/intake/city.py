"""A city: one folder of plain files, read once at the start."""

import csv
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.intake.catalogue import Catalogue
from bot.intake.errors import CityError
from bot.intake.phrases import Both, Phrases


@dataclass(frozen=True)
class Bounds:
    """A box in WGS-84 degrees."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lon <= self.east


@dataclass(frozen=True)
class Neighbour:
    name: Both
    aliases: tuple[str, ...]
    area_code: str


@dataclass(frozen=True)
class Hotlines:
    """Numbers by what they are for; a local one that nobody has confirmed is None."""

    national: dict[str, str]
    local: dict[str, str | None]
    fallback: str


@dataclass(frozen=True)
class Patience:
    """How long a hand-over to a person lasts."""

    idle: timedelta = timedelta(minutes=30)  # without a word from either side: the bot returns
    missed: timedelta = timedelta(hours=72)  # in the queue: the resident is told that nobody came

    @classmethod
    def read(cls, handover: dict[str, Any]) -> "Patience":
        """From city.yml's `handover`: idle_minutes and missed_hours, each optional. Raises ValueError."""
        if unknown := handover.keys() - {"idle_minutes", "missed_hours"}:
            raise ValueError(f"handover: unknown {min(unknown)}")
        idle, missed = float(handover.get("idle_minutes", 30)), float(handover.get("missed_hours", 72))
        if idle <= 0 or missed <= 0:
            raise ValueError("handover: spans must be positive")
        return cls(timedelta(minutes=idle), timedelta(hours=missed))


@dataclass(frozen=True)
class City:
    folder: Path
    name: Both
    bureau: Both
    ticket_prefix: str
    area_code: str
    timezone: ZoneInfo
    bounds: Bounds
    neighbours: tuple[Neighbour, ...]
    reopen_days: int  # a closed ticket may be reopened within this many days
    quiet_from: time  # local; news that is not urgent waits from here …
    quiet_to: time  # … until here
    privacy_url: str
    hotlines: Hotlines
    catalogue: Catalogue
    phrases: Phrases
    place_names: dict[str, tuple[str, str]]  # official code -> (name, name of the unit above)
    patience: Patience = Patience()

    @classmethod
    def load(cls, folder: Path) -> "City":
        """Raises CityError naming the file that is wrong."""
        about = _yaml(folder / "city.yml")
        numbers = _yaml(folder / "hotlines.yml")
        try:
            return cls(
                folder=folder,
                name=Both(about["name"]),
                bureau=Both(about["bureau"]),
                ticket_prefix=about["ticket_prefix"],
                area_code=about["area_code"],
                timezone=ZoneInfo(about["timezone"]),
                bounds=Bounds(**about["bounds"]),
                neighbours=tuple(
                    Neighbour(Both(n["name"]), tuple(n["aliases"]), n["area_code"]) for n in about["neighbours"]
                ),
                reopen_days=about["reopen_days"],
                quiet_from=time.fromisoformat(about["quiet_hours"]["from"]),
                quiet_to=time.fromisoformat(about["quiet_hours"]["to"]),
                privacy_url=about["privacy_url"],
                hotlines=Hotlines(numbers["national"], numbers["local"], numbers["fallback"]),
                catalogue=Catalogue.load(folder),
                phrases=Phrases.load(folder),
                place_names=_place_names(folder / "places.csv"),
                patience=Patience.read(about.get("handover") or {}),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CityError(f"{folder}/city.yml or hotlines.yml lacks or misspells something: {error!r}") from error


def _yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CityError(f"{path} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise CityError(f"{path} must hold names with values")
    return document


def _place_names(path: Path) -> dict[str, tuple[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["code"]: (row["name"], row["parent"]) for row in csv.DictReader(file) if row["code"]}
    except (OSError, ValueError, KeyError) as error:
        raise CityError(f"{path} cannot be read: {error!r}") from error
