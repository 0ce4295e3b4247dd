"""The way in, people and audit in a real browser."""

from collections.abc import Callable

import pytest

from bot.intake import accountlinks
from tests.bot.console.browser import Window
from tests.bot.console.staff import Staff

pytest_plugins = ["tests.bot.console.fixtures"]
pytestmark = pytest.mark.browser
PASSWORD = "青华路上的槐树开花了"


def test_the_first_administrator_enters_and_comes_back(running_staff: Staff, window: Callable[..., Window]) -> None:
    with running_staff.home.database.transaction() as session:
        token = accountlinks.offer_first_administrator(session, running_staff.ground.clock())
    visit = window(None)
    page = visit.page
    page.goto(f"/console/welcome/{token}")
    assert visit.serious_findings() == []
    page.fill("[name=username]", "赵主任")
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click(".primary")
    page.wait_for_selector(".bar")
    page.click(".menu summary")
    page.get_by_text("退出登录").click()
    page.get_by_text("您已退出登录").wait_for()
    assert "said" not in page.url
    page.goto("/console/people")
    page.fill("[name=username]", "赵主任")
    page.fill("[name=password]", PASSWORD)
    page.click(".primary")
    page.wait_for_url("**/console/people")
    page.fill("[name=name]", "李敏")
    page.click(".primary")
    page.wait_for_selector("#link")
    assert visit.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [820, 1920])
def test_nothing_serious_and_nothing_overflows(
    running_staff: Staff, window: Callable[..., Window], scheme: str, width: int
) -> None:
    running_staff.person("operator", "一个名字特别特别特别特别特别特别特别长的同事")
    visit = window("administrator", color_scheme=scheme, viewport={"width": width, "height": 900})
    for path in ("/console/people", "/console/audit", "/console/account", "/console/nowhere"):
        visit.page.goto(path)
        visit.page.click(".menu summary")
        assert visit.serious_findings() == [], path
        assert not visit.overflows(), path
    visit.page.click("button[value=en]")
    visit.page.goto("/console/people")
    assert visit.page.get_by_role("heading", name="People").count() == 1
    assert [fault for fault in visit.faults if "404" not in fault] == []
