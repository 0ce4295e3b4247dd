"""Whatever comes in over the web, the answer is a reason in plain words, and nothing is stored that should not be."""

import io
import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.channels.web.api import build_router
from bot.channels.web.bells import ConversationBells
from bot.intake.clock import utc_now
from bot.intake.database import Database
from bot.intake.signals import Signals
from bot.settings import read_settings
from tests.bot.channels.web.running import CITY, ROOT, Resident, RunningWeb, running
from tests.bot.channels.web.test_api import jpeg

BAD = [
    pytest.param({}, "empty", id="nothing"),
    pytest.param({"text": ""}, "empty", id="empty text"),
    pytest.param({"text": " \n\t "}, "empty", id="blank text"),
    pytest.param({"uploads": []}, "empty", id="no uploads"),
    pytest.param({"text": 5}, "text", id="text is a number"),
    pytest.param({"text": "a", "colour": "red"}, "colour", id="unknown name"),
    pytest.param({"text": "a", "id": ""}, "id", id="empty id"),
    pytest.param({"text": "a", "id": "x" * 129}, "id", id="long id"),
    pytest.param({"text": "a", "id": "a\u0000b"}, "id", id="NUL in the id"),
    pytest.param({"text": "a", "id": 7}, "id", id="id is a number"),
    pytest.param({"button": "x" * 201}, "button", id="long payload"),
    pytest.param({"button": "a\u0000"}, "button", id="NUL in a payload"),
    pytest.param({"button": "confirm:1", "text": "yes"}, "alone", id="button and text"),
    pytest.param({"location": {"lat": 91, "lon": 0}}, "lat", id="latitude too high"),
    pytest.param({"location": {"lat": 0, "lon": -180.5}}, "lon", id="longitude too low"),
    pytest.param({"location": {"lat": "33", "lon": 114}}, "lat", id="latitude is text"),
    pytest.param({"location": {"lat": True, "lon": 114}}, "lat", id="latitude is true"),
    pytest.param({"location": {"lat": 33}}, "lon", id="no longitude"),
    pytest.param({"location": {"lat": 33, "lon": 114, "alt": 1}}, "alt", id="unknown name in a location"),
    pytest.param({"uploads": ["a"] * 11}, "uploads", id="too many uploads"),
    pytest.param({"uploads": ["0" * 32]}, "upload", id="no such upload"),
    pytest.param({"uploads": "abc"}, "uploads", id="uploads is text"),
    pytest.param({"text": "a", "language": "fr"}, "language", id="unknown language"),
]


@pytest.mark.parametrize(("body", "names"), BAD)
def test_a_bad_message_is_refused_with_its_reason(
    web: RunningWeb, resident: Resident, body: dict[str, Any], names: str
) -> None:
    answer = resident.post(**body)
    assert answer.status_code == 400
    assert names in answer.json()["error"]
    assert web.items(resident.token) == []


RAW = [
    b"{",
    b"[]",
    b'"text"',
    b"null",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"id":"a","location":{"lat":NaN,"lon":1}}',
    b'{"id":"a","location":{"lat":1e999,"lon":1}}',
    b'{"id":"a","location":{"lat":' + b"9" * 6000 + b',"lon":1}}',
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_what_is_no_message_is_refused(resident: Resident, raw: bytes) -> None:
    answer = resident.http.post("/chat/api/messages", content=raw, headers=resident.headers)
    assert answer.status_code == 400 and answer.json()["error"]


def test_twenty_thousand_characters_are_taken_and_one_more_is_too_many(web: RunningWeb, resident: Resident) -> None:
    assert resident.post(text="灯" * 20_000).status_code == 202
    assert resident.post(text="😀" * 20_000).status_code == 202
    answer = resident.post(text="灯" * 20_001)
    assert answer.status_code == 413 and "20000" in answer.json()["error"]
    assert [len(item.payload["text"]) for item in web.items(resident.token)] == [20_000, 20_000]


def test_control_characters_and_halves_of_emoji_are_replaced(web: RunningWeb, resident: Resident) -> None:
    raw = b'{"id": "a", "text": "a\\u0000b\\u0007c\\ud83dd"}'
    assert resident.http.post("/chat/api/messages", content=raw, headers=resident.headers).status_code == 202
    assert [item.payload["text"] for item in web.items(resident.token)] == ["a\ufffdb c\ufffdd"]


def test_emoji_alone_is_a_message(web: RunningWeb, resident: Resident) -> None:
    assert resident.post(text="😀😀").status_code == 202


