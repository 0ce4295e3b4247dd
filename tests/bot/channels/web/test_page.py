"""The chat page in a real browser, with a bot that is played by the tests."""

import io
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.bot.channels.web.browser import (
    AXE,
    CHOICE,
    CHROMIUM,
    DANGER,
    FILED,
    ONE,
    QUESTION,
    THREE,
    Visitor,
    chromium,
)
from tests.bot.channels.web.running import ROOT, RunningWeb
from tests.bot.channels.web.test_api import jpeg

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium and fonts-noto-cjk"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def visitor(web: RunningWeb, browser: Browser) -> Iterator[Visitor]:
    found = Visitor(web, browser)
    yield found
    found.context.close()


@pytest.fixture(scope="module")
def axe() -> None:
    """axe-core from the npm registry, as web/package-lock.json pins it."""
    if not AXE.exists():
        if shutil.which("npm") is None:
            pytest.fail("axe-core comes from the npm registry: install Node.js with npm (apt-get install npm)")
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-fund", "--no-audit"], cwd=ROOT / "web", check=True, timeout=180
        )


def visits(web: RunningWeb, browser: Browser, **given: Any) -> Iterator[Visitor]:
    found = Visitor(web, browser, **given)
    yield found
    found.context.close()


# Looks and access


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("language", "width"), [("zh", 360), ("en", 360), ("zh", 1280), ("en", 1280)])
def test_axe_finds_nothing_serious_and_nothing_overflows(
    web: RunningWeb, browser: Browser, scheme: str, language: str, width: int
) -> None:
    for visitor in visits(
        web, browser, language=language, color_scheme=scheme, viewport={"width": width, "height": 740}
    ):
        assert visitor.serious_findings() == []
        for text, says in [
            ("路灯坏了", (QUESTION,)),
            ("路灯", (CHOICE,)),
            ("一件事", (ONE,)),
            ("三件事", (THREE,)),
            ("撞车了", (DANGER, ONE)),
            ("交", (FILED, {"text": "很长" * 400})),
        ]:
            visitor.send(text)
            visitor.hears(*says)
            assert visitor.serious_findings() == []
            assert not visitor.overflows()
        visitor.page.set_input_files("#file", [{"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}])
        visitor.page.wait_for_selector(".tray .done")
        visitor.page.click("#menu-button")
        assert visitor.serious_findings() == []
        visitor.page.click("#delete")
        assert visitor.serious_findings() == []
        assert visitor.faults == []


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_privacy_notice_names_what_the_law_asks_for(visitor: Visitor, language: str) -> None:
    page = visitor.page
    page.goto(f"{visitor.web.base}/privacy?lang={language}")
    words = page.inner_text("main")
    wanted = {
        "zh": [
            "西华县城市管理局",
            "12345",
            "第十三条",
            "定位",
            "照片",
            "保存期限由西华县城市管理局确认后公布",
            "删除",
            "更正",
        ],
        "en": [
            "Xihua County Urban Management Bureau",
            "12345",
            "article 13",
            "position",
            "photos",
            "confirmed",
            "Delete",
        ],
    }
    assert [piece for piece in wanted[language] if piece not in words] == []
    assert visitor.serious_findings() == [] and not visitor.overflows()
    page.click(".home")
    page.wait_for_selector("#log .bot")


def test_two_hundred_percent_zoom_leaves_room_for_the_conversation(web: RunningWeb, browser: Browser) -> None:
    for visitor in visits(web, browser, viewport={"width": 640, "height": 360}, device_scale_factor=2):
        box = visitor.page.locator("#scroll").bounding_box()
        assert box and box["height"] > 180 and not visitor.overflows()


def test_what_is_pressed_is_large_enough_for_a_thumb(visitor: Visitor) -> None:
    visitor.send("三件事")
    visitor.hears(THREE)
    visitor.page.click("#menu-button")
    for control in visitor.page.locator("button:visible, .menu a:visible, textarea").all():
        box = control.bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 44, control.evaluate("e => e.outerHTML")


def test_nothing_moves_for_those_who_wish_so(web: RunningWeb, browser: Browser) -> None:
    for visitor in visits(web, browser, reduced_motion="reduce"):
        visitor.send("路灯坏了")
        visitor.page.wait_for_selector("#typing", state="visible")
        assert visitor.page.evaluate("getComputedStyle(document.querySelector('.dots i')).animationName") == "none"


def test_the_page_speaks_to_a_screen_reader(visitor: Visitor) -> None:
    page = visitor.page
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.get_by_role("log", name="对话记录").get_attribute("aria-live") == "polite"
    for name in ("添加照片", "发送我的位置", "发送", "更多"):
        assert page.get_by_role("button", name=name, exact=True).count() == 1
    assert page.get_by_role("textbox", name="输入消息").count() == 1
    visitor.send("three")
    visitor.hears({"text": "English words"}, DANGER)
    assert page.locator(".bot").nth(1).get_attribute("lang") == "en"
    assert page.locator(".emergency").get_attribute("role") == "alert"


# By keyboard alone


def test_a_report_can_be_made_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("路灯坏了")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("很黑")
    page.keyboard.press("Enter")
    visitor.settle()
    assert visitor.web.items(visitor.token)[0].payload == {"text": "路灯坏了\n很黑"}
    visitor.hears(ONE)
    page.locator("#scroll").focus()
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.payload || ''").startswith("confirm"):
            break
    page.keyboard.press("Enter")
    visitor.settle()
    assert visitor.web.items(visitor.token)[1].payload["button"].startswith("confirm:")
    assert page.evaluate("document.activeElement.classList.contains('me')"), "the focus goes with the answer"


def test_the_menu_and_the_question_before_erasing_work_by_keyboard(visitor: Visitor) -> None:
    page = visitor.page
    page.focus("#menu-button")
    page.keyboard.press("Enter")
    assert page.get_attribute("#menu-button", "aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert page.is_hidden("#menu") and page.evaluate("document.activeElement.id") == "menu-button"
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "erase-no", "what does no harm has the focus"
    page.keyboard.press("Escape")
    assert page.is_hidden("#erase") and page.evaluate("document.activeElement.id") == "menu-button"


def test_enter_while_characters_are_chosen_sends_nothing(visitor: Visitor) -> None:
    visitor.page.fill("#text", "lu deng")
    visitor.page.evaluate(
        "document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true}))"
    )
    assert visitor.page.input_value("#text") == "lu deng"
    assert visitor.page.locator(".me").count() == 0


# The conversation


def test_buttons_send_their_payload_and_go_when_their_moment_has_passed(visitor: Visitor) -> None:
    visitor.send("路灯")
    visitor.hears(CHOICE)
    visitor.page.click("[data-payload='service:UM-G02']")
    visitor.settle()
    assert visitor.web.items(visitor.token)[-1].payload == {"button": "service:UM-G02"}
    assert visitor.page.locator("[data-payload]").count() == 0
    assert "路灯" in visitor.page.locator(".me").last.inner_text()


def test_the_card_shows_each_problem_once_with_all_that_would_be_filed(visitor: Visitor) -> None:
    visitor.send("三件事")
    visitor.hears(THREE)
    card = visitor.page.locator(".card")
    words = card.inner_text()
    for piece in (
        "人民路与青华路口",
        "路灯坏了三天了",
        "138****0000",
        "昨天晚上",
        "2 张",
        "附有定位",
        "未填",
        "请核对",
    ):
        assert words.count(piece) == 1, piece
    assert words.count("办理单位") == 3 and "确认提交" in words
    long = card.locator(".item").nth(1)
    long.get_by_role("button", name="展开全文").click()
    assert "long" not in (long.locator(".quote").get_attribute("class") or "").split()
    long.get_by_role("button", name="去掉第2件").click()
    visitor.settle()
    assert visitor.web.items(visitor.token)[-1].payload == {"button": "drop:4:1"}


def test_an_emergency_shows_its_numbers_to_dial_and_is_not_pushed_off_the_screen(visitor: Visitor) -> None:
    visitor.send("撞车了")
    visitor.hears(DANGER, THREE)
    visitor.page.wait_for_timeout(600)
    calls = visitor.page.locator(".emergency .calls a")
    assert [call.get_attribute("href") for call in calls.all()] == ["tel:122", "tel:120"]
    box = visitor.page.locator(".emergency").bounding_box()
    assert box and box["y"] > 40 and box["y"] + box["height"] < 740
    assert visitor.page.is_visible("#newest"), "there is more below"


def test_a_ticket_number_can_be_copied(web: RunningWeb, browser: Browser) -> None:
    for visitor in visits(web, browser, permissions=["clipboard-read", "clipboard-write"]):
        visitor.send("确认")
        visitor.hears(FILED)
        visitor.page.click(".copy")
        visitor.page.get_by_text("已复制").wait_for()
        assert visitor.page.evaluate("navigator.clipboard.readText()") == "XH-20261124-0001"


def test_news_appears_by_itself(visitor: Visitor) -> None:
    visitor.hears({"text": "XH-1 正在处理。"})
    visitor.page.get_by_text("XH-1 正在处理。").wait_for()


def test_waiting_is_shown_and_after_three_seconds_said(visitor: Visitor) -> None:
    visitor.send("路灯坏了")
    visitor.page.wait_for_selector("#typing", state="visible")
    assert visitor.page.inner_text("#typing-words") == ""
    visitor.page.get_by_text("正在处理，请稍等").wait_for(timeout=4500)
    visitor.hears({"text": "好"})
    visitor.page.wait_for_selector("#typing", state="hidden")


def test_markup_in_a_message_is_shown_as_text(visitor: Visitor) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    visitor.send(attack)
    visitor.hears({"text": attack, "buttons": [{"title": attack, "payload": attack}]})
    assert visitor.page.locator("#log img, #log script").count() == 0
    assert visitor.page.locator("#log").inner_text().count("<img src=x") == 3


def test_a_text_that_is_too_long_is_told_before_it_is_sent(visitor: Visitor) -> None:
    visitor.page.fill("#text", "长" * 20_001)
    visitor.page.click("#send")
    assert "两万" in visitor.page.inner_text("#notice")
    assert len(visitor.page.input_value("#text")) == 20_001


# Photos and position


def test_photos_are_shown_uploaded_removed_and_sent(visitor: Visitor) -> None:
    page = visitor.page
    big = io.BytesIO()
    Image.effect_noise((3200, 2400), 90).convert("RGB").save(big, "JPEG", quality=97)
    assert len(big.getvalue()) > 3_000_000
    files: list[Any] = [
        {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()},
        {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": big.getvalue()},
        {"name": "c.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"},
    ]
    page.set_input_files("#file", files)
    page.wait_for_function(
        "() => document.querySelectorAll('.tray .done').length === 2 && document.querySelector('.tray .bad')"
    )
    assert "打不开" in page.inner_text("#notice")
    page.click("#send")
    page.wait_for_timeout(200)
    assert page.locator(".me").count() == 0, "nothing goes while a photo has failed"
    page.get_by_role("button", name="移除照片 3").click()
    page.get_by_role("button", name="移除照片 1").click()
    page.fill("#text", "看照片")
    page.click("#send")
    visitor.settle()
    [item] = visitor.web.items(visitor.token)
    assert item.payload["text"] == "看照片" and len(item.payload["uploads"]) == 1
    page.locator(".me img").wait_for()
    page.reload()
    page.wait_for_function(
        "() => document.querySelector('.me img') && document.querySelector('.me img').naturalWidth > 0"
    )


def test_eleven_photos_are_too_many(visitor: Visitor) -> None:
    one: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}
    visitor.page.set_input_files("#file", [one] * 11)
    assert visitor.page.locator(".tray li").count() == 10
    assert "10" in visitor.page.inner_text("#notice")


def test_the_position_goes_as_a_pin(web: RunningWeb, browser: Browser) -> None:
    place: Any = {"latitude": 33.7892123, "longitude": 114.525}
    for visitor in visits(web, browser, permissions=["geolocation"], geolocation=place):
        visitor.send("路灯坏了")
        visitor.hears(QUESTION)
        visitor.page.click("[data-payload='pin']")
        visitor.page.locator(".me", has_text="我的位置").wait_for()
        visitor.settle()
        item = visitor.web.items(visitor.token)[-1]
        assert (item.kind, item.payload) == ("location", {"location": {"lat": 33.78921, "lon": 114.525}})


def test_a_position_that_is_not_given_is_told_kindly(visitor: Visitor) -> None:
    visitor.page.click("#place")
    visitor.page.get_by_text("直接打字说地名").wait_for()


# Sessions and the network


def test_a_reload_brings_back_both_sides_in_order(visitor: Visitor) -> None:
    visitor.send("路灯坏了")
    visitor.hears(QUESTION)
    visitor.send("人民路")
    visitor.hears(FILED)
    before = visitor.page.locator("#log article").all_inner_texts()
    token = visitor.token
    visitor.page.reload()
    visitor.page.wait_for_selector(".ticket")
    after = visitor.page.locator("#log article").all_inner_texts()
    assert [text.splitlines()[:2] for text in after] == [
        text.splitlines()[:2] for text in before
    ] and visitor.token == token


def test_what_is_written_offline_is_sent_when_the_network_is_back_once(visitor: Visitor) -> None:
    visitor.context.set_offline(True)
    visitor.page.get_by_text("网络断开了").wait_for()
    visitor.page.fill("#text", "断网时写的")
    visitor.page.click("#send")
    visitor.page.get_by_text("等待发送").wait_for()
    visitor.context.set_offline(False)
    visitor.settle()
    visitor.page.get_by_text("已重新连上").wait_for()
    visitor.page.get_by_text("等待发送").wait_for(state="detached")
    visitor.page.wait_for_timeout(500)
    assert len(visitor.web.items(visitor.token)) == 1


def test_what_waits_survives_closing_the_page(visitor: Visitor) -> None:
    visitor.page.route("**/chat/api/messages", lambda route: route.abort())
    visitor.page.fill("#text", "还没发出的")
    visitor.page.click("#send")
    visitor.page.get_by_text("等待发送").wait_for()
    visitor.page.unroute("**/chat/api/messages")
    visitor.page.reload()
    visitor.settle()
    assert [item.payload["text"] for item in visitor.web.items(visitor.token)] == ["还没发出的"]


def test_a_session_that_has_ended_is_replaced_politely(visitor: Visitor) -> None:
    old = visitor.token
    visitor.web.http.request("DELETE", "/chat/api/sessions/current", headers={"Authorization": f"Bearer {old}"})
    visitor.page.get_by_text("之前的对话已经结束").wait_for()
    visitor.page.wait_for_function("old => JSON.parse(localStorage.yizhan).token !== old", arg=old)
    visitor.page.wait_for_function("() => JSON.parse(localStorage.yizhan).token")
    visitor.send("还在吗")
    assert visitor.web.items(visitor.token)[0].payload == {"text": "还在吗"}


def test_too_fast_is_told_and_sent_later(visitor: Visitor) -> None:
    answers = iter([{"status": 429, "headers": {"Retry-After": "1"}, "body": '{"error": "slow"}'}])

    def once(route: Any) -> None:
        answer = next(answers, None)
        route.fulfill(**answer) if answer else route.continue_()

    visitor.page.route("**/chat/api/messages", once)
    visitor.page.fill("#text", "快")
    visitor.page.click("#send")
    visitor.page.get_by_text("发得有点快").wait_for()
    visitor.settle()


def test_erasing_clears_the_page_the_browser_and_the_session(visitor: Visitor) -> None:
    visitor.send("我的秘密")
    visitor.hears({"text": "好"})
    old = visitor.token
    visitor.page.click("#menu-button")
    visitor.page.click("#delete")
    visitor.page.click("#erase-yes")
    visitor.page.get_by_text("已删除").wait_for()
    visitor.page.wait_for_function(
        "old => { const t = JSON.parse(localStorage.yizhan).token; return t && t !== old }", arg=old
    )
    assert "我的秘密" not in visitor.page.evaluate("localStorage.yizhan")
    assert "我的秘密" not in visitor.page.inner_text("#log")
    headers = {"Authorization": f"Bearer {old}"}
    assert visitor.web.http.get("/chat/api/messages", headers=headers).status_code == 401


def test_the_language_can_be_switched_and_the_bot_is_told(visitor: Visitor) -> None:
    page = visitor.page
    page.click("#switch")
    visitor.settle()
    assert page.get_attribute("html", "lang") == "en"
    assert page.get_by_role("textbox", name="Your message").count() == 1
    [item] = visitor.web.items(visitor.token)
    assert (item.kind, item.payload) == ("command", {"command": "language en"})
    assert page.locator(".me").count() == 0
    page.reload()
    page.get_by_role("textbox", name="Your message").wait_for()
