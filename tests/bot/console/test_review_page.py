"""An operator at work in a real browser: by keyboard alone, many at once, one undo, nothing that axe calls serious."""

import time
from collections.abc import Callable

import pytest
from pypinyin import Style, lazy_pinyin
from sqlalchemy import func, select

from bot.intake.tables import Review, Ticket
from tests.bot.console.browser import Window
from tests.bot.console.staff import Staff
from tests.bot.intake.test_decisions import reports, without_lots

pytest_plugins = ["tests.bot.console.fixtures"]
pytestmark = pytest.mark.browser


def open_count(staff: Staff) -> int:
    with staff.home.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Review).where(Review.state == "open")) or 0


def comes_to(staff: Staff, count: int) -> bool:
    """Whether so many items are open within ten seconds: the page shows a deed before its answer is there."""
    deadline = time.monotonic() + 10
    while open_count(staff) != count and time.monotonic() < deadline:
        time.sleep(0.05)
    return open_count(staff) == count


def services(staff: Staff) -> set[str]:
    with staff.home.database.reading() as session:
        return set(session.scalars(select(Ticket.service_code)))


def fill(staff: Staff, count: int) -> None:
    without_lots(staff.home)
    for n in range(count):
        reports(staff.home, staff.home.resident(f"r{n}"))


def test_easy_items_by_keyboard_alone(running_staff: Staff, window: Callable[..., Window]) -> None:
    """Twenty a minute is asked for; a machine that presses the keys waits for nothing but the page."""
    fill(running_staff, 24)
    view = window()
    view.page.goto("/console/review")
    view.page.wait_for_selector(".choices")
    started = time.monotonic()
    for n in range(20):
        before = view.page.get_attribute(".item", "data-id")
        view.page.keyboard.press("2" if n % 4 == 0 else "Enter")
        view.page.wait_for_function("before => document.querySelector('.item')?.dataset.id !== before", arg=before)
    assert time.monotonic() - started < 60
    assert comes_to(running_staff, 4) and view.faults == []
    view.page.keyboard.press("u")
    view.page.wait_for_function("() => document.querySelectorAll('#rail button').length === 5")
    assert comes_to(running_staff, 5)


def test_many_in_bulk_with_one_undo(running_staff: Staff, window: Callable[..., Window]) -> None:
    fill(running_staff, 30)
    view = window()
    view.page.goto("/console/review")
    view.page.wait_for_selector(".choices")
    view.page.keyboard.press("b")
    view.page.wait_for_selector("#similar[open]")
    view.page.select_option("#similar-service", "TR-03")
    view.page.click("#similar-do")
    view.page.wait_for_selector("#item .empty")
    assert comes_to(running_staff, 0) and services(running_staff) == {"TR-03"}
    view.page.keyboard.press("u")
    view.page.wait_for_selector(".item")
    assert comes_to(running_staff, 30) and services(running_staff) == {"UM-G02"}


def test_a_service_is_found_by_its_initials(running_staff: Staff, window: Callable[..., Window]) -> None:
    fill(running_staff, 2)
    view = window()
    view.page.goto("/console/review")
    view.page.wait_for_selector(".choices")
    view.page.keyboard.press("/")
    view.page.wait_for_selector("#search[open]")
    name = running_staff.home.desk.city.catalogue["UM-A11"].name["zh"]
    view.page.fill("#search-words", "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))[:4])
    view.page.wait_for_function("() => document.querySelector('#search-found [data-code]')?.dataset.code === 'UM-A11'")
    assert name in (view.page.text_content("#search-found [aria-selected=true]") or "")
    view.page.keyboard.press("Enter")
    view.page.wait_for_function("() => document.querySelectorAll('#rail button').length === 1")
    assert "UM-A11" in services(running_staff) and view.faults == []


@pytest.mark.parametrize("count", [0, 3])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, {"width": 390, "height": 844}])
def test_nothing_serious_for_axe(
    running_staff: Staff, window: Callable[..., Window], count: int, viewport: dict[str, int]
) -> None:
    fill(running_staff, count)
    view = window(viewport=viewport)
    view.page.goto("/console/review")
    view.page.wait_for_selector(".choices" if count else "#item .empty")
    assert view.serious_findings() == [] and not view.overflows() and view.faults == []
