"""The chat API of interfaces.md, over a real port."""

import io
import json
import threading
import time
from datetime import timedelta

import httpx
import pytest
from PIL import Image

from bot.intake.clock import utc_now
from tests.bot.channels.web.running import Resident, RunningWeb


def jpeg(**save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG", **save)
    return out.getvalue()


def test_a_session_starts_with_a_token_and_the_greeting_in_the_language_asked_for(web: RunningWeb) -> None:
    answer = web.http.post("/chat/api/sessions", json={"language": "en"})
    assert answer.status_code == 201
    assert len(answer.json()["session"]) >= 43
    [greeting] = answer.json()["messages"]
    assert greeting["seq"] == 1 and greeting["text"].startswith("Hello")
    assert {"text", "buttons", "expects", "card", "ticket", "emergency"} <= set(greeting)


@pytest.mark.parametrize(
    ("header", "beginning"),
    [("en-GB,en;q=0.9", "Hello"), ("zh-CN,zh;q=0.9,en;q=0.8", "您好"), ("fr", "您好"), ("en;q=0.1,zh;q=0.2", "您好")],
)
def test_without_a_wish_the_browsers_language_counts(web: RunningWeb, header: str, beginning: str) -> None:
    answer = web.http.post("/chat/api/sessions", headers={"Accept-Language": header})
    assert answer.json()["messages"][0]["text"].startswith(beginning)


def test_the_token_is_not_in_the_database(web: RunningWeb, resident: Resident) -> None:
    with web.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT address FROM conversations").scalars().all()
    assert rows and resident.token not in rows


def test_a_message_is_stored_before_it_is_accepted_and_only_once(web: RunningWeb, resident: Resident) -> None:
    first = resident.post(id="a", text="人民路路灯坏了")
    again = resident.post(id="a", text="something else")
    assert (first.status_code, first.json()) == (202, {"accepted": True})
    assert (again.status_code, again.json()) == (200, {"accepted": True})
    [item] = web.items(resident.token)
    assert (item.kind, item.payload) == ("text", {"text": "人民路路灯坏了"})


def test_the_same_id_in_two_sessions_is_two_messages(web: RunningWeb, resident: Resident) -> None:
    assert resident.post(id="a", text="one").status_code == 202
    assert web.resident().post(id="a", text="two").status_code == 202


def test_text_pin_and_pictures_make_one_item(web: RunningWeb, resident: Resident) -> None:
    upload = resident.upload(jpeg()).json()["upload"]
    assert resident.post(text="这里", location={"lat": 33.79, "lon": 114}, uploads=[upload, upload]).status_code == 202
    [item] = web.items(resident.token)
    assert item.kind == "text"
    assert item.payload == {"text": "这里", "location": {"lat": 33.79, "lon": 114.0}, "uploads": [upload]}


def test_what_has_no_text_is_a_pin_a_photo_or_a_button(web: RunningWeb, resident: Resident) -> None:
    upload = resident.upload(jpeg()).json()["upload"]
    resident.post(location={"lat": 0, "lon": 0})
    resident.post(location={"lat": 40.7, "lon": -74.0})
    resident.post(uploads=[upload])
    resident.post(button="confirm:3")
    assert [item.kind for item in web.items(resident.token)] == ["location", "location", "photo", "button"]


def test_a_language_given_with_a_message_is_the_residents_choice(web: RunningWeb, resident: Resident) -> None:
    resident.post(text="hello", language="en")
    with web.database.reading() as session:
        from bot.intake.conversations import get_conversation

        conversation = get_conversation(session, web.conversation_id(resident.token))
        assert (conversation.language, conversation.language_set) == ("en", True)


def test_idle_says_whether_replies_are_still_to_come(web: RunningWeb, resident: Resident) -> None:
    assert resident.read()["idle"] is True
    resident.post(text="路灯坏了")
    assert resident.read(after=1) == {"messages": [], "idle": False}
    web.say(resident.token, {"text": "在什么地方？", "expects": "location"})
    answer = resident.read(after=1)
    assert answer["idle"] is True
    assert [m["seq"] for m in answer["messages"]] == [2] and answer["messages"][0]["expects"] == "location"


def test_an_idle_call_returns_at_once(resident: Resident) -> None:
    started = time.monotonic()
    assert resident.read(after=1, wait=20) == {"messages": [], "idle": True}
    assert time.monotonic() - started < 15, "the wait of 20 s was not waited for"


def test_a_waiting_call_returns_when_the_reply_comes(web: RunningWeb, resident: Resident) -> None:
    resident.post(text="路灯坏了")
    timer = threading.Timer(0.6, web.say, (resident.token, {"text": "好"}))
    timer.start()
    started = time.monotonic()
    answer = resident.read(after=1, wait=20)
    assert 0.5 < time.monotonic() - started < 15
    assert [m["text"] for m in answer["messages"]] == ["好"]
    timer.join()


def test_a_waiting_call_returns_when_a_turn_ends_without_a_reply(web: RunningWeb, resident: Resident) -> None:
    resident.post(text="路灯坏了")
    timer = threading.Timer(0.4, web.say, (resident.token,))
    timer.start()
    started = time.monotonic()
    assert resident.read(after=1, wait=20) == {"messages": [], "idle": True}
    assert time.monotonic() - started < 15
    timer.join()


def test_a_waiting_call_ends_with_its_time(resident: Resident) -> None:
    resident.post(text="路灯坏了")
    started = time.monotonic()
    assert resident.read(after=1, wait=1.0) == {"messages": [], "idle": False}
    assert 0.9 < time.monotonic() - started < 15


def test_news_held_until_morning_is_never_stepped_over(web: RunningWeb, resident: Resident) -> None:
    web.say(resident.token, {"text": "held"}, not_before=utc_now() + timedelta(hours=8))
    assert resident.read(after=1)["messages"] == []
    web.say(resident.token, {"text": "now"})
    assert [m["text"] for m in resident.read(after=1)["messages"]] == ["held", "now"]


def test_more_messages_than_fit_are_not_called_idle(web: RunningWeb, resident: Resident) -> None:
    web.say(resident.token, *({"text": f"n{i}"} for i in range(250)))
    first = resident.read(after=1)
    assert len(first["messages"]) == 200 and first["idle"] is False
    rest = resident.read(after=first["messages"][-1]["seq"])
    assert len(rest["messages"]) == 50 and rest["idle"] is True


def test_nobody_reads_anothers_messages(web: RunningWeb, resident: Resident) -> None:
    other = web.resident()
    web.say(other.token, {"text": "secret"})
    assert "secret" not in json.dumps(resident.read())


def events_of(lines: list[str]) -> list[tuple[str, str]]:
    pairs, name = [], ""
    for line in lines:
        if line.startswith("event:"):
            name = line.split(":", 1)[1].strip()
        elif line.startswith("data:"):
            pairs.append((name, line.split(":", 1)[1].strip()))
    return pairs


def test_the_stream_brings_messages_and_idleness_and_resumes(web: RunningWeb, resident: Resident) -> None:
    resident.post(text="路灯坏了")
    headers = {**resident.headers, "Last-Event-ID": "1"}
    timer = threading.Timer(0.3, web.say, (resident.token, {"text": "第一行\n第二行"}))
    timer.start()
    lines: list[str] = []
    with resident.http.stream("GET", "/chat/api/stream", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            lines.append(line)
            if '"idle": true' in line:
                break
    timer.join()
    events = events_of(lines)
    assert [name for name, _ in events] == ["idle", "message", "idle"]
    assert json.loads(events[1][1])["text"] == "第一行\n第二行"
    assert "id: 2" in lines


def test_erasing_ends_the_session(web: RunningWeb, resident: Resident) -> None:
    web.say(resident.token, {"text": "您的电话是 138"})
    conversation = web.conversation_id(resident.token)
    assert resident.http.request("DELETE", "/chat/api/sessions/current", headers=resident.headers).json() == {
        "erased": True
    }
    assert resident.post(text="still there?").status_code == 401
    with web.database.engine.connect() as connection:
        bodies = connection.exec_driver_sql(
            "SELECT body FROM messages WHERE conversation_id = ?", (conversation,)
        ).scalars()
        assert all("138" not in body for body in bodies)


def test_a_stored_picture_holds_no_metadata_and_is_shown_to_its_owner_alone(
    web: RunningWeb, resident: Resident
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    upload = resident.upload(jpeg(exif=exif)).json()["upload"]
    shown = resident.http.get(f"/chat/api/uploads/{upload}", headers=resident.headers)
    assert shown.status_code == 200 and shown.headers["content-type"] == "image/jpeg"
    assert b"SecretCamera" not in shown.content
    assert resident.http.get(f"/chat/api/uploads/{upload}", headers=web.resident().headers).status_code == 404
    assert resident.http.get(f"/chat/api/uploads/{upload}").status_code == 401


def test_every_answer_has_the_security_headers(resident: Resident) -> None:
    for path in ("/", "/chat/api/messages", "/nowhere"):
        headers = resident.http.get(path).headers
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in headers


def test_answers_are_not_kept_by_caches(resident: Resident) -> None:
    assert resident.http.get("/chat/api/messages", headers=resident.headers).headers["cache-control"] == "no-store"
    assert httpx.get(str(resident.http.base_url.join("/chat/api/messages"))).headers["cache-control"] == "no-store"
