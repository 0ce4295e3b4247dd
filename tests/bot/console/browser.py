"""A browser window of somebody who works in the console."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bot.console.gate import COOKIE
from bot.intake.people import Role
from tests.bot.console.staff import Staff

CHROMIUM = Path("/usr/bin/chromium")
AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Window:
    """`role` None: nobody is signed in. `faults` gathers errors of scripts and refused resources."""

    def __init__(
        self, staff: Staff, browser: Browser, role: Role | None = "operator", name: str = "", **given: Any
    ) -> None:
        options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "zh-CN", **given}
        self.staff = staff
        self.context = browser.new_context(base_url=staff.base, **options)
        self.context.set_default_timeout(10_000)
        if role:
            cookie = {"name": COOKIE, "value": staff.token(role, name), "url": f"{staff.base}/console/"}
            self.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Strict"}])  # type: ignore[list-item]
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda line: self.faults.append(line.text) if line.type == "error" else None)

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
        """Whether the page as a whole scrolls sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"))

    def close(self) -> None:
        self.context.close()
