"""servicerequestupdates: the desk's news read in order, a reporter's corrections taken down once."""

from typing import Any

import httpx
import pytest

from tests.bot.casedesk.running import RunningDesk

PATH = "/open311/v2/servicerequestupdates"


def news(desk: RunningDesk, **query: Any) -> list[dict[str, Any]]:
    answer = desk.http.get(f"{PATH}.json", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json())


def tell(desk: RunningDesk, number: str, key: str | None = None, **fields: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return desk.http.post(f"{PATH}.json", data={"service_request_id": number, **fields}, headers=headers)


def case_of(desk: RunningDesk, number: str) -> dict[str, Any]:
    return next(case for case in desk.cases() if case["id"] == number)


def test_a_status_change_is_news_with_its_own_number(desk: RunningDesk) -> None:
    number = desk.filed(**{"attribute[ticket_number]": "XH-1"})
    told = desk.status(number, "in_progress", "已派单")
    [row] = news(desk)
    assert row == told
    assert row["update_id"] == "U000001"
    assert (row["service_request_id"], row["ticket_number"]) == (number, "XH-1")
    assert (row["status"], row["description"], row["origin"]) == ("in_progress", "已派单", "desk")


def test_news_come_oldest_first_and_moments_of_a_case_only_grow(desk: RunningDesk) -> None:
    number = desk.filed()
    for word in ("in_progress", "closed", "open", "closed"):
        desk.status(number, word)
    rows = news(desk)
    assert [row["status"] for row in rows] == ["in_progress", "closed", "open", "closed"]
    moments = [row["updated_datetime"] for row in rows]
    assert moments == sorted(set(moments))


def test_news_can_be_read_from_a_moment_on_for_some_cases_and_by_origin(desk: RunningDesk) -> None:
    one, two = desk.filed(), desk.filed()
    desk.status(one, "in_progress")
    second = desk.status(two, "in_progress")["updated_datetime"]
    tell(desk, one, description="还没修")
    assert len(news(desk)) == 3
    assert [row["service_request_id"] for row in news(desk, start_date=second)] == [two, one]
    assert [row["service_request_id"] for row in news(desk, end_date=second)] == [one, two]
    assert len(news(desk, service_request_id=one)) == 2
    assert [row["origin"] for row in news(desk, origin="desk")] == ["desk", "desk"]
    assert [row["description"] for row in news(desk, origin="reporter")] == ["还没修"]
    assert len(news(desk, page=2, page_size=2)) == 1


def test_a_reporter_can_withdraw(desk: RunningDesk) -> None:
    number = desk.filed()
    answer = tell(desk, number, status="withdrawn", description="已经修好了")
    assert answer.status_code == 201
    assert answer.json() == [{"update_id": "U000001"}]
    assert case_of(desk, number)["status"] == "withdrawn"
    tell(desk, number, status="REOPEN")
    assert case_of(desk, number)["status"] == "reopened"
    [row] = desk.http.get(f"/open311/v2/requests/{number}.json").json()
    assert row["status"] == "open"


def test_a_reporter_can_correct_service_place_and_attributes(desk: RunningDesk) -> None:
    number = desk.filed(**{"attribute[ticket_number]": "XH-1", "attribute[grid]": "G-1"})
    answer = tell(
        desk,
        number,
        service_code="UM-A01",
        address_string="奉母路",
        lat="33.8",
        long="114.5",
        media_url="http://127.0.0.1:1/2.jpg",
        updated_datetime="2026-11-24T20:00:00+08:00",
        **{"attribute[grid]": "G-2"},
    )
    assert answer.status_code == 201
    case = case_of(desk, number)
    assert (case["service_code"], case["address"], case["lat"], case["long"]) == ("UM-A01", "奉母路", 33.8, 114.5)
    assert case["attributes"] == {"ticket_number": "XH-1", "grid": "G-2"}
    assert case["media"] == ["http://127.0.0.1:1/2.jpg"]
    assert case["status"] == "open"


def test_a_new_address_without_a_point_drops_the_old_point(desk: RunningDesk) -> None:
    number = desk.filed(lat="33.79", long="114.52")
    tell(desk, number, address_string="西街")
    case = case_of(desk, number)
    assert (case["address"], case["lat"], case["long"]) == ("西街", None, None)
    tell(desk, number, lat="33.8", long="114.5")
    case = case_of(desk, number)
    assert (case["address"], case["lat"], case["long"]) == ("西街", 33.8, 114.5)


def test_words_alone_leave_the_status_as_it_is(desk: RunningDesk) -> None:
    number = desk.filed()
    desk.status(number, "in_progress", "已派单")
    tell(desk, number, description="还有一盏也不亮")
    case = case_of(desk, number)
    assert (case["status"], case["status_note"], case["description"]) == ("in_progress", "已派单", "路灯坏了")


@pytest.mark.parametrize("known_by", ["key", "update_id"])
def test_the_same_update_twice_is_one(desk: RunningDesk, known_by: str) -> None:
    number = desk.filed()
    desk.status(number, "closed")

    def send(words: str) -> httpx.Response:
        if known_by == "key":
            return tell(desk, number, key="u-1", status="reopened", description=words)
        return tell(desk, number, update_id="77", status="reopened", description=words)

    first = send("没修好")
    desk.status(number, "closed")
    again = send("没修好")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert case_of(desk, number)["status"] == "closed", "a repeat must not reopen the case once more"
    assert send("别的话").status_code == 422
    assert len(news(desk, origin="reporter")) == 1


def test_an_update_id_belongs_to_its_case(desk: RunningDesk) -> None:
    one, two = desk.filed(), desk.filed()
    assert tell(desk, one, update_id="1", description="a").status_code == 201
    assert tell(desk, two, update_id="1", description="a").status_code == 201


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"status": "unchanged"}, 201),
        ({"status": "exploded"}, 400),
        ({"service_code": "XX"}, 404),
        ({"description": "长" * 4001}, 400),
        ({"lat": "33"}, 400),
        ({"updated_datetime": "gestern", "description": "a"}, 400),
        ({"service_request_id": "D999999", "description": "a"}, 404),
        ({"service_request_id": "", "description": "a"}, 400),
        ({"jurisdiction_id": "elsewhere", "description": "a"}, 404),
    ],
)
def test_what_is_no_update_is_refused(desk: RunningDesk, fields: dict[str, str], status: int) -> None:
    number = desk.filed()
    answer = tell(desk, **{"number": number, **fields}) if "service_request_id" not in fields else None
    if answer is None:
        answer = desk.http.post(f"{PATH}.json", data=fields)
    assert answer.status_code == status
    assert len(news(desk)) == (1 if status == 201 else 0)
