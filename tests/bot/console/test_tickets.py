"""The rooms about tickets and deliveries: what is shown, what is hidden, what is decided."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.console import places
from bot.console.tickets import hidden_phone, map_url
from bot.intake import circuits
from bot.intake.accounttables import AuditLine
from bot.intake.outbox import NEVER
from bot.intake.tables import Delivery, OutboxItem, Ticket
from tests.bot.console.browser import Window
from tests.bot.console.staff import Staff

pytest_plugins = ["tests.bot.console.fixtures"]

PHONE = "13712345678"


def filed(staff: Staff, resident: str = "r1", phone: str = PHONE) -> Ticket:
    """A resident's confirmed ticket about a lamp."""
    home = staff.home
    conversation = home.resident(resident)
    payload = home.reports_lamp(conversation)
    home.presses(conversation, payload)
    ticket = home.tickets()[-1]
    with home.database.transaction() as session:
        stored = session.get_one(Ticket, ticket.id)
        stored.contact_phone, stored.contact_name = phone, "王建国"
        stored.text = f"路灯坏了，打我电话{phone}"
        return stored


def stuck(staff: Staff, ticket: Ticket, state: str = "unknown") -> str:
    now = staff.ground.clock()
    with staff.home.database.transaction() as session:
        item = session.scalars(select(OutboxItem).where(OutboxItem.ticket_id == ticket.id)).one()
        item.state, item.attempts, item.reason = state, 3, "HTTP 502 <html>"
        item.next_attempt_at = NEVER if state == "unknown" else now
        answer = "<script>alert(1)</script>"
        session.add(Delivery(outbox_id=item.id, kind="send", started_at=now, outcome="ambiguous", detail=answer))
        return item.id


def audited(staff: Staff) -> list[tuple[str, str | None]]:
    with staff.home.database.reading() as session:
        return [(line.action, line.person_name) for line in session.scalars(select(AuditLine).order_by(AuditLine.seq))]


def item_state(staff: Staff, item_id: str) -> str:
    with staff.home.database.reading() as session:
        return session.get_one(OutboxItem, item_id).state


async def test_the_list_finds_by_words_and_filters_and_hides_phones(either_staff: Staff) -> None:
    ticket = filed(either_staff)
    async with either_staff.client() as client:
        for query in (
            "",
            "?q=路灯坏了",
            "?q=灯",
            f"?q={ticket.number}",
            "?status=submitted&service=UM-G02&delivery=open",
        ):
            page = await client.get(f"/console/tickets{query}")
            assert page.status_code == 200 and ticket.number in page.text and PHONE not in page.text, query
        for query in ("?q=井盖丢失", "?status=closed", "?since=2099-01-01", "?department=没有这个单位"):
            page = await client.get(f"/console/tickets{query}")
            assert page.status_code == 200 and ticket.number not in page.text, query


@pytest.mark.parametrize(
    "query", ["status=lost", "delivery=lost", "since=tomorrow", "before=x", "before=2026-01-01~a", "q=" + "字" * 201]
)
async def test_addresses_that_somebody_made_up_are_refused_in_words(staff: Staff, query: str) -> None:
    async with staff.client() as client:
        assert (await client.get(f"/console/tickets?{query}")).status_code == 400


async def test_personal_data_is_shown_on_asking_and_that_is_noted(either_staff: Staff) -> None:
    ticket = filed(either_staff)
    async with either_staff.client(name="小李") as client:
        before = await client.get(f"/console/tickets/{ticket.number}")
        assert before.status_code == 200 and PHONE not in before.text and "王建国" not in before.text
        assert ("saw", "小李") not in audited(either_staff)
        shown = await client.post(f"/console/tickets/{ticket.number}/personal")
        assert PHONE in shown.text and "王建国" in shown.text
        assert (await client.post("/console/tickets/XH-0/personal")).status_code == 404
    assert audited(either_staff).count(("saw", "小李")) == 1


