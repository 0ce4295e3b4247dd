"""A browser for the page tests, and what several of them say."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bot.intake.conversation.card import card_say
from bot.intake.conversation.dangers import danger_say
from bot.intake.conversations import get_conversation
from bot.intake.draft import Draft, Line, Place
from bot.intake.say import Button, Say
from tests.bot.channels.web.running import CITY, ROOT, RunningWeb

CHROMIUM = Path("/usr/bin/chromium")
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LINES = (
    Line(text="路灯坏了三天了", service_code="UM-G02", place=Place("人民路与青华路口")),
    Line(
        text="井盖旁边的栏杆也倒了，" * 16,
        service_code="UM-G08",
        place=Place("红花镇政府门口", None, (), 33.79, 114.52),
    ),
    Line(text="小区没人打扫", service_code="TR-03", place=Place("")),
)
QUESTION = Say("ask_location", {}, (Button("pin", "button_pin"),), "location")
CHOICE = Say(
    "ask_service",
    {"words": "路灯"},
    (
        Button("service:UM-G02", CITY.catalogue["UM-G02"].name, literal=True),
        Button("service:UM-G08", CITY.catalogue["UM-G08"].name, literal=True),
        Button("service:none", "button_none_of_these"),
    ),
    "which_service",
)
ONE = card_say(Draft(lines=LINES[:1]), CITY, False)
THREE = card_say(
    Draft(lines=LINES, phone="13800000000", occurred="昨天晚上", photos=("a", "b"), revision=4), CITY, False
)
DANGER = danger_say("crash", CITY.hotlines)
FILED = Say(
    "filed",
    {"number": "XH-20261124-0001", "service": CITY.catalogue["UM-G02"].short, "unit": ""},
    (Button("status", "button_status"),),
    ticket={"number": "XH-20261124-0001", "service_code": "UM-G02"},
)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """Somebody in front of the page."""

    def __init__(self, web: RunningWeb, browser: Browser, language: str = "zh", **given: Any) -> None:
        options: dict[str, Any] = {
            "viewport": {"width": 360, "height": 740},
            "locale": "zh-CN" if language == "zh" else "en-GB",
            **given,
        }
        self.web = web
        self.language = language
        self.context = browser.new_context(**options)
        self.context.set_default_timeout(10_000)
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)
        self.open()

    def open(self) -> None:
        self.page.goto(self.web.base + "/")
        self.page.wait_for_selector(".bot")

    @property
    def token(self) -> str:
        return str(json.loads(self.page.evaluate("localStorage.yizhan"))["token"])

    def send(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.click("#send")
        self.page.locator(".me", has_text=text[:20]).last.wait_for()
        self.settle()

    def settle(self, count: int = 1) -> None:
        """Waits until the server has what was sent, so that the bot may answer."""
        for _ in range(200):
            if self.web.unfinished(self.token) >= count:
                return
            self.page.wait_for_timeout(25)
        raise AssertionError("nothing arrived")

    def hears(self, *says: Say | dict[str, Any]) -> None:
        with self.web.database.transaction() as session:
            get_conversation(session, self.web.conversation_id(self.token)).language = self.language
        before = self.page.locator(".bot").count()
        self.web.say(self.token, *says)
        self.page.wait_for_function("n => document.querySelectorAll('.bot').length >= n", arg=before + len(says))

    def serious_findings(self) -> list[str]:
        """What axe calls serious or critical."""
        # Read as text and evaluated by the debugger, since the page's policy allows no script from elsewhere.
        self.page.evaluate(AXE.read_text(encoding="utf-8") + "; 0")
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        return [
            f"{one['id']}: {one['nodes'][0]['html']} {one['nodes'][0]['failureSummary']}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def overflows(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
