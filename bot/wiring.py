"""Puts the parts together and runs them: the only place that knows them all."""

import asyncio
import base64
import logging
import os
import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from actions.intake_action import sender_for
from actions.webhook import build_action_app
from bot.channels.telegram import Telegram, build_telegram
from bot.channels.web import build_web
from bot.children import children_of
from bot.console import Ground, build_console
from bot.dialogue.engine import Engine, EngineError
from bot.dialogue.worker import DialogueWorker
from bot.doors import LOOPBACK, Door, check_free, free_port
from bot.figures import Figures
from bot.forwarding.backends.load import Backends, load_backends
from bot.forwarding.worker import Worker
from bot.health import Check, Health, build_health_router
from bot.intake import accountlinks, backlog, deliveries, turns, uploads
from bot.intake.calendar import Calendar
from bot.intake.city import City
from bot.intake.clock import Clock, utc_now
from bot.intake.database import Database
from bot.intake.knowledge import Knowledge
from bot.intake.news import Newsroom
from bot.intake.signals import Signals
from bot.learning.process import lesson_command
from bot.learning.promotion import SwapFailed
from bot.learning.schedule import Plan
from bot.learning.worker import LearningWorker, Means
from bot.lockfile import take_lock
from bot.media import MediaSigner, build_media_router, media_reader
from bot.models import current_model
from bot.reception import keep_reception
from bot.settings import SettingError, Settings
from bot.statuses.poller import Poller
from bot.statuses.push import push_router

logger = logging.getLogger(__name__)

TIDY_EVERY = 3600.0  # seconds
READY_POLL = 0.25  # seconds between looks at the engine while it starts
Announce = Callable[[str], None]


@dataclass
class Service:
    """What the parts share."""

    settings: Settings
    city: City
    database: Database
    signals: Signals
    desk: turns.Desk
    backends: Backends
    media: MediaSigner
    clock: Clock
    desk_secret: str  # the case desk signs its news with it


def prepare(settings: Settings, clock: Clock = utc_now) -> Service:
    """Opens the database and reads the city. Raises SettingError or CityError saying what to do."""
    city = City.load(settings.city)
    settings.data.mkdir(parents=True, exist_ok=True)
    database = Database(settings.url)
    database.upgrade()
    media = MediaSigner(settings.data, settings.address)
    desk_secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    known = {
        "YIZHAN_DESK_URL": f"http://{LOOPBACK}:{settings.desk_port}/open311/v2",
        "YIZHAN_DESK_PUSH_SECRETS": desk_secret,
        **os.environ,
    }
    backends = load_backends(settings.city, clock, media.url, known, media_reader(database, settings.uploads))
    if settings.backend not in backends.by_name:
        names = ", ".join(sorted(backends.by_name))
        raise SettingError(f"YIZHAN_BACKEND is '{settings.backend}', but the city has: {names}")
    knowledge = Knowledge.load(settings.city)
    desk = turns.Desk(city, knowledge, Calendar.load(settings.city, city.timezone), settings.backend)
    return Service(settings, city, database, Signals(), desk, backends, media, clock, desk_secret)


async def serve(settings: Settings, announce: Announce) -> None:
    """Runs everything until SIGINT or SIGTERM; work in hand is finished, children are ended.

    Raises SettingError or CityError, before anything is started, where something is wrong.
    """
    lock = take_lock(settings.data)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    check_free(settings)
    model = "" if settings.engine_url else str(current_model(settings.model))
    service = await asyncio.to_thread(prepare, settings)
    service.signals.watch(service.database, loop)
    try:
        async with httpx.AsyncClient() as client:
            await _run(service, client, model, stop, announce)
    finally:
        await service.backends.close()
        service.database.close()
        lock.close()


async def _run(
    service: Service, client: httpx.AsyncClient, model: str, stop: asyncio.Event, announce: Announce
) -> None:
    settings, database, clock = service.settings, service.database, service.clock
    token = settings.action_token or secrets.token_urlsafe(32)
    action_port = settings.action_port or free_port()
    engine = Engine(client, settings.engine_url or f"http://{LOOPBACK}:{settings.engine_port}")
    dialogue = DialogueWorker(
        database, engine, service.desk, clock, service.signals, sender_for, settings.dialogue_workers
    )
    newsroom = Newsroom.of(service.city)
    forwarding = Worker(database, service.backends.by_name, newsroom, clock)
    poller = Poller(database, newsroom, service.backends.sources, clock)
    telegram = build_telegram(database, service.city, settings, service.signals, clock)
    learning = _learning(service, engine)

    async def complete(item_id: int, lease_token: str, document: dict[str, Any]) -> bool:
        return await database.run(turns.complete_turn, service.desk, item_id, lease_token, document, clock())

    app, end_streams = _public_app(service, engine, newsroom, telegram)
    public = Door(app, settings.host, settings.port)
    action = Door(build_action_app(complete, token), LOOPBACK, action_port)
    children = children_of(settings, model, action_port, token, service.desk_secret)
    async with asyncio.TaskGroup() as group:
        until_cancelled = [group.create_task(child.keep()) for child in children]
        until_cancelled.append(group.create_task(_tell_when_ready(service, engine, announce)))
        group.create_task(public.serve())
        group.create_task(action.serve())
        group.create_task(dialogue.run())
        group.create_task(forwarding.run(stop, service.signals.outbox))
        group.create_task(poller.run(stop))
        if learning is not None:
            group.create_task(learning.run(stop))
        until_cancelled.append(group.create_task(_tidy(service)))
        until_cancelled.append(group.create_task(keep_reception(database, service.city, service.signals, clock)))
        if telegram is not None:
            group.create_task(telegram.run(stop))
        await stop.wait()
        announce("Stopping: the work in hand is finished first.")
        dialogue.stop()
        end_streams()
        public.close()
        action.close()
        for task in until_cancelled:
            task.cancel()


