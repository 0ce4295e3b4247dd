"""The office's hours: when a person can take over. From calendar.yml of the city."""

from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from bot.intake.errors import CityError


@dataclass(frozen=True)
class Calendar:
    timezone: ZoneInfo
    periods: tuple[tuple[time, time], ...]  # of a working day, local
    weekend: frozenset[int]  # 0 is Monday
    holidays: frozenset[date]
    workdays: frozenset[date]  # days off that are worked instead (调休)

    @classmethod
    def load(cls, folder: Path, timezone: ZoneInfo) -> "Calendar":
        """Reads calendar.yml below the city's folder. Raises CityError."""
        path = folder / "calendar.yml"
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            return cls(
                timezone=timezone,
                periods=tuple(
                    (time.fromisoformat(p["from"]), time.fromisoformat(p["to"])) for p in document["periods"]
                ),
                weekend=frozenset(document["weekend"]),
                holidays=frozenset(date.fromisoformat(str(day)) for day in document["holidays"]),
                workdays=frozenset(date.fromisoformat(str(day)) for day in document["workdays"]),
            )
        except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
            raise CityError(f"{path} cannot be read: {error!r}") from error

    def is_workday(self, day: date) -> bool:
        if day in self.workdays:
            return True
        return day not in self.holidays and day.weekday() not in self.weekend

    def is_open(self, now: datetime) -> bool:
        """Whether somebody is in the office at this moment."""
        local = now.astimezone(self.timezone)
        return self.is_workday(local.date()) and any(a <= local.time() < b for a, b in self.periods)
