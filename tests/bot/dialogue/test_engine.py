"""The client of the engine: only an acknowledgement counts; everything else is an error with a name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.dialogue.engine import Engine, EngineDown, EngineEmpty
from language.guard import GUARD

Handler = Callable[[httpx.Request], httpx.Response]
DONE = [{"recipient_id": "s", "custom": {"done": 7}}]


def engine(handler: Handler) -> Engine:
    return Engine(httpx.AsyncClient(transport=httpx.MockTransport(handler)), "http://engine/")


def answers(**response: Any) -> Handler:
    return lambda request: httpx.Response(**{"status_code": 200, **response})


def fails(error: type[Exception]) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        raise error("x", request=request)  # type: ignore[call-arg]

    return handler


@pytest.mark.parametrize(
    "answer",
    [
        DONE,
        [{"recipient_id": "s", "text": "hi"}, *DONE],
        [{"custom": {"done": 0}}],
    ],
)
async def test_an_acknowledgement_anywhere_in_the_answer_is_success(answer: Any) -> None:
    await engine(answers(json=answer)).turn("s", "在吗")


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (answers(json=[]), EngineEmpty),
        (answers(json={}), EngineEmpty),
        (answers(json=None), EngineEmpty),
        (answers(json="done"), EngineEmpty),
        (answers(json=[{"text": "hi"}]), EngineEmpty),
        (answers(json=[{"custom": None}]), EngineEmpty),
        (answers(json=[{"custom": {}}]), EngineEmpty),
        (answers(json=[{"custom": "done"}]), EngineEmpty),
        (answers(json=[{"custom": 5}]), EngineEmpty),
        (answers(json=[{"custom": ["done"]}]), EngineEmpty),
        (answers(json=["done", 1, None]), EngineEmpty),
        (answers(text="<html>"), EngineEmpty),
        (answers(content=b"\xff\xfe\x00"), EngineEmpty),
        (answers(text=""), EngineEmpty),
        (answers(status_code=400, json=DONE), EngineDown),
        (answers(status_code=401), EngineDown),
        (answers(status_code=404), EngineDown),
        (answers(status_code=500, text="boom"), EngineDown),
        (answers(status_code=503), EngineDown),
        (answers(status_code=302, headers={"location": "/x"}), EngineDown),
        (fails(httpx.ConnectError), EngineDown),
        (fails(httpx.ConnectTimeout), EngineDown),
        (fails(httpx.ReadTimeout), EngineDown),
        (fails(httpx.ReadError), EngineDown),
        (fails(httpx.RemoteProtocolError), EngineDown),
        (fails(httpx.DecodingError), EngineDown),
    ],
)
async def test_everything_else_is_an_error_with_a_name(handler: Handler, error: type[Exception]) -> None:
    with pytest.raises(error):
        await engine(handler).turn("s", "在吗")


@pytest.mark.parametrize("text", ["/restart", '/report{"a":1}', "在吗", "", "\u2060x", "😀"])
async def test_every_text_goes_out_behind_one_guard_character(text: str) -> None:
    """Rasa obeys a text that starts with "/"."""
    sent: list[dict[str, Any]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url == "http://engine/webhooks/rest/webhook"
        sent.append(json.loads(request.content))
        return httpx.Response(200, json=DONE)

    await engine(handler).turn("c:7:token", text)
    assert sent == [{"sender": "c:7:token", "message": GUARD + text}]


async def test_an_errors_words_hold_nothing_that_the_resident_wrote() -> None:
    with pytest.raises(EngineDown) as caught:
        await engine(fails(httpx.ConnectError)).turn("s", "13800000001")
    assert "13800000001" not in str(caught.value)


@pytest.mark.parametrize(
    ("handler", "ready"),
    [
        (answers(json={"model_file": "a.tar.gz"}), True),
        (answers(json={"model_file": None}), False),
        (answers(json={"model_file": ""}), False),
        (answers(json={}), False),
        (answers(json=[]), False),
        (answers(json=None), False),
        (answers(text="starting"), False),
        (answers(status_code=409, json={"model_file": "a"}), False),
        (answers(status_code=500), False),
        (fails(httpx.ConnectError), False),
        (fails(httpx.ReadTimeout), False),
    ],
)
async def test_ready_means_that_a_model_is_loaded(handler: Handler, ready: bool) -> None:
    assert await engine(handler).is_ready() is ready


def swapping(put: httpx.Response, served: str) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.method == "PUT":
            assert json.loads(request.content) == {"model_file": "/models/new.tar.gz"}
            return put
        return httpx.Response(200, json={"model_file": served})

    return handler


async def test_the_engine_says_itself_that_it_serves_the_new_model() -> None:
    await engine(swapping(httpx.Response(204), "new.tar.gz")).use_model(Path("/models/new.tar.gz"))


@pytest.mark.parametrize(
    ("handler", "error"),
    [
        (swapping(httpx.Response(400), "old.tar.gz"), EngineEmpty),
        (swapping(httpx.Response(204), "old.tar.gz"), EngineEmpty),
        (fails(httpx.ConnectError), EngineDown),
        (answers(text="no json"), EngineDown),
    ],
)
async def test_a_model_that_is_not_served_is_an_error(handler: Handler, error: type[Exception]) -> None:
    with pytest.raises(error):
        await engine(handler).use_model(Path("/models/new.tar.gz"))
