"""The pages about learning in a real browser: nothing overflows, nobody is shut out, and the bar moves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import models
from bot.intake import jobs
from tests.bot.console.browser import Window
from tests.bot.learning.registry import outcome, registered, trialled

pytest_plugins = ["tests.bot.console.fixtures"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = registered(tmp_path / "models", "a", "b", current="a")
    monkeypatch.setattr(models, "FOLDER", folder)
    return folder


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 820, "height": 1180}])
def test_the_pages_in_a_browser(window: Callable[..., Window], folder: Path, viewport: dict[str, int]) -> None:
    one = window("administrator", viewport=viewport)
    trialled(folder, "b", "a", **outcome())
    for path in ("/console/learning", "/console/learning/models/b", "/console/learning/health"):
        assert one.page.goto(path).ok  # type: ignore[union-attr]
        assert one.faults == [] and not one.overflows()
        assert one.serious_findings() == []


@pytest.mark.browser
def test_the_bar_moves_and_the_page_renews_itself_at_the_end(window: Callable[..., Window], folder: Path) -> None:
    one = window("administrator")
    database = one.staff.home.database
    one.page.goto("/console/learning")
    one.page.get_by_role("button", name="开始训练").click()
    one.page.get_by_text("训练已经安排").wait_for()
    with database.transaction() as session:
        job = jobs.start_next(session, one.staff.ground.clock())
        assert job is not None
        jobs.beat(session, job.id, one.staff.ground.clock(), "comparing", 70)
    one.page.locator("progress[value='70']").wait_for()
    with database.transaction() as session:
        jobs.finish(session, job.id, one.staff.ground.clock(), {"model": "b", "accepted": True})
    one.page.locator("#learning-job").wait_for(state="hidden")
    one.page.get_by_text("可以启用").first.wait_for()
    assert one.faults == []
