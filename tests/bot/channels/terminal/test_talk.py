"""The terminal against the real chat API; the test plays the bot."""

import io
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import select

from bot.channels.terminal import chat
from bot.channels.terminal import talk as talking
from bot.intake.tables import Conversation, InboxItem
from tests.bot.channels.web.running import RunningWeb, running

Answer = Callable[[InboxItem], list[dict[str, Any]]]


@pytest.fixture
def web(tmp_path: Path) -> Iterator[RunningWeb]:
    with running(tmp_path) as started:
        yield started


class Bot:
    """Answers every item as `answer` says, in a thread, until it is ended."""

    def __init__(self, web: RunningWeb, answer: Answer) -> None:
        self.items: list[InboxItem] = []
        self._web = web
        self._answer = answer
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._over.wait(0.02):
            with self._web.database.reading() as session:
                query = (
                    select(InboxItem, Conversation)
                    .join(Conversation, Conversation.id == InboxItem.conversation_id)
                    .where(InboxItem.state == "waiting")
                )
                found = session.execute(query.limit(1)).first()
            if found is not None:
                self.items.append(found[0])
                self._reply(found[1].id, found[0])

    def _reply(self, conversation_id: str, item: InboxItem) -> None:
        from bot.intake import messages
        from bot.intake.clock import utc_now

        plain = {"buttons": [], "expects": None, "card": None, "ticket": None, "emergency": False}
        with self._web.database.transaction() as session:
            conversation = session.get(Conversation, conversation_id)
            assert conversation is not None
            for body in self._answer(item):
                messages.queue_body(session, conversation, {**plain, **body}, utc_now(), item.id)
            handled = session.get(InboxItem, item.id)
            assert handled is not None
            handled.state, handled.done_at = "done", utc_now()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lines to be typed one after the other; a callable waits for something first; then the input ends."""

    def script(*lines: str | Callable[[], str]) -> None:
        left = iter(lines)

        def next_line() -> str:
            line = next(left, None)
            if line is None:
                raise EOFError
            return line if isinstance(line, str) else line()

        monkeypatch.setattr("builtins.input", next_line)

    return script


def test_a_whole_session(
    web: RunningWeb, typed: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Words, a button by its number, a pin, a photo; each reply is on the screen before the next line is asked for."""

    def answer(item: InboxItem) -> list[dict[str, Any]]:
        if "button" in item.payload:
            return [{"text": "已提交，编号 XH-1。", "ticket": {"number": "XH-1", "service_code": "UM-G02"}}]
        if "text" in item.payload:
            buttons = [{"title": "确认提交", "payload": "confirm:1"}, {"title": "不报了", "payload": "cancel"}]
            return [{"text": "请核对：路灯", "buttons": buttons, "expects": "confirm"}]
        return [{"text": "收到", "emergency": False}]

    out = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(out, "JPEG")
    (tmp_path / "坑 1.jpg").write_bytes(out.getvalue())
    bot = Bot(web, answer)
    typed("人民路路灯坏了", "1", "/pin 33.79 114.52", f"/photo {tmp_path / '坑 1.jpg'}", "/quit")
    assert chat(web.base, "zh") == 0
    bot.end()
    assert [item.kind for item in bot.items] == ["text", "button", "location", "photo"]
    assert bot.items[1].payload == {"button": "confirm:1"}
    assert bot.items[2].payload["location"] == {"lat": 33.79, "lon": 114.52}
    assert len(bot.items[3].payload["uploads"]) == 1
    shown = capsys.readouterr().out
    assert "您好" in shown and "[1] 确认提交" in shown and "[2] 不报了" in shown
    assert shown.index("[1] 确认提交") < shown.index("XH-1") < shown.index("收到")


def test_what_the_service_refuses_is_said_and_the_talk_goes_on(
    web: RunningWeb, typed: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "program.jpg").write_bytes(b"MZ")
    bot = Bot(web, lambda item: [{"text": "好的"}])
    typed(f"/photo {tmp_path / 'program.jpg'}", "/photo nowhere.jpg", "/pin x", "", "在吗")
    assert chat(web.base, "en") == 0
    bot.end()
    shown = capsys.readouterr().out
    assert "picture" in shown and "nowhere.jpg" in shown and "latitude" in shown and "好的" in shown
    assert [item.payload for item in bot.items] == [{"text": "在吗"}]


def test_news_comes_without_being_asked(
    web: RunningWeb,
    typed: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talking, "NEWS_EVERY", 0.1)
    bot = Bot(web, lambda item: [{"text": "好的"}])
    seen: list[str] = []

    def waits_for_news() -> str:
        from bot.intake import messages
        from bot.intake.clock import utc_now

        body = {"text": "XH-1 正在处理", "buttons": [], "expects": None, "card": None, "ticket": None}
        with web.database.transaction() as session:
            conversation = session.scalars(select(Conversation)).one()
            messages.queue_body(session, conversation, {**body, "emergency": False}, utc_now())
        end = time.monotonic() + 5
        while "正在处理" not in "".join(seen) and time.monotonic() < end:
            time.sleep(0.05)
            seen.append(capsys.readouterr().out)
        return "/quit"

    typed("在吗", waits_for_news)
    assert chat(web.base, "zh") == 0
    bot.end()
    assert "XH-1 正在处理" in "".join(seen)


def test_a_service_that_is_not_running_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert chat(f"http://127.0.0.1:{port}", "zh") == 1
    error = capsys.readouterr().err
    assert "run `make run` first" in error and str(port) in error


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_no_crash(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert chat(url, "zh") == 1
    assert "yizhan:" in capsys.readouterr().err


def test_an_unknown_language_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    assert chat("http://127.0.0.1:1", "fr") == 2
    assert "zh, en" in capsys.readouterr().err


def test_another_program_at_that_address_is_said_so(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    real = httpx.Client

    def elsewhere(**arguments: Any) -> httpx.Client:
        return real(transport=httpx.MockTransport(lambda _: httpx.Response(404, text="<html>")), **arguments)

    monkeypatch.setattr(httpx, "Client", elsewhere)
    assert chat("http://127.0.0.1:80", "zh") == 1
    assert "not a yizhan service" in capsys.readouterr().err
