"""The room of hand-overs: taking a call, writing to the resident, reading along, giving back."""

from collections.abc import Callable

import pytest

from bot.intake import handovers
from tests.bot.console.browser import Window
from tests.bot.console.staff import Staff
from tests.bot.intake.home import document

pytest_plugins = ["tests.bot.console.fixtures"]

PHONE = "13712345678"


def called(staff: Staff, resident: str = "r1") -> tuple[str, str]:
    """A resident who wants a person: the conversation and the hand-over."""
    home = staff.home
    conversation = home.resident(resident)
    home.says(conversation, f"转人工，我的电话{PHONE}", document("转人工", "handoff"))
    with home.database.reading() as session:
        found = handovers.find_open(session, conversation)
        assert found is not None
        return conversation, found.id


async def test_a_call_is_taken_answered_and_ended(either_staff: Staff) -> None:
    staff = either_staff
    conversation, call = called(staff)
    async with staff.client(name="小李") as client:
        queue = (await client.get("/console/handovers")).text
        assert call in queue and PHONE not in queue
        assert PHONE not in (await client.get(f"/console/handovers/{call}")).text, "not before the call is taken"
        assert (await client.post(f"/console/handovers/{call}/say", data={"text": "您好"})).status_code == 409
        assert (await client.post(f"/console/handovers/{call}/take")).status_code == 303
        assert PHONE in (await client.get(f"/console/handovers/{call}")).text
        sent = await client.post(
            f"/console/handovers/{call}/say", data={"text": "您好 <b>", "key": "k"}, headers={"X-Script": "1"}
        )
        assert sent.json()["said"] is True
        page = (await client.get(f"/console/handovers/{call}/lines")).text
        assert "【工作人员】您好 &lt;b&gt;" in page and 'data-side="staff"' in page
        assert (await client.post(f"/console/handovers/{call}/end")).status_code == 303
    bodies = staff.home.bodies(conversation)
    assert bodies[-2]["text"] == "【工作人员】您好 <b>" and bodies[-2]["staff"] is True


async def test_news_comes_only_where_there_is_some(staff: Staff) -> None:
    conversation, call = called(staff)
    async with staff.client() as client:
        await client.post(f"/console/handovers/{call}/take")
        for path in (f"/console/handovers/{call}/lines", "/console/handovers/queue"):
            text = (await client.get(path)).text
            version = text.split('data-version="')[1].split('"')[0]
            assert (await client.get(f"{path}?version={version}")).status_code == 204
            staff.home.says(conversation, "还在吗", document("还在吗", "smalltalk"))
            assert "还在吗" in (await client.get(f"{path}?version={version}")).text


async def test_colleagues_and_auditors_read_masked_and_cannot_write(staff: Staff) -> None:
    _, call = called(staff)
    async with (
        staff.client(name="小李") as first,
        staff.client(name="小王") as second,
        staff.client("auditor") as auditor,
    ):
        await first.post(f"/console/handovers/{call}/take")
        assert PHONE not in (await second.get(f"/console/handovers/{call}")).text
        assert (await second.post(f"/console/handovers/{call}/say", data={"text": "嗯"})).status_code == 409
        assert (await auditor.post(f"/console/handovers/{call}/take")).status_code == 403
        assert "/take" not in (await auditor.get(f"/console/handovers/{call}")).text
        await second.post(f"/console/handovers/{call}/take")
        assert (await first.post(f"/console/handovers/{call}/say", data={"text": "嗯"})).status_code == 409
        assert (await first.get("/console/handovers/nothing")).status_code == 404
        assert (await first.post("/console/handovers/nothing/take")).status_code == 404


@pytest.mark.browser
def test_a_talk_in_a_browser(running_staff: Staff, window: Callable[..., Window]) -> None:
    """The queue shows a new call by itself; what the resident writes appears; the answer goes out with Enter."""
    opened = window()
    page = opened.page
    page.goto(f"{running_staff.base}/console/handovers")
    page.wait_for_selector("text=现在没有人等")
    conversation, call = called(running_staff)
    page.get_by_role("button", name="接待").click()
    page.wait_for_selector("textarea")
    assert opened.serious_findings() == []
    page.get_by_role("button", name="您好，我来帮您看一下").click()
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-side="staff"]')
    page.fill("textarea", "还没写完的半句")
    running_staff.home.says(conversation, "路口那盏灯", document("路口那盏灯", "smalltalk"))
    page.wait_for_selector("text=路口那盏灯")
    assert page.input_value("textarea") == "还没写完的半句", "news does not disturb what is being written"
    page.get_by_role("button", name="结束接待").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    page.wait_for_selector("text=最近结束")
    assert opened.faults == [] and "【工作人员】" in "".join(b["text"] for b in running_staff.home.bodies(conversation))
