"""What an update means, case by case."""

import pytest
from telegram import Update

from bot.channels.telegram.raw import UpdatesRequest
from bot.channels.telegram.reading import Blocked, Group, Incoming, command_in, read_update
from tests.bot.channels.telegram.residents import edited, membership, message, photo, press


def read(raw: dict) -> object:
    update = Update.de_json({"update_id": 1, **raw}, None)
    assert update is not None
    return read_update(update)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/start", "start"),
        ("/START@xihua_yizhan_bot", "start"),
        ("/start from_poster_7", "start"),
        (" ／help ", "help"),
        ("/language en", "language en"),
        ("/language fr", None),
        ("/delete yes", "delete yes"),
        ("/status XH-1", None),
        ("/help 路灯坏了", None),
        ("/helpme", None),
        ("/intent{}", None),
        ("/路灯坏了", None),
        ("help", None),
        ("/", None),
    ],
)
def test_a_command_stands_alone_and_anything_else_is_text(text: str, command: str | None) -> None:
    assert command_in(text) == command
    incoming = read(message(text=text))
    assert isinstance(incoming, Incoming)
    assert incoming.payload == ({"command": command} if command else {"text": text})


@pytest.mark.parametrize(
    ("code", "language"),
    [(None, "zh"), ("zh-hans", "zh"), ("en", "en"), ("en-GB", "en"), ("EN_us", "en"), ("fr", "zh"), ("", "zh")],
)
def test_the_language_of_the_client_is_taken_where_it_is_one_of_ours(code: str | None, language: str) -> None:
    incoming = read(message(text="x", language=code))
    assert isinstance(incoming, Incoming) and incoming.language == language


def test_the_largest_size_of_a_photo_is_fetched_wherever_it_stands() -> None:
    sizes = list(reversed(photo("small", "large")))
    incoming = read(message(photo=sizes))
    assert isinstance(incoming, Incoming) and incoming.files == ("large",)
    assert incoming.kind == "photo" and incoming.album_part is None


def test_a_live_photo_is_a_photo() -> None:
    live = {"file_id": "v", "file_unique_id": "u", "width": 1, "height": 1, "duration": 1, "photo": photo("still")}
    incoming = read(message(live_photo=live))
    assert isinstance(incoming, Incoming) and incoming.files == ("still",)


def test_a_press_of_a_message_that_is_too_old_to_see_still_counts() -> None:
    raw = press("cancel", message_id=9)
    raw["callback_query"]["message"] = {"chat": {"id": 1001, "type": "private"}, "message_id": 9, "date": 0}
    incoming = read(raw)
    assert isinstance(incoming, Incoming) and incoming.chat == "1001"
    del raw["callback_query"]["message"]
    incoming = read(raw)
    assert isinstance(incoming, Incoming) and incoming.chat == "1001"
    assert incoming.press is not None and incoming.press.message is None


@pytest.mark.parametrize(
    ("raw", "meaning"),
    [
        (membership("kicked"), Blocked("1001", True)),
        (membership("member"), Blocked("1001", False)),
        (membership("member", chat=-5, kind="group"), Group("-5", "en")),
        (membership("left", chat=-5, kind="supergroup"), None),
        (membership("member", chat=-6, kind="channel"), None),
        ({"edited_message": edited(message(text="x"))["edited_message"] | {"text": None}}, None),
        ({}, None),
    ],
)
def test_everything_else_is_named_or_left(raw: dict, meaning: object) -> None:
    assert read(raw) == meaning


def test_an_edited_caption_of_an_album_corrects_the_albums_item() -> None:
    part = message(photo=photo("p"), media_group_id="g", caption="东门", message_id=4)
    first, second = read(part), read(edited(part, caption="西门"))
    assert isinstance(first, Incoming) and isinstance(second, Incoming)
    assert second.payload == {"text": "西门", "edits": first.update_id}


def test_a_batch_with_a_broken_update_keeps_the_others_and_the_broken_ones_number() -> None:
    payload = b'{"ok": true, "result": [{"update_id": 1, "message": {"text": "x"}}, {"update_id": 2}]}'
    assert UpdatesRequest.parse_json_payload(payload)["result"] == [{"update_id": 1}, {"update_id": 2}]
    assert UpdatesRequest.parse_json_payload(b'{"ok": true, "result": true}') == {"ok": True, "result": True}