def _public_app(
    service: Service, engine: Engine, newsroom: Newsroom, telegram: Telegram | None
) -> tuple[FastAPI, Callable[[], None]]:
    """Everything behind the one public port, and what ends the open chat streams."""
    settings, database = service.settings, service.database
    figures = Figures(database, service.clock)
    app = FastAPI(title="yizhan", docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(build_health_router(_health(service, engine), figures.registry, figures.refresh))
    app.include_router(push_router(database, newsroom, service.backends.receivers, service.clock))
    app.include_router(build_media_router(database, service.media, settings.uploads))
    if telegram is not None and telegram.router is not None:
        app.include_router(telegram.router)
    build_console(app, _console_ground(service))
    return app, build_web(app, database, service.city, settings, service.signals, service.clock)


def _console_ground(service: Service) -> Ground:
    return Ground(
        settings=service.settings,
        database=service.database,
        desk=service.desk,
        signals=service.signals,
        clock=service.clock,
        backends=tuple(service.backends.by_name),
        media_url=service.media.url,
    )


def _learning(service: Service, engine: Engine) -> LearningWorker | None:
    """None where the engine's programs are not here: an engine elsewhere is trained where it lives."""
    settings = service.settings
    if not settings.engine_python.is_file():
        return None

    async def swap(archive: Path) -> None:
        try:
            await engine.use_model(archive)
        except EngineError as error:
            raise SwapFailed(str(error)) from error

    means = Means(
        folder=settings.data / "learning",
        log=settings.data / "log" / "learning.log",
        command=lesson_command(settings.engine_python),
        environment={"YIZHAN_CITY": str(settings.city), "RASA_TELEMETRY_ENABLED": "false"},
        plan=Plan(settings.train_hour, settings.train_least, service.city.timezone),
        recent=settings.train_recent,
        promotes=settings.train_promote,
        pinned=bool(settings.model),
    )
    return LearningWorker(service.database, means, swap, service.clock)


def _health(service: Service, engine: Engine) -> Health:
    async def database_state() -> str:
        await service.database.read(lambda session: session.connection())
        return "ok"

    async def engine_state() -> str:
        return "ok" if await engine.is_ready() else "not ready"

    async def forwarding_state() -> str:
        now = service.clock()
        figures = await service.database.read(deliveries.figures, tuple(service.backends.by_name), now)
        return backlog.describe(figures, now)

    parts: dict[str, Check] = {"database": database_state, "engine": engine_state, "forwarding": forwarding_state}
    return Health(parts, {"database", "engine"})


async def _tidy(service: Service) -> None:
    """Removes, now and then, the files of pictures whose rows were erased."""
    while True:
        known = await service.database.read(uploads.list_paths)
        await asyncio.to_thread(uploads.remove_orphans, service.settings.uploads, known, service.clock())
        await asyncio.sleep(TIDY_EVERY)


async def _tell_when_ready(service: Service, engine: Engine, announce: Announce) -> None:
    settings = service.settings
    first = await service.database.run(accountlinks.offer_first_administrator, service.clock())
    if first is not None:
        where = f"http://{settings.host}:{settings.port}/console/welcome/{first}"
        announce(
            f"The console has no administrator yet. This link, good once and for 24 hours, makes the first:\n  {where}"
        )
    announce("Starting. The engine needs some 15 seconds to load its model…")
    while not await engine.is_ready():
        await asyncio.sleep(READY_POLL)
    announce(f"Ready.\n  chat       http://{settings.host}:{settings.port}/")
    announce(f"  console    http://{settings.host}:{settings.port}/console/")
    if settings.desk:
        announce(f"  case desk  http://{LOOPBACK}:{settings.desk_port}/")
    announce(f"  health     http://{settings.host}:{settings.port}/health/ready\nCtrl-C ends everything.")
