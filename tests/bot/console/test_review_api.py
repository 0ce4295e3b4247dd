"""The JSON API of the review queue: what is listed, decided, refused and described."""

from typing import Any

from tests.bot.console.staff import Staff
from tests.bot.intake.test_decisions import reports, without_lots

pytest_plugins = ["tests.bot.console.fixtures"]
QUEUE = "/console/api/review"


async def listed(
    staff: Staff, role: Any = "operator", name: str = "", query: str = "?limit=50"
) -> list[dict[str, Any]]:
    async with staff.client(role, name) as client:
        answer = await client.get(QUEUE + query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


async def posted(staff: Staff, path: str, body: Any = None, name: str = "") -> tuple[int, dict[str, Any]]:
    async with staff.client("operator", name) as client:
        answer = await client.post(f"{QUEUE}/{path}", json=body)
        return answer.status_code, answer.json()


def with_reports(staff: Staff, count: int = 1) -> None:
    without_lots(staff.home)
    for n in range(count):
        reports(staff.home, staff.home.resident(f"r{n}"))


async def test_an_item_says_what_an_operator_needs(either_staff: Staff) -> None:
    with_reports(either_staff)
    (item,) = await listed(either_staff)
    assert (item["service_code"], item["reason"], item["confidence"]) == ("UM-G02", "low_confidence", 0.45)
    assert item["ticket"]["number"].startswith("XH-") and item["suggestions"][1]["service_code"] == "TR-03"
    place = item["places"][0]
    assert item["text"][place["start"] : place["end"]] == place["text"]
    async with either_staff.client() as client:
        whole = (await client.get(f"{QUEUE}/{item['id']}")).json()
    assert {line["by"] for line in whole["conversation"]} == {"resident", "bot"}


async def test_a_decision_mends_and_the_next_list_is_without_it(either_staff: Staff) -> None:
    with_reports(either_staff)
    (item,) = await listed(either_staff)
    status, answer = await posted(
        either_staff, f"{item['id']}/decision", {"outcome": "correct", "service_code": "TR-03"}
    )
    assert (status, answer["mended"], answer["decided_by"]) == (200, True, "operator")
    assert answer["tickets"][0]["service_code"] == "TR-03" and await listed(either_staff) == []
    status, again = await posted(
        either_staff, f"{item['id']}/decision", {"outcome": "correct", "service_code": "TR-03"}
    )
    assert (status, again) == (200, answer)
    status, other = await posted(either_staff, f"{item['id']}/decision", {"outcome": "accept"}, "second")
    assert (status, other["decided_by"]) == (409, "operator")
    status, back = await posted(either_staff, "undo")
    assert (status, back["undone"]) == (200, [item["id"]]) and len(await listed(either_staff)) == 1


async def test_filters(staff: Staff) -> None:
    with_reports(staff)
    assert len(await listed(staff, query="?reason=low_confidence&service=UM-G02")) == 1
    assert await listed(staff, query="?reason=danger") == [] == await listed(staff, query="?service=TR-03")


async def test_bulk_over_similar_ones(staff: Staff) -> None:
    with_reports(staff, 5)
    first = (await listed(staff))[0]["id"]
    async with staff.client() as client:
        similar = (await client.get(f"{QUEUE}/{first}/similar")).json()["items"]
    ids = [first, *(one["id"] for one in similar)]
    status, done = await posted(staff, "bulk", {"outcome": "correct", "service_code": "TR-03", "ids": ids})
    assert (status, len(done["decided"]), await listed(staff)) == (200, 5, [])


async def test_what_cannot_be_is_said_in_words(staff: Staff) -> None:
    with_reports(staff)
    (item,) = await listed(staff)
    for body in (
        {"outcome": "delete"},
        {"outcome": "correct", "service_code": "XX"},
        {},
        {"outcome": "merge", "ticket": "XH-0"},
    ):
        status, answer = await posted(staff, f"{item['id']}/decision", body)
        assert status == 400 and answer["error"], body
    assert (await posted(staff, "nothing/decision", {"outcome": "accept"}))[0] == 404


async def test_a_colleague_may_be_handed_an_item_an_auditor_not(staff: Staff) -> None:
    with_reports(staff)
    (item,) = await listed(staff)
    staff.person("operator", "王强"), staff.person("auditor", "账房")
    assert (await posted(staff, f"{item['id']}/decision", {"outcome": "hand_over", "colleague": "账房"}))[0] == 400
    assert (await posted(staff, f"{item['id']}/decision", {"outcome": "hand_over", "colleague": "王强"}))[0] == 200
    assert await listed(staff) == [] and len(await listed(staff, "operator", "王强")) == 1


async def test_auditors_look_and_decide_nothing_and_strangers_see_nothing(staff: Staff) -> None:
    with_reports(staff)
    (item,) = await listed(staff, "auditor")
    async with staff.client("auditor") as client:
        assert (await client.post(f"{QUEUE}/{item['id']}/decision", json={"outcome": "accept"})).status_code == 403
    async with staff.client(None) as client:
        assert (await client.get(QUEUE)).status_code == 401


async def test_the_api_describes_itself(staff: Staff) -> None:
    async with staff.client() as client:
        document = (await client.get("/console/api/openapi.json")).json()
    assert {"/api/review", "/api/review/{review_id}/decision"} <= set(document["paths"])


async def test_the_page_shows_the_first_item_and_an_empty_queue_says_so(staff: Staff) -> None:
    async with staff.client() as client:
        assert "都看完了" in (await client.get("/console/review")).text
        with_reports(staff)
        page = (await client.get("/console/review")).text
    assert 'data-choose="TR-03"' in page and "路灯坏了三天了" in page
    assert "路灯一闪一闪" in page and "像 61%" in page
