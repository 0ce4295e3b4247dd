"""The webhook: only Telegram may use it, and 200 means stored."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from bot.channels.telegram import receiver
from bot.channels.telegram.webhook import PATH
from bot.doors import free_port
from tests.bot.channels.telegram.conftest import House
from tests.bot.channels.telegram.residents import message, press

SECRET = "s3cret-Token_1"
HEADER = {"X-Telegram-Bot-Api-Secret-Token": SECRET}


@pytest.fixture
async def client(house: House, with_settings: Callable[..., None]) -> AsyncIterator[httpx.AsyncClient]:
    """The service's public port with the webhook's route, told to the emulator by the channel itself."""
    port = free_port()
    url = f"http://127.0.0.1:{port}{PATH}"
    with_settings(telegram_webhook_url=url, telegram_webhook_secret=SECRET)
    telegram = house.run()
    assert telegram.router is not None
    app = FastAPI()
    app.include_router(telegram.router)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await house.until(lambda: server.started)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client
    server.should_exit = True
    await serving


def raw(update: dict, number: int = 1) -> dict:
    return {"update_id": number, **update}


async def test_the_channel_registers_itself_and_telegram_posts_to_it(house: House, client: httpx.AsyncClient) -> None:
    (call,) = await house.until(lambda: house.emulator.sent("setWebhook"))
    assert call["secret_token"] == SECRET
    assert call["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
    assert int(call["max_connections"]) == 1
    await house.until(lambda: house.emulator.sent("setMyCommands"))
    await house.say(message(text="人民路路灯坏了"))
    await house.say(press("confirm:1"))
    items = await house.until_items(2)
    assert [item.kind for item in items] == ["text", "button"]
    assert house.emulator._update_queues._state("123456:TEST-token").updates == []
    assert not house.emulator.sent("getUpdates")


async def test_without_the_secret_nothing_is_taken(house: House, client: httpx.AsyncClient) -> None:
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}, {"X-Telegram-Bot-Api-Secret-Token": "é"}):
        encoded = {name: value.encode() for name, value in headers.items()}
        answer = await client.post(PATH, json=raw(message(text="forged")), headers=encoded)
        assert answer.status_code == 401
    assert house.items() == []


async def test_200_means_stored(house: House, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json=raw(message(text="stored")), headers=HEADER)
    assert answer.status_code == 200
    assert [item.payload["text"] for item in house.items()] == ["stored"]
    again = await client.post(PATH, json=raw(message(text="stored")), headers=HEADER)
    assert again.status_code == 200


async def test_what_could_not_be_stored_is_asked_for_again(
    house: House, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    with monkeypatch.context() as broken:
        broken.setattr(receiver, "store", busy)
        assert (await client.post(PATH, json=raw(message(text="x")), headers=HEADER)).status_code == 503
    assert (await client.post(PATH, json=raw(message(text="x")), headers=HEADER)).status_code == 200
    assert len(house.items()) == 1


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b'{"a": 1}', b'{"update_id": "1"}', b'"x"', b"\xff\xfe"])
async def test_what_is_no_update_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    assert (await client.post(PATH, content=body, headers=HEADER)).status_code == 400


async def test_an_update_we_cannot_parse_is_not_sent_for_ever(house: House, client: httpx.AsyncClient) -> None:
    answer = await client.post(PATH, json={"update_id": 3, "message": {"text": "no chat"}}, headers=HEADER)
    assert answer.status_code == 200
    assert house.items() == []


async def test_a_huge_body_is_cut_off(client: httpx.AsyncClient) -> None:
    assert (await client.post(PATH, content=b" " * 1_100_000, headers=HEADER)).status_code == 413
