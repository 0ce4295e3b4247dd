"""The action webhook: only the engine may call it, and on any failure it says nothing."""

from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from actions.intake_action import read_sender, sender_for
from actions.webhook import build_action_app
from bot.intake.errors import EngineSilent, LeaseLost

TOKEN = "a-token-of-this-start"


class Completed:
    """Notes what the action asks of intake; raises what it is told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.calls: list[tuple[int, str, dict[str, Any]]] = []
        self.error = error

    async def __call__(self, item_id: int, lease_token: str, document: dict[str, Any]) -> bool:
        self.calls.append((item_id, lease_token, document))
        if self.error is not None:
            raise self.error
        return True


def call(sender: str = "c1:7:lease", action: str = "action_intake", **message: Any) -> dict[str, Any]:
    latest = {"text": "在吗", "intent": {"name": "greet"}, "entities": [], "yizhan": {"act": "smalltalk"}, **message}
    tracker = {
        "sender_id": sender,
        "slots": {},
        "latest_message": latest,
        "events": [],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": None,
        "latest_input_channel": "rest",
    }
    return {"next_action": action, "sender_id": sender, "tracker": tracker, "domain": {}, "version": "3.6.21"}


async def post(complete: Completed, body: Any, token: str | None = TOKEN, **sent: Any) -> httpx.Response:
    app = build_action_app(complete, TOKEN)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {} if token is None else {"authorization": f"Bearer {token}".encode()}
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        arguments = sent or {"json": body}
        return await client.post("/webhook", headers=headers, **arguments)


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1], "é"])
async def test_without_the_token_nothing_is_done(token: str | None) -> None:
    complete = Completed()
    response = await post(complete, call(), token)
    assert response.status_code == 401 and complete.calls == []


async def test_the_token_alone_without_its_scheme_is_not_enough() -> None:
    complete = Completed()
    app = build_action_app(complete, TOKEN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        response = await client.post("/webhook", headers={"authorization": TOKEN}, json=call())
    assert response.status_code == 401 and complete.calls == []


async def test_a_good_call_completes_the_turn_and_acknowledges_it() -> None:
    complete = Completed()
    response = await post(complete, call())
    assert complete.calls == [(7, "lease", {"act": "smalltalk"})]
    assert response.status_code == 200
    assert [entry["custom"] for entry in response.json()["responses"]] == [{"done": 7}]


@pytest.mark.parametrize("sender", ["", "default", "c1", "c1:7", "c1:7:lease:more", "c1:seven:lease", "::"])
async def test_a_sender_that_is_not_ours_is_not_acknowledged(sender: str) -> None:
    complete = Completed()
    response = await post(complete, call(sender))
    assert response.status_code == 200
    assert complete.calls == [] and response.json()["responses"] == []


async def test_a_model_without_its_dialogue_part_is_not_acknowledged() -> None:
    body = call()
    del body["tracker"]["latest_message"]["yizhan"]
    complete = Completed()
    response = await post(complete, body)
    assert complete.calls == [] and response.json()["responses"] == []


@pytest.mark.parametrize(
    "error", [LeaseLost("x"), EngineSilent("x"), KeyError("x"), ValueError("x")], ids=lambda e: type(e).__name__
)
async def test_a_turn_that_fails_is_not_acknowledged(error: Exception) -> None:
    response = await post(Completed(error), call())
    assert response.status_code == 200 and response.json()["responses"] == []


@pytest.mark.parametrize("error", [RuntimeError("x"), OperationalError("x", {}, Exception())])
async def test_a_fault_is_a_server_error_never_an_acknowledgement(error: Exception) -> None:
    """Rasa makes an empty answer of it, and the service tries again."""
    response = await post(Completed(error), call())
    assert response.status_code == 500 and "done" not in response.text


async def test_an_unknown_action_is_refused() -> None:
    complete = Completed()
    assert (await post(complete, call(action="action_other"))).status_code == 404
    assert complete.calls == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"5", b"\xff\xfe"])
async def test_a_body_that_is_no_call_is_refused(content: bytes) -> None:
    complete = Completed()
    response = await post(complete, None, content=content)
    assert response.status_code == 400 and complete.calls == []


async def test_the_application_documents_nothing() -> None:
    app = build_action_app(Completed(), TOKEN)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        for path in ("/docs", "/redoc", "/openapi.json", "/"):
            assert (await client.get(path)).status_code == 404


def test_the_sender_names_the_item_and_its_lease() -> None:
    assert read_sender(sender_for("c1", 7, "lease")) == (7, "lease")