@pytest.mark.parametrize(
    ("text", "kind", "rest"),
    [
        ("/help", "command", {"command": "help"}),
        (" /STATUS ", "command", {"command": "status"}),
        ("／取消", "text", {"text": "／取消"}),
        ("／cancel", "command", {"command": "cancel"}),
        ("/language zh", "command", {"command": "language zh"}),
        ("/language fr", "text", {"text": "/language fr"}),
        ("/delete yes", "command", {"command": "delete yes"}),
        ("/status 路灯", "text", {"text": "/status 路灯"}),
        ('/report{"place": "x"}', "text", {"text": '/report{"place": "x"}'}),
        ("/restart", "text", {"text": "/restart"}),
        ("/helpme", "text", {"text": "/helpme"}),
    ],
)
def test_a_slash_makes_a_command_only_with_a_known_word_alone(
    web: RunningWeb, resident: Resident, text: str, kind: str, rest: dict[str, str]
) -> None:
    assert resident.post(text=text).status_code == 202
    [item] = web.items(resident.token)
    assert (item.kind, item.payload) == (kind, rest)


def test_a_forged_button_is_stored_as_a_button_for_the_conversation_to_judge(
    web: RunningWeb, resident: Resident
) -> None:
    assert resident.post(button="confirm:999").status_code == 202
    assert web.items(resident.token)[0].payload == {"button": "confirm:999"}


def test_another_sessions_upload_is_refused(web: RunningWeb, resident: Resident) -> None:
    theirs = web.resident().upload(jpeg()).json()["upload"]
    answer = resident.post(text="look", uploads=[theirs])
    assert answer.status_code == 400 and "upload" in answer.json()["error"]
    assert web.items(resident.token) == []


def calls_that_need_a_session() -> list[tuple[str, str]]:
    """Every call of the API but the one that opens a session."""
    signals, bells = Signals(), ConversationBells(Database("sqlite://"))
    router = build_router(Database("sqlite://"), CITY, read_settings({}), signals, utc_now, bells)
    calls = [(method, r.path) for r in router.routes if isinstance(r, APIRoute) for method in r.methods]
    return sorted(set(calls) - {("POST", "/chat/api/sessions")})


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic abc", "Bearer " + "x" * 5000, "bearer \xe9"])
def test_without_a_valid_token_no_call_is_answered(web: RunningWeb, header: str) -> None:
    headers = {"Authorization": header.encode("latin-1")} if header else {}
    calls = calls_that_need_a_session()
    assert len(calls) == 6
    for method, path in calls:
        answer = web.http.request(method, path, headers=headers)
        assert answer.status_code == 401 and answer.json()["error"]
        assert answer.headers["www-authenticate"] == "Bearer"


def test_every_call_is_documented() -> None:
    words = (ROOT / "docs" / "reference" / "chat-api.md").read_text(encoding="utf-8")
    for method, path in [*calls_that_need_a_session(), ("POST", "/chat/api/sessions")]:
        assert f"`{method} {path}`" in words


def test_the_same_message_at_the_same_moment_is_taken_once(web: RunningWeb, resident: Resident) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: resident.post(id="same", text="路灯").status_code, range(8)))
    assert sorted(codes) == [200] * 7 + [202]
    assert len(web.items(resident.token)) == 1


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=99999999999", "wait=26", "wait=-1", "wait=nan"])
def test_a_bad_query_is_refused(resident: Resident, query: str) -> None:
    answer = resident.http.get(f"/chat/api/messages?{query}", headers=resident.headers)
    assert answer.status_code == 400 and query.partition("=")[0] in answer.json()["error"]


@pytest.mark.parametrize("body", [{"language": "fr"}, {"language": 1}, {"lang": "zh"}, []])
def test_a_bad_session_body_is_refused(web: RunningWeb, body: Any) -> None:
    assert web.http.post("/chat/api/sessions", json=body).status_code == 400


@pytest.mark.parametrize("content", [b"", b"not a picture", b"GIF89a" + b"\0" * 50, b"\xff\xd8\xff\xe0" + b"\0" * 200])
def test_what_is_not_a_picture_is_refused(resident: Resident, content: bytes) -> None:
    answer = resident.upload(content)
    assert answer.status_code == 400 and answer.json()["error"]


def test_a_cut_off_picture_and_a_bomb_are_refused(resident: Resident) -> None:
    out = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(out, "PNG")
    assert len(out.getvalue()) < 200_000
    assert resident.upload(out.getvalue(), "bomb.png", "image/png").status_code == 400
    assert resident.upload(jpeg()[:-200]).status_code == 400


