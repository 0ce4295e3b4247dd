"""The console's fixtures, for `pytest_plugins`."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.bot.console.browser import AXE, CHROMIUM, Window, chromium
from tests.bot.console.staff import Staff, serving, staff_in
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


@pytest.fixture
def staff(home: Home) -> Staff:
    """In this process, on SQLite, with a clock that obeys (`staff.home.clock`)."""
    return staff_in(home)


@pytest.fixture
def either_staff(either_home: Home) -> Staff:
    """The same on SQLite and on PostgreSQL."""
    return staff_in(either_home)


@pytest.fixture
def running_staff(home: Home) -> Iterator[Staff]:
    """On a real port and in real time, for browsers."""
    with serving(home) as started:
        yield started


@pytest.fixture(scope="module")
def console_browser() -> Iterator[Browser]:
    """Keep browser tests in modules without async ones: while it is open, no other event loop can run here."""
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium and fonts-noto-cjk")
    if not AXE.exists():
        if shutil.which("npm") is None:
            pytest.fail("axe-core comes from the npm registry: install Node.js with npm (apt-get install npm)")
        web = AXE.parents[2]
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit"], cwd=web, check=True, timeout=180)
    with chromium() as started:
        yield started


@pytest.fixture
def window(running_staff: Staff, console_browser: Browser) -> Iterator[Callable[..., Window]]:
    """window("reviewer", viewport=…): a browser window of a signed-in person; all are closed at the end."""
    opened: list[Window] = []

    def open_window(role: Any = "operator", name: str = "", **given: Any) -> Window:
        opened.append(Window(running_staff, console_browser, role, name, **given))
        return opened[-1]

    yield open_window
    for one in opened:
        one.close()
