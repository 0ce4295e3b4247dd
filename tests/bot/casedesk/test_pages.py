"""The page for people: what it shows, in both languages, and what its buttons do."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.casedesk.pages import view_from
from bot.casedesk.screen import ACTIONS, WORDS, View
from tests.bot.casedesk.running import RunningDesk
from tests.bot.casedesk.test_georeport import PNG


def text_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def press(desk: RunningDesk, number: str, status: str, **more: str) -> httpx.Response:
    headers = {"Origin": desk.base, "Sec-Fetch-Site": "same-origin"}
    return desk.http.post(f"/cases/{number}/status", data={"status": status, **more}, headers=headers)


def test_both_languages_have_the_same_words_and_none_is_empty() -> None:
    assert set(WORDS["zh"]) == set(WORDS["en"])
    assert not [key for key in WORDS["zh"] if hasattr(dict, key)], "a template would find the dict's own method"
    for words in WORDS.values():
        assert all(isinstance(text, str) and text.strip() for text in words.values())
    for key, text in WORDS["zh"].items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", WORDS["en"][key]), key


def test_every_button_has_its_words() -> None:
    for actions in ACTIONS.values():
        for action in actions:
            assert f"do_{action}" in WORDS["zh"]
            assert f"status_{action}" in WORDS["zh"]


def test_an_empty_desk_says_so(desk: RunningDesk) -> None:
    assert "还没有案件" in text_of(desk.http.get("/"))
    assert "No cases yet" in text_of(desk.http.get("/?lang=en"))


def test_a_case_shows_number_service_address_words_photo_status_count_and_time(desk: RunningDesk) -> None:
    told = {
        "service_code": "UM-G02",
        "address_string": "人民路与青华路口",
        "lat": "33.78921",
        "long": "114.52508",
        "description": "路灯坏了三天",
        "attribute[ticket_number]": "XH-1",
    }
    for _ in range(2):
        photo = [("media", ("a.png", PNG, "image/png"))]
        sent = desk.http.post("/open311/v2/requests.json", data=told, files=photo, headers={"Idempotency-Key": "k"})
        assert sent.status_code in (200, 201)
    answer = desk.http.get("/")
    shown = text_of(answer)
    for piece in (
        "D000001",
        "XH-1",
        "路灯",
        "人民路与青华路口",
        "33.78921, 114.52508",
        "路灯坏了三天",
        "待处理",
        "收到 2 次",
    ):
        assert piece in shown
    [photo_path] = set(re.findall(r'<img src="([^"]+)"', answer.text))
    assert desk.http.get(photo_path).content == PNG
    assert re.search(r'<time datetime="[^"]+\+08:00">\d{4}-\d\d-\d\d \d\d:\d\d</time>', answer.text)


def test_what_residents_wrote_is_text_and_never_markup(desk: RunningDesk) -> None:
    evil = "<script>alert(1)</script>"
    desk.filed(description=evil, address_string=f'"{evil}', **{"attribute[ticket_number]": evil})
    desk.status("D000001", evil[:60], evil)
    page = desk.http.get("/", params={"q": evil}).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    policy = desk.http.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


def test_a_button_changes_the_status_and_comes_back_to_the_case(desk: RunningDesk) -> None:
    number = desk.filed()
    answer = press(desk, number, "in_progress", note="已派单", show="open", q="路灯", page="1")
    assert answer.status_code == 303
    where = httpx.URL(answer.headers["location"])
    assert (where.path, where.fragment) == ("/", number)
    assert dict(where.params) == {"show": "open", "q": "路灯"}
    assert desk.cases()[0]["status"] == "in_progress"
    shown = text_of(desk.http.get("/"))
    assert "处理中" in shown
    assert "已派单" in shown


def test_a_word_of_another_system_is_shown_as_it_came(desk: RunningDesk) -> None:
    desk.status(desk.filed(), "转派水务")
    assert "转派水务" in text_of(desk.http.get("/?lang=en"))


def test_what_a_reporter_changed_stands_in_the_progress(desk: RunningDesk) -> None:
    said = {"service_request_id": desk.filed(), "service_code": "UM-A01", "address_string": "奉母路"}
    desk.http.post("/open311/v2/servicerequestupdates.json", data=said)
    shown = text_of(desk.http.get("/"))
    assert "地址改为“奉母路”" in shown
    assert "暴露垃圾" in shown


def test_open_and_closed_cases_and_found_ones_can_be_listed_alone(desk: RunningDesk) -> None:
    one = desk.filed(description="第一件", **{"attribute[ticket_number]": "XH-1"})
    two = desk.filed(description="第二件 50%_")
    desk.status(two, "closed")

    def listed(query: str) -> set[str]:
        return set(re.findall(r'id="(D\d+)"', desk.http.get(f"/?{query}").text))

    assert listed("show=open") == {one}
    assert listed("show=closed") == {two}
    assert listed("q=第一") == {one}
    assert listed("q=XH-1") == {one}
    assert listed(f"q={two.lower()}") == {two}
    assert listed("q=50%25_") == {two}
    assert listed("q=5_%25") == set()
    assert "清除查找" in text_of(desk.http.get("/?q=没有"))
    assert "没有符合条件的案件" in text_of(desk.http.get("/?q=没有"))


def test_many_cases_are_shown_page_by_page(desk: RunningDesk) -> None:
    numbers = [desk.filed() for _ in range(31)]
    first, second = (set(re.findall(r'id="(D\d+)"', desk.http.get(f"/?page={page}").text)) for page in (1, 2))
    assert (len(first), second) == (30, {numbers[0]})
    assert "第 2 页，共 2 页" in text_of(desk.http.get("/?page=2"))


def test_the_language_is_remembered(desk: RunningDesk) -> None:
    assert 'lang="zh-CN"' in desk.http.get("/").text
    desk.http.get("/?lang=en")
    again = desk.http.get("/").text
    assert '<html lang="en">' in again
    assert '<html lang="zh-CN">' in desk.http.get("/?lang=zh").text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_another_sites_page_cannot_press_buttons(desk: RunningDesk, headers: dict[str, str]) -> None:
    number = desk.filed()
    attempts: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", f"/cases/{number}/status", {"data": {"status": "closed"}}),
        ("POST", f"/desk/api/cases/{number}/status", {"json": {"status": "closed"}}),
        ("POST", "/desk/api/faults", {"json": {"plan": []}}),
        ("DELETE", "/desk/api/faults", {}),
    ]
    for method, path, body in attempts:
        assert desk.http.request(method, path, headers=headers, **body).status_code == 403, path
    assert desk.cases()[0]["status"] == "open"


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "99999999999", "²"])
def test_a_senseless_view_falls_back(page: str) -> None:
    assert view_from("fr", "some", "\x00", page) == View()


def test_static_files_are_the_desks_own(desk: RunningDesk) -> None:
    page = desk.http.get("/").text
    addresses = re.findall(r'(?:href|src)="(https?:)?//', page)
    assert addresses == [], "nothing comes from elsewhere"
    style = desk.http.get("/static/desk.css")
    assert style.headers["content-type"].startswith("text/css")
    assert style.headers["x-content-type-options"] == "nosniff"
    assert desk.http.get("/static/../pages.py").status_code == 404
    assert desk.http.get("/media/..%2fcasedesk.db").status_code == 404


@pytest.fixture
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_in_a_browser_the_buttons_work_and_nothing_overflows(desk: RunningDesk, browser: Any, width: int) -> None:
    desk.filed(description="胡同里垃圾没人拉" * 60, address_string="https://一个很长的没有空格的地址" * 6)
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(desk.base)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.fill("input[name=note]", "已派单")
    page.click("button[value=in_progress]")
    page.wait_for_selector(".working")
    assert page.inner_text(".status") == "处理中"
    page.click("a.language")
    assert page.inner_text(".status") == "In progress"
    assert complaints == []
    context.close()
