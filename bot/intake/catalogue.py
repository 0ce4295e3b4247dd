"""The city's services: what can be reported, who deals with it, what must be asked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.intake.errors import CityError
from bot.intake.phrases import Both

TICKET_PREFIXES = ("UM-", "TR-", "EM-")  # services that make a ticket
LIGHT_RECORDS = ("NT-05", "NT-06", "NT-07")  # praise, suggestion, complaint: recorded, not dispatched as a case


@dataclass(frozen=True)
class Service:
    code: str
    name: Both
    short: Both  # a button's worth
    department: Both
    urgency: str  # normal, urgent, emergency
    limit_hours: int  # working hours; running hours where urgent or emergency; 0: no clock
    limit_verified: bool  # False: a proposal that the bureau has not confirmed
    needs_location: bool
    ask: tuple[str, ...]  # further items that deserve a question of their own
    danger: str | None  # the kind of danger this service always is


@dataclass(frozen=True)
class Catalogue:
    services: dict[str, Service]

    @classmethod
    def load(cls, folder: Path) -> "Catalogue":
        """Reads services.yml below the city's folder. Raises CityError."""
        path = folder / "services.yml"
        try:
            document = yaml.safe_load(path.read_text(encoding="utf-8"))
            services = [_service(entry) for entry in document["services"]]
        except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
            raise CityError(f"{path} cannot be read: {error!r}") from error
        return cls({service.code: service for service in services})

    def get(self, code: str) -> Service | None:
        return self.services.get(code)

    def __getitem__(self, code: str) -> Service:
        return self.services[code]


def _service(entry: dict[str, Any]) -> Service:
    return Service(
        code=entry["code"],
        name=Both(entry["name"]),
        short=Both(entry["short"]),
        department=Both(entry["department"]),
        urgency=entry["urgency"],
        limit_hours=entry["limit_hours"],
        limit_verified=entry["limit_verified"],
        needs_location=entry["needs_location"],
        ask=tuple(entry["ask"]),
        danger=entry["danger"],
    )
