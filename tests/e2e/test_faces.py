"""Three ways in, with the real engine behind them: a browser, Telegram's Bot API (emulated) and the terminal."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.channels.telegram.emulator import TOKEN, Emulator
from tests.bot.channels.telegram.residents import LI, message, press
from tests.bot.channels.web.browser import CHROMIUM, chromium
from tests.e2e.system import ROOT, System, until

pytestmark = pytest.mark.e2e

LAMP = "人民路和青华路交叉口路灯坏了三天了，晚上啥都看不见"


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium and fonts-noto-cjk")
def test_a_browser_reports_confirms_and_hears_the_news(running: System, tmp_path: Path) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        page.set_default_timeout(30_000)
        page.goto(running.url)
        page.wait_for_selector(".bot")
        page.fill("#text", LAMP.replace("人民路和青华路", "建设路和长平路"))
        page.click("#send")
        page.get_by_role("button", name="确认提交").click()
        page.get_by_text(re.compile(r"XH-\d{8}-\d{4}")).first.wait_for()
        shown = page.locator("#log").inner_text()
        number = re.findall(r"XH-\d{8}-\d{4}", shown)[-1]
        case = until(lambda: next((c for c in running.cases() if c["ticket_number"] == number), None), 20, running.logs)
        running.set_status(case["id"], "in_progress")
        page.get_by_text("正在处理").last.wait_for()
        page.screenshot(path=tmp_path / "news.png")


@pytest.fixture
async def emulator() -> Iterator[Emulator]:
    emulator = Emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


async def test_telegram_reports_confirms_and_hears_the_news(
    tmp_path: Path, emulator: Emulator, running: System
) -> None:
    """A second service for Telegram beside the first one, on the same engine's model."""
    system = System(
        tmp_path / "telegram",
        environment={"YIZHAN_TELEGRAM_TOKEN": TOKEN, "YIZHAN_TELEGRAM_API": emulator.url},
    )
    try:
        await asyncio.to_thread(system.start)
        await emulator.enqueue_update(message(text=LAMP), token=TOKEN)
        await _heard(emulator, "请核对")
        card = next(c for c in emulator.sent(chat=LI) if "请核对" in c["text"])
        payload = card["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        await emulator.enqueue_update(press(payload), token=TOKEN)
        await _heard(emulator, "已提交")
        case = await asyncio.to_thread(until, lambda: next(iter(system.cases()), None), 20, system.logs)
        assert case["service_code"] == "UM-G02"
        await asyncio.to_thread(system.set_status, case["id"], "in_progress")
        await _heard(emulator, "正在处理")
    finally:
        await asyncio.to_thread(system.stop)


async def _heard(emulator: Emulator, words: str) -> None:
    for _ in range(300):
        if any(words in text for text in emulator.texts(LI)):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"no message with {words}: {emulator.texts(LI)}")


def test_the_terminal_reports_and_confirms(running: System) -> None:
    talk = subprocess.run(
        [sys.executable, "-m", "bot", "chat", "--url", running.url],
        cwd=ROOT,
        input="汉唐街口路灯不亮好几天了\n1\n/quit\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert talk.returncode == 0, talk.stderr
    assert "确认提交" in talk.stdout and "XH-" in talk.stdout
