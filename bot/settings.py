"""Every setting of the service, read once at the start from the environment and the command line.

No secret has a default. A name may also be given as NAME_FILE, a file that holds the value. docs/reference/settings.md
lists them all; a test keeps that so.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


class SettingError(Exception):
    """A setting has a value that cannot be used; the message says which and what it may be."""


@dataclass(frozen=True)
class Settings:
    data: Path  # YIZHAN_DATA: everything that is kept lies below this folder
    city: Path  # YIZHAN_CITY: the city's folder
    database_url: str  # YIZHAN_DATABASE_URL: empty for SQLite below the data folder
    host: str  # YIZHAN_HOST: where residents and operators reach the service
    port: int  # YIZHAN_PORT
    public_url: str  # YIZHAN_PUBLIC_URL: how case systems reach the service; empty: on loopback
    engine_port: int  # YIZHAN_ENGINE_PORT: on loopback
    desk_port: int  # YIZHAN_DESK_PORT: on loopback
    action_port: int  # YIZHAN_ACTION_PORT: on loopback; 0 picks a free one
    model: str  # YIZHAN_MODEL: a model file; empty for the registered one
    engine_python: Path  # YIZHAN_ENGINE_PYTHON: the interpreter of the engine's environment
    engine_url: str  # YIZHAN_ENGINE_URL: an engine that runs elsewhere; empty to start one
    action_token: str  # YIZHAN_ACTION_TOKEN: what that engine shows; made anew at each start where we start it
    desk: bool  # YIZHAN_DESK: whether to start the case desk
    backend: str  # YIZHAN_BACKEND: name of the profile that new tickets go to
    telegram_token: str  # YIZHAN_TELEGRAM_TOKEN: empty: no Telegram
    telegram_api: str  # YIZHAN_TELEGRAM_API: another address of the Bot API, such as a local server or an emulator
    telegram_webhook_url: str  # YIZHAN_TELEGRAM_WEBHOOK_URL: public address; empty for polling
    telegram_webhook_secret: str  # YIZHAN_TELEGRAM_WEBHOOK_SECRET: required with a webhook
    web_limit: str  # YIZHAN_WEB_LIMIT: messages per session, such as 20/minute; loopback is exempt
    session_limit: str  # YIZHAN_SESSION_LIMIT: new sessions per address
    limit_loopback: bool  # YIZHAN_LIMIT_LOOPBACK: apply the limits to loopback too (for tests)
    dialogue_workers: int  # YIZHAN_DIALOGUE_WORKERS: turns handled at once
    train_hour: int  # YIZHAN_TRAIN_HOUR: hour of the city's clock for a training by itself; -1: never
    train_least: int  # YIZHAN_TRAIN_LEAST: new decisions that make it worth while
    train_promote: bool  # YIZHAN_TRAIN_PROMOTE: use what the schedule trained, where the comparison accepts it
    train_recent: int  # YIZHAN_TRAIN_RECENT: recent messages that a candidate reads beside the model in use
    console_idle: int  # YIZHAN_CONSOLE_IDLE: minutes without a request after which one is signed out
    console_longest: int  # YIZHAN_CONSOLE_LONGEST: minutes after signing in

    @property
    def uploads(self) -> Path:
        return self.data / "uploads"

    @property
    def address(self) -> str:
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{(self.data / 'yizhan.db').resolve()}"


DEFAULTS: dict[str, str] = {
    "data": "var",
    "city": "cities/xihua",
    "database_url": "",
    "host": "127.0.0.1",
    "port": "8080",
    "public_url": "",
    "engine_port": "5005",
    "desk_port": "8090",
    "action_port": "0",
    "model": "",
    "engine_python": ".venv-engine/bin/python",
    "engine_url": "",
    "action_token": "",
    "desk": "true",
    "backend": "desk",
    "telegram_token": "",
    "telegram_api": "",
    "telegram_webhook_url": "",
    "telegram_webhook_secret": "",
    "web_limit": "20/minute",
    "session_limit": "30/hour",
    "limit_loopback": "false",
    "dialogue_workers": "4",
    "train_hour": "2",
    "train_least": "20",
    "train_promote": "false",
    "train_recent": "300",
    "console_idle": "60",
    "console_longest": "720",
}


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"YIZHAN_{name.upper()}"


def read_settings(environ: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """Settings from, in this order: the command line (`given`, None where not given), the environment, the defaults.

    Raises SettingError.
    """
    values: dict[str, Any] = {}
    for field in fields(Settings):
        raw = given.get(field.name)
        if raw is None:
            raw = _from_environment(environ, field.name)
        values[field.name] = _converted(field.name, field.type, str(DEFAULTS[field.name] if raw is None else raw))
    settings = Settings(**values)
    if settings.telegram_webhook_url and not settings.telegram_webhook_secret:
        raise SettingError(
            "YIZHAN_TELEGRAM_WEBHOOK_URL needs YIZHAN_TELEGRAM_WEBHOOK_SECRET: 1 to 256 letters, digits, _ or -"
        )
    if settings.engine_url and not (settings.action_token and settings.action_port):
        raise SettingError(
            "YIZHAN_ENGINE_URL needs YIZHAN_ACTION_TOKEN and YIZHAN_ACTION_PORT, as that engine knows them"
        )
    if not -1 <= settings.train_hour <= 23:
        raise SettingError(f"YIZHAN_TRAIN_HOUR is {settings.train_hour} but must be 0 to 23, or -1 for never")
    return settings


def _from_environment(environ: Mapping[str, str], name: str) -> str | None:
    key = variable(name)
    if (path := environ.get(f"{key}_FILE")) is not None:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise SettingError(f"{key}_FILE names a file that cannot be read: {path}") from error
    return environ.get(key)


def _converted(name: str, kind: Any, raw: str) -> Any:
    try:
        if kind is bool:
            return {"true": True, "false": False}[raw.lower()]
        return kind(raw)
    except (KeyError, ValueError) as error:
        wanted = "true or false" if kind is bool else f"a value like {DEFAULTS[name] or 'text'}"
        raise SettingError(f"{variable(name)} is '{raw}' but must be {wanted}") from error
