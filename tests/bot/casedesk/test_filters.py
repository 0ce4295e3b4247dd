"""Finding cases again: by id, own number, account, moment, status, and page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.casedesk.filters import SPAN, moment, request_filter, update_filter
from bot.casedesk.problems import Refused
from tests.bot.casedesk.running import RunningDesk

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def found(desk: RunningDesk, **query: Any) -> list[str]:
    answer = desk.http.get("/open311/v2/requests.json", params=query)
    assert answer.status_code == 200, answer.text
    return [row["service_request_id"] for row in answer.json()]


def test_the_newest_case_comes_first(desk: RunningDesk) -> None:
    numbers = [desk.filed() for _ in range(3)]
    assert found(desk) == numbers[::-1]


def test_ids_override_all_other_filters(desk: RunningDesk) -> None:
    one, two, _ = (desk.filed() for _ in range(3))
    assert set(found(desk, service_request_id=f"{one},{two}, D999999,junk", status="closed")) == {one, two}


def test_service_status_account_and_own_number_narrow_down(desk: RunningDesk) -> None:
    lamp = desk.filed(account_id="a", **{"attribute[ticket_number]": "XH-1"})
    road = desk.filed(service_code="UM-A01", account_id="b")
    desk.status(road, "rejected")
    assert found(desk, service_code="UM-A01,UM-A02") == [road]
    assert found(desk, service_code="unknown") == []
    assert found(desk, status="open") == [lamp]
    assert found(desk, status="closed") == [road]
    assert set(found(desk, status="open,closed")) == {lamp, road}
    assert found(desk, account_id="a") == [lamp]
    assert found(desk, ticket_number="XH-1") == [lamp]
    assert found(desk, **{"attribute[ticket_number]": "XH-1"}) == [lamp]
    assert found(desk, ticket_number="XH-2") == []


def test_the_standards_status_is_open_or_closed_and_the_finer_word_stands_beside_it(desk: RunningDesk) -> None:
    number = desk.filed()
    for word, basic in (("in_progress", "open"), ("withdrawn", "closed"), ("转派水务", "open"), ("closed", "closed")):
        desk.status(number, word)
        [row] = desk.http.get(f"/open311/v2/requests/{number}.json").json()
        assert (row["status"], row["detailed_status"]) == (basic, word)


def test_pages_do_not_overlap_and_end(desk: RunningDesk) -> None:
    numbers = [desk.filed() for _ in range(5)]
    pages = [found(desk, page=page, page_size=2) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert sum(pages, []) == numbers[::-1]


def test_changes_since_a_moment_come_oldest_first(desk: RunningDesk) -> None:
    first, second, third = (desk.filed() for _ in range(3))
    changed = desk.status(first, "in_progress")["updated_datetime"]
    desk.status(third, "closed")
    assert found(desk, updated_after=changed) == [first, third]
    assert found(desk, updated_datetime=changed) == [first, third]
    assert second not in found(desk, updated_after=changed, updated_before="2199-01-01T00:00:00Z")


def test_dates_take_an_offset_also_with_a_plus_that_was_not_encoded(desk: RunningDesk) -> None:
    number = desk.filed()
    raw = "start_date=2026-01-01T00:00:00+08:00"
    assert desk.http.get(f"/open311/v2/requests.json?{raw}").status_code == 200
    assert moment("2026-01-01T08:00:00 08:00", "start_date") == datetime(2026, 1, 1, tzinfo=UTC)
    [row] = desk.http.get(f"/open311/v2/requests/{number}.json").json()
    told = row["requested_datetime"]
    assert found(desk, start_date=told, end_date=told) == [number]


def test_a_case_older_than_90_days_is_found_by_number_but_not_by_default() -> None:
    old = request_filter([], NOW)
    assert (old.start, old.end) == (NOW - SPAN, None)
    for name in ("ticket_number", "updated_after"):
        asked = request_filter([(name, "2020-01-01T00:00:00Z")], NOW)
        assert asked.start is None
    only_start = request_filter([("start_date", "2020-01-01T00:00:00Z")], NOW)
    assert only_start.end == datetime(2020, 1, 1, tzinfo=UTC) + SPAN
    only_end = request_filter([("end_date", "2020-01-01T00:00:00Z")], NOW)
    assert only_end.start == datetime(2020, 1, 1, tzinfo=UTC) - SPAN


@pytest.mark.parametrize(
    "query",
    [
        {"start_date": "2026-01-01"},
        {"start_date": "2026-01-01T00:00:00"},
        {"start_date": "yesterday"},
        {"start_date": "2026-13-01T00:00:00Z"},
        {"start_date": "0001-01-01T00:00:00Z"},
        {"start_date": "9999-12-31T23:59:59-23:59"},
        {"end_date": "2026-01-01T00:00:00+99:00"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"},
        {"updated_after": "soon"},
        {"status": "in_progress"},
        {"page": "0"},
        {"page": "x"},
        {"page": "99999999999999999999"},
        {"page_size": "1001"},
        {"page_size": "-1"},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        request_filter(query.items(), NOW)
    assert refused.value.status == 400


def test_updates_are_asked_for_without_a_default_span() -> None:
    assert update_filter([]).start is None
    with pytest.raises(Refused):
        update_filter([("origin", "elsewhere")])
    span = [("start_date", "2026-02-01T00:00:00Z"), ("end_date", "2026-01-01T00:00:00Z")]
    with pytest.raises(Refused):
        update_filter(span)
    assert timedelta(days=90) == SPAN
