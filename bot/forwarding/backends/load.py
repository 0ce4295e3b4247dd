"""From the files of a city to backends that can be spoken to."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from bot.forwarding.backends import dry_run
from bot.forwarding.backends.contract import Backend
from bot.forwarding.backends.http import new_client
from bot.forwarding.backends.open311.backend import MediaFile, Open311Backend, no_file
from bot.forwarding.backends.open311.directory import Directory
from bot.forwarding.backends.open311.profile import Profile as Open311Profile
from bot.forwarding.backends.open311.wire import Wire
from bot.forwarding.backends.profiles import parse_profile, read_document, secret
from bot.forwarding.backends.webhook.backend import WebhookBackend
from bot.forwarding.backends.webhook.profile import Profile as WebhookProfile
from bot.intake.clock import Clock
from bot.intake.errors import CityError
from bot.intake.statuses import Receiver, Source

MediaUrl = Callable[[str], str | None]
KINDS = ("open311", "webhook", "dry_run")
POLLER_CONNECTIONS = 2  # beside those of the worker


@dataclass(frozen=True)
class Backends:
    """The city's backends by name, those of them that are asked for news, and those that push it.

    `close` ends their connections.
    """

    by_name: dict[str, Backend]
    sources: tuple[Source, ...]
    receivers: dict[str, Receiver]
    clients: tuple[httpx.AsyncClient, ...]

    async def close(self) -> None:
        for client in self.clients:
            await client.aclose()


def load_backends(
    city_folder: Path,
    clock: Clock,
    media_url: MediaUrl = lambda upload: None,
    env: Mapping[str, str] | None = None,
    media_file: MediaFile = no_file,
) -> Backends:
    """Every file backends/<name>.yml of the city. Raises CityError that names the file and what to mend."""
    values = os.environ if env is None else env
    paths = sorted((city_folder / "backends").glob("*.yml"))
    made = [_load(path, clock, media_url, media_file, values) for path in paths]
    return Backends(
        by_name={backend.name: backend for backend, _ in made},
        sources=tuple(b for b, _ in made if isinstance(b, Open311Backend) and b.poll_every is not None),
        receivers={b.name: r for b, _ in made if (r := _receiver(b, values)) is not None},
        clients=tuple(client for _, client in made if client is not None),
    )


def _receiver(backend: Backend, env: Mapping[str, str]) -> Receiver | None:
    """None where the backend does not push, or no secret is shared with it yet."""
    if isinstance(backend, Open311Backend):
        name = backend.profile.status.push_secrets_env
    elif isinstance(backend, WebhookBackend):
        name = backend.profile.push_secrets_env
    else:
        return None
    if name is None or not (env.get(name) or env.get(f"{name}_FILE")):
        return None
    return Receiver(backend.name, _secrets(name, env, f"the secret that {backend.name} signs with"), backend.read_push)


def _load(
    path: Path, clock: Clock, media_url: MediaUrl, media_file: MediaFile, env: Mapping[str, str]
) -> tuple[Backend, httpx.AsyncClient | None]:
    name, document = path.stem, read_document(path)
    match document.get("kind"):
        case "open311":
            profile = parse_profile(Open311Profile, document, path)
            return _open311(name, profile, clock, media_url, media_file, env)
        case "webhook":
            return _webhook(name, parse_profile(WebhookProfile, document, path), clock, media_url, env)
        case "dry_run":
            parse_profile(dry_run.Profile, document, path)
            return dry_run.DryRun(name), None
        case other:
            raise CityError(f"{path}: kind is {other!r}; use one of {', '.join(KINDS)}")


def _open311(
    name: str,
    profile: Open311Profile,
    clock: Clock,
    media_url: MediaUrl,
    media_file: MediaFile,
    env: Mapping[str, str],
) -> tuple[Backend, httpx.AsyncClient]:
    key = secret(profile.api_key_env, env, f"the API key of {name}") if profile.api_key_env else None
    client = new_client(profile.timeouts, profile.concurrency + POLLER_CONNECTIONS, profile.networks)
    wire = Wire(client, profile, profile.address(env), key, clock)
    directory = Directory(wire, clock) if profile.definitions else None
    return Open311Backend(name, profile, wire, directory, media_url, media_file), client


def _webhook(
    name: str, profile: WebhookProfile, clock: Clock, media_url: MediaUrl, env: Mapping[str, str]
) -> tuple[Backend, httpx.AsyncClient]:
    secrets = _secrets(profile.secrets_env, env, f"the signing secret of {name}")
    client = new_client(profile.timeouts, profile.concurrency, profile.networks)
    return WebhookBackend(name, profile, profile.address(env), secrets, client, clock, media_url), client


def _secrets(name: str, env: Mapping[str, str], purpose: str) -> tuple[str, ...]:
    """Raises CityError where the variable is empty or holds something else."""
    texts = secret(name, env, f"{purpose} (whsec_…)").split()
    for number, text in enumerate(texts, start=1):
        try:
            Webhook(text)
        except (ValueError, EmptyWebhookSecretError) as error:
            raise CityError(f"secret {number} in {name} is no Standard Webhooks secret (whsec_ and base64)") from error
    return tuple(texts)
