"""A backend is one file, cities/<city>/backends/<name>.yml, and no code. Here they are read and refused.

`kind` says which folder speaks with it; everything they have in common is in `Common`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bot.forwarding.backends.durations import Span, parse
from bot.forwarding.backends.reach import Networks
from bot.forwarding.retry import Schedule
from bot.intake.errors import CityError

M = TypeVar("M", bound=BaseModel)

DAYS_LONG = ("5s", "30s", "2m", "10m", "30m", "2h", "5h", "10h", "14h", "20h", "24h")
TOKEN_WAITS = ("2s", "3s", "5s", "10s", "30s", "2m", "10m", "1h", "6h", "24h")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Timeouts(Strict):
    """`total` bounds a whole request, connecting included."""

    connect: Span = parse("3s")
    read: Span = parse("10s")
    total: Span = parse("15s")

    @model_validator(mode="after")
    def nested(self) -> "Timeouts":
        if not self.connect < self.total or not self.read < self.total:
            raise ValueError("total must be longer than connect and than read")
        return self


class Common(Strict):
    base_url: str  # without a slash at the end
    base_url_env: str | None = None  # this environment variable, where set, takes the place of base_url
    timeouts: Timeouts = Timeouts()
    settle: Span = parse("20s")  # after an unclear answer, before looking; longer than timeouts.total
    schedule: tuple[Span, ...] = tuple(parse(text) for text in DAYS_LONG)
    token_schedule: tuple[Span, ...] = tuple(parse(text) for text in TOKEN_WAITS)
    shut_pause: Span = parse("15m")
    concurrency: int = 4  # requests at the same time
    networks: Networks = ()  # allowed beside public addresses: loopback, private, 10.20.0.0/16

    @model_validator(mode="after")
    def sound(self) -> "Common":
        if self.settle <= self.timeouts.total:
            raise ValueError("settle must be longer than timeouts.total, or a late request could be sent twice")
        if not self.schedule or not self.token_schedule:
            raise ValueError("schedule and token_schedule need at least one span")
        if not 1 <= self.concurrency <= 64:
            raise ValueError("concurrency must be from 1 to 64")
        return self

    def retry_schedule(self) -> Schedule:
        return Schedule(self.schedule, self.settle, self.token_schedule, self.shut_pause)

    def address(self, env: Mapping[str, str] | None = None) -> str:
        """Where the backend is, without a slash at the end."""
        values = os.environ if env is None else env
        chosen = values.get(self.base_url_env or "", "") or self.base_url
        return chosen.rstrip("/")


def read_document(path: Path) -> dict[str, Any]:
    """The file's content, with its `kind`. Raises CityError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CityError(f"{path} cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise CityError(f"{path} must hold names with values")
    return document


def parse_profile(model: type[M], document: dict[str, Any], path: Path) -> M:
    """Raises CityError that names the file, the key, and for an unknown key the allowed ones."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        lines = [_explain(model, dict(fault)) for fault in error.errors(include_url=False)]
        raise CityError(f"{path}: " + "; ".join(lines)) from error


def secret(name: str, env: Mapping[str, str], purpose: str) -> str:
    """The value of the environment variable, or of the file that NAME_FILE names. Raises CityError."""
    value = env.get(name, "").strip()
    if not value and env.get(f"{name}_FILE"):
        value = Path(env[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
    if not value:
        raise CityError(f"the environment variable {name} (or {name}_FILE) is empty; set it to {purpose}")
    return value


def _explain(model: type[BaseModel], fault: dict[str, Any]) -> str:
    where = [part for part in fault["loc"] if isinstance(part, str)]
    dotted = ".".join(str(part) for part in fault["loc"])
    if fault["type"] != "extra_forbidden":
        return f"{dotted or 'the file'}: {fault['msg']}"
    owner = _owner(model, where[:-1])
    allowed = ", ".join(sorted(owner.model_fields)) if owner else "none"
    return f"unknown key '{dotted}'; allowed here: {allowed}"


def _owner(model: type[BaseModel], path: list[str]) -> type[BaseModel] | None:
    """The model whose field was misspelt, found by walking down the keys."""
    current: type[BaseModel] | None = model
    for key in path:
        field = current.model_fields.get(key) if current else None
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())] if field else []
        current = next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return current


KINDS = Literal["open311", "webhook", "dry_run"]
