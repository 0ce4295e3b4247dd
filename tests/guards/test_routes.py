"""Every route of the public door is either meant for everybody, and says why, or refuses who shows nothing."""

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from actions.webhook import build_action_app
from bot.channels.telegram import build_telegram
from bot.dialogue.engine import Engine
from bot.intake.news import Newsroom
from bot.settings import read_settings
from bot.wiring import _public_app, prepare

FOR_EVERYBODY = {
    ("GET", "/"): "the chat page",
    ("GET", "/privacy"): "the notice",
    ("POST", "/chat/api/sessions"): "how a resident gets a token; limited for each address",
    ("GET", "/health/live"): "for whoever watches the process; says nothing but that it lives",
    ("GET", "/health/ready"): "names parts and whether they are well",
    ("GET", "/metrics"): "counts only; a proxy keeps it inside",
}
HIDDEN = {"/media/{upload_id}/{signature}"}  # a wrong signature is answered like a picture that is not there


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    settings = read_settings(
        {
            "YIZHAN_TELEGRAM_TOKEN": "1:token",
            "YIZHAN_TELEGRAM_WEBHOOK_URL": "https://example.invalid/telegram/webhook",
            "YIZHAN_TELEGRAM_WEBHOOK_SECRET": "secret",
        },
        data=tmp_path_factory.mktemp("data"),
    )
    service = prepare(settings)
    telegram = build_telegram(service.database, service.city, settings, service.signals, service.clock)
    client = httpx.AsyncClient()  # never used: the engine is not asked
    app, _ = _public_app(service, Engine(client, "http://127.0.0.1:1"), Newsroom.of(service.city), telegram)
    yield app
    service.database.close()


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Methods and paths of all routes, those of included routers too."""
    waiting, found = list(app.routes), set()
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods if method != "HEAD"}
        elif (included := getattr(route, "original_router", None)) is not None:
            waiting += included.routes
    return found


def test_the_list_of_open_routes_names_no_route_that_is_gone(app: FastAPI) -> None:
    assert set(FOR_EVERYBODY) <= routes(app)


def caller(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")


async def test_every_other_route_refuses_who_shows_nothing(app: FastAPI) -> None:
    guarded = routes(app) - set(FOR_EVERYBODY)
    assert {"/chat/api/messages", "/backend/webhooks/{backend}", "/telegram/webhook"} <= {path for _, path in guarded}
    async with caller(app) as client:
        for method, path in sorted(guarded):
            plain = re.sub(r"\{\w+\}", "x", path.replace("{backend}", "desk"))
            answer = await client.request(method, plain)
            assert answer.status_code in ((404,) if path in HIDDEN else (401, 403)), (method, path, answer.status_code)


async def test_the_action_webhook_refuses_who_shows_no_token() -> None:
    async def complete(item_id: int, lease_token: str, document: dict[str, object]) -> bool:
        raise AssertionError("nobody may come this far")

    async with caller(build_action_app(complete, "token")) as client:
        assert (await client.post("/webhook", json={})).status_code == 401