def test_a_form_without_the_file_is_refused(resident: Resident) -> None:
    for kwargs in (
        {"content": b"x"},
        {"files": {"picture": ("a.jpg", jpeg(), "image/jpeg")}},
        {"files": [("file", ("a.jpg", jpeg())), ("file", ("b.jpg", jpeg()))]},
        {"data": {"file": "text"}, "files": {"other": ("a", b"b")}},
        {
            "content": b"--x\r\nbroken",
            "headers": {**resident.headers, "Content-Type": "multipart/form-data; boundary=x"},
        },
        {"content": b"--x\r\nbroken", "headers": {**resident.headers, "Content-Type": "multipart/form-data"}},
    ):
        answer = resident.http.post("/chat/api/uploads", **{"headers": resident.headers, **kwargs})  # type: ignore[arg-type]
        assert answer.status_code == 400 and answer.json()["error"]


def test_fifty_megabytes_are_refused_whether_their_size_is_told_or_not(resident: Resident) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(50):
            yield b"\0" * 1024 * 1024
        yield b"\r\n--x--\r\n"

    told = resident.upload(b"\0" * 50 * 1024 * 1024)
    assert told.status_code == 413 and told.json()["error"]
    headers = {**resident.headers, "Content-Type": "multipart/form-data; boundary=x"}
    untold = resident.http.post("/chat/api/uploads", content=pieces(), headers=headers)
    assert untold.status_code == 413 and untold.json()["error"]


def test_a_picture_just_above_ten_megabytes_is_refused(resident: Resident) -> None:
    assert resident.upload(b"\0" * (10 * 1024 * 1024 + 1)).status_code == 413


def test_a_huge_message_body_is_refused(resident: Resident) -> None:
    answer = resident.http.post("/chat/api/messages", content=b" " * 300_000, headers=resident.headers)
    assert answer.status_code == 413 and answer.json()["error"]


def test_no_words_of_a_resident_reach_the_log(resident: Resident, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        resident.post(text="我的电话是13800000000")
        resident.post(text="我的电话是13800000000", colour="secretcolour")
        resident.upload("我的电话是13800000000".encode())
    assert "13800000000" not in caplog.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "text", "button", "location", "uploads", "lat", "lon"]), inner)
        ),
        max_leaves=8,
    )
)
def test_no_json_makes_the_service_stumble(resident: Resident, document: Any) -> None:
    raw = json.dumps(document, ensure_ascii=True).encode()
    answer = resident.http.post("/chat/api/messages", content=raw, headers=resident.headers)
    assert answer.status_code in (200, 202, 400)


def test_too_many_messages_are_slowed_but_danger_is_heard(tmp_path: Path) -> None:
    with running(tmp_path, web_limit="3/minute", limit_loopback="true") as web:
        resident = web.resident()
        codes = [resident.post(id=f"n{i}", text="在吗").status_code for i in range(4)]
        assert codes == [202, 202, 202, 429]
        refused = resident.post(text="在吗")
        assert 1 <= int(refused.headers["retry-after"]) <= 60 and "wait" in refused.json()["error"]
        assert resident.post(id="n0", text="在吗").status_code == 200, "what was taken already is said again"
        assert resident.post(text="着火了，快来人").status_code == 202
        assert web.resident().post(text="在吗").status_code == 202, "others do not wait"
        assert [item.payload["text"] for item in web.items(resident.token)] == ["在吗"] * 3 + ["着火了，快来人"]


def test_too_many_sessions_of_one_address_are_slowed(tmp_path: Path) -> None:
    with running(tmp_path, session_limit="2/hour", limit_loopback="true") as web:
        codes = [web.http.post("/chat/api/sessions").status_code for _ in range(3)]
        assert codes == [201, 201, 429]


def test_too_many_uploads_are_slowed(tmp_path: Path) -> None:
    with running(tmp_path, web_limit="1/minute", limit_loopback="true") as web:
        resident = web.resident()
        assert [resident.upload(jpeg()).status_code for _ in range(2)] == [201, 429]


def test_loopback_is_exempt_by_default(tmp_path: Path) -> None:
    with running(tmp_path, web_limit="1/minute", session_limit="1/minute") as web:
        web.resident()
        resident = web.resident()
        assert [resident.post(text="a").status_code for _ in range(3)] == [202, 202, 202]