async def test_a_ticket_page_tells_its_life_and_escapes_what_others_wrote(either_staff: Staff) -> None:
    ticket = filed(either_staff)
    stuck(either_staff, ticket)
    async with either_staff.client("auditor") as client:
        page = (await client.get(f"/console/tickets/{ticket.number}")).text
    assert "/personal" not in page, "auditors need nobody's phone"
    assert "结果不明" in page and "人民路与青华路" in page and "UM-G02" in page and "90%" in page
    assert "&lt;script&gt;alert(1)" in page and "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("action", "after"),
    [("look_again", "unknown"), ("send_again", "waiting"), ("settle", "accepted"), ("give_up", "dead")],
)
async def test_an_unknown_delivery_is_decided(either_staff: Staff, action: str, after: str) -> None:
    item_id = stuck(either_staff, filed(either_staff))
    async with either_staff.client(name="小李") as client:
        assert item_id in (await client.get("/console/deliveries")).text
        done = await client.post(
            f"/console/deliveries/{item_id}/{action}", data={"case_id": "C-9", "next": "https://x.test/"}
        )
        assert done.status_code == 303 and done.headers["location"].startswith("/console/deliveries?said=")
    assert item_state(either_staff, item_id) == after
    assert audited(either_staff)[-1] == (f"outbox.{action}", "小李")


async def test_a_decision_that_comes_too_late_does_nothing(staff: Staff) -> None:
    item_id = stuck(staff, filed(staff), "accepted")
    async with staff.client() as client:
        assert (await client.post(f"/console/deliveries/{item_id}/give_up")).status_code == 409
        assert (await client.post(f"/console/deliveries/{item_id}/explode")).status_code == 404
    assert item_state(staff, item_id) == "accepted"


async def test_who_may_do_what(staff: Staff) -> None:
    item_id = stuck(staff, filed(staff))
    async with staff.client("auditor") as auditor:
        assert (await auditor.post(f"/console/deliveries/{item_id}/send_again")).status_code == 403
        assert "/send_again" not in (await auditor.get("/console/deliveries")).text
    async with staff.client("operator") as operator:
        assert (await operator.post("/console/deliveries/backends/desk/pause")).status_code == 403
    assert item_state(staff, item_id) == "unknown"


async def test_a_backend_is_paused_and_resumed(either_staff: Staff) -> None:
    staff = either_staff
    async with staff.client("reviewer") as client:
        assert (await client.post("/console/deliveries/backends/desk/pause")).status_code == 303
        with staff.home.database.reading() as session:
            assert circuits.paused_until(session, "desk", staff.ground.clock() + timedelta(days=99)) is not None
        assert "人工暂停" in (await client.get("/console/deliveries")).text
        assert (await client.post("/console/deliveries/backends/desk/resume")).status_code == 303
        assert (await client.post("/console/deliveries/backends/nowhere/pause")).status_code == 404
    with staff.home.database.reading() as session:
        assert circuits.paused_until(session, "desk", staff.ground.clock()) is None


@pytest.mark.parametrize(("phone", "hidden"), [("13712345678", "137****78"), ("5551", "****"), ("", "")])
def test_a_hidden_phone_cannot_be_called(phone: str, hidden: str) -> None:
    assert hidden_phone(phone) == hidden


def test_a_map_only_where_there_is_a_place() -> None:
    assert map_url(None, 114.5) == "" and "mlat=33.790000&mlon=114.520000" in map_url(33.79, 114.52)


def test_a_place_in_a_list_reads_back() -> None:
    assert places.read(places.written((NEVER, "a~b"))) == (NEVER, "a~b") and places.read("") is None


@pytest.mark.browser
def test_pages_in_a_browser_are_accessible_and_fit(running_staff: Staff, window: Callable[..., Window]) -> None:
    ticket = filed(running_staff)
    stuck(running_staff, ticket)
    for size in ({"width": 1280, "height": 800}, {"width": 820, "height": 1180}):
        shown = window("reviewer", viewport=size)
        for path in ("tickets", f"tickets/{ticket.number}", "deliveries", "handovers"):
            shown.page.goto(f"{running_staff.base}/console/{path}")
            shown.page.wait_for_selector("h1")
            assert not shown.overflows(), (path, size)
            assert shown.serious_findings() == [], (path, size)
        assert shown.faults == []


@pytest.mark.browser
def test_an_operator_decides_a_delivery_in_a_browser(running_staff: Staff, window: Callable[..., Window]) -> None:
    item_id = stuck(running_staff, filed(running_staff))
    page = window().page
    page.goto(f"{running_staff.base}/console/deliveries")
    page.get_by_role("button", name="放弃").click()
    page.get_by_role("dialog").get_by_role("button", name="确定").click()
    page.wait_for_selector("text=没有需要人工决定的派送")
    assert item_state(running_staff, item_id) == "dead"
