"""What the desk is told at its start. Read once, passed on as a value; no secret has a default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_FILE_BYTES = 10 * 1024 * 1024  # one photo
MAX_FILES = 5
MAX_BODY_BYTES = 32 * 1024 * 1024  # a whole request with its photos
MAX_HOOK_BYTES = 64 * 1024  # a webhook is words, never files


@dataclass(frozen=True)
class Settings:
    """`data` and `city` are folders. Empty `api_keys` means that any caller may write (loopback demo)."""

    data: Path
    city: Path
    api_keys: frozenset[str] = frozenset()
    hook_secrets: tuple[str, ...] = field(default=(), repr=False)  # several while one is being replaced
    push_url: str | None = None
    push_secret: str | None = field(default=None, repr=False)
    push_tries: int = 5
    push_first_wait: float = 0.5  # seconds; doubles with each try
    fault_hold: float = 60.0  # seconds a fault without "seconds" leaves the caller waiting


def read_secret(environ: Mapping[str, str], name: str) -> str | None:
    """The value of NAME, or the content of the file that NAME_FILE points at; None when neither is set."""
    if environ.get(name):
        return environ[name].strip()
    path = environ.get(f"{name}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else None


def settings_from(
    data: Path,
    city: Path,
    push_url: str | None,
    push_secret_env: str,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Joins the command line with the environment.

    Raises ValueError, in words for the person at the terminal, when a push target has no secret.
    """
    env = os.environ if environ is None else environ
    target = push_url or env.get("YIZHAN_DESK_PUSH_URL") or None
    secret = read_secret(env, push_secret_env)
    if target and not secret:
        raise ValueError(
            f"a push target is set but {push_secret_env} is not: put the shared secret (whsec_…) into "
            f"{push_secret_env} or name a file in {push_secret_env}_FILE"
        )
    return Settings(
        data=data,
        city=city,
        api_keys=frozenset((read_secret(env, "YIZHAN_DESK_API_KEYS") or "").split()),
        hook_secrets=tuple((read_secret(env, "YIZHAN_DESK_HOOK_SECRETS") or "").split()),
        push_url=target,
        push_secret=secret if target else None,
    )
