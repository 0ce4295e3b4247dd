"""A ticket in a server's words, and back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.forwarding.backends.open311 import words
from bot.forwarding.backends.open311.profile import LookUp, Profile
from bot.forwarding.errors import Permanent
from bot.intake.orders import Order
from tests.bot.forwarding.house import START

DESK: dict[str, Any] = {
    "kind": "open311",
    "base_url": "http://backend.test",
    "account_id": "acct",
    "own_number": {"field": "attribute[ticket_number]"},
    "attributes": {"place_code": "attribute[place_code]", "grid": "attribute[grid]", "anonymous": "attribute[anon]"},
    "media": {"repeat": True},
    "changes": {"events": ["corrected", "withdrawn"], "fields": True, "labels": {"withdrawn": "居民撤回"}},
}
ORDER = Order(
    key="k1",
    backend="desk",
    event_type="ticket.created",
    event_id="e1",
    seq=1,
    happened_at=START,
    ticket_number="XH-20260504-0001",
    case_id=None,
    service_code="UM-G02",
    text="桥头的灯不亮",
    address="址坊镇桥头",
    place_code="411622108",
    lat=33.79,
    lon=114.5,
    occurred="三天前",
    photos=("p1", "p2"),
    contact_name="李四",
    contact_phone="13800000000",
)


def profile(**changes: Any) -> Profile:
    return Profile.model_validate(DESK | changes)


def media(upload: str) -> str | None:
    return f"http://photos.test/{upload}"


def fields(order: Order, **changes: Any) -> list[tuple[str, str]]:
    return words.case_fields(order, profile(**changes), media)


def test_the_form_of_a_case() -> None:
    assert fields(ORDER) == [
        ("service_code", "UM-G02"),
        ("lat", "33.790000"),
        ("long", "114.500000"),
        ("address_string", "址坊镇桥头"),
        ("description", "桥头的灯不亮"),
        ("account_id", "acct"),
        ("attribute[ticket_number]", "XH-20260504-0001"),
        ("attribute[place_code]", "411622108"),
        ("attribute[anon]", "false"),
        ("first_name", "李四"),
        ("phone", "13800000000"),
        ("media_url", "http://photos.test/p1"),
        ("media_url", "http://photos.test/p2"),
    ]


def test_a_server_that_knows_other_codes_and_one_picture() -> None:
    told = fields(ORDER, services={"UM-G02": "LIGHT"}, media={}, extra={"email": "desk@city.test"})
    assert ("service_code", "LIGHT") in told and ("email", "desk@city.test") in told
    assert [value for name, value in told if name == "media_url"] == ["http://photos.test/p1"]
    assert not [name for name, _ in fields(ORDER, media={"field": None}) if name == "media_url"]


def test_our_number_may_stand_in_the_account_or_the_description() -> None:
    told = dict(
        fields(
            ORDER,
            own_number={},
            account_id="{ticket_number}",
            description_lines={"occurred": "时间：{value}", "grid": "网格：{value}", "ticket_number": "编号：{value}"},
        )
    )
    assert told["account_id"] == "XH-20260504-0001"
    assert told["description"] == "桥头的灯不亮\n时间：三天前\n编号：XH-20260504-0001"


def test_no_coordinates_no_lat() -> None:
    names = [name for name, _ in fields(replace(ORDER, lat=None, lon=None, address="", photos=(), contact_name=None))]
    assert not {"lat", "long", "address_string", "media_url", "first_name"} & set(names)


@given(st.text(max_size=6000), st.integers(100, 4000))
def test_a_description_never_exceeds_the_limit_and_keeps_its_last_lines(text: str, limit: int) -> None:
    said = words.description(text, ["编号：XH-1"], limit)
    assert len(said) <= limit and said.endswith("编号：XH-1")


def test_a_long_description_says_that_it_is_cut() -> None:
    said = words.description("灯" * 5000, ["编号：XH-1"], 4000)
    assert len(said) == 4000 and said.endswith("灯…\n编号：XH-1")


def test_a_change_with_fields() -> None:
    data = {"text": "是东门", "service_code": "UM-G03", "address": "东门", "lat": 33.8, "lon": 114.6, "place_code": "X"}
    order = replace(ORDER, event_type="ticket.corrected", key="k2", case_id="D7", data=data, photos=())
    assert words.change_fields(order, profile(), media) == [
        ("service_request_id", "D7"),
        ("updated_datetime", "2026-05-04T04:00:00+00:00"),
        ("status", "unchanged"),
        ("update_id", "k2"),
        ("description", "是东门"),
        ("service_code", "UM-G03"),
        ("lat", "33.800000"),
        ("long", "114.600000"),
        ("address_string", "东门"),
        ("attribute[place_code]", "X"),
    ]


def test_a_withdrawal_says_so_in_status_and_words() -> None:
    order = replace(ORDER, event_type="ticket.withdrawn", case_id="D7", data={"text": "好了", "photos": ["p9"]})
    told = dict(words.change_fields(order, profile(), media))
    assert (told["status"], told["description"]) == ("closed", "居民撤回\n好了")
    assert told["media_url"] == "http://photos.test/p9"


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, event_type="ticket.rated", case_id="D7"),
        replace(ORDER, event_type="ticket.withdrawn", case_id=None),
    ],
    ids=["the server takes no ratings", "the case has no id"],
)
def test_what_cannot_be_added_to_a_case_is_refused_with_what_to_do(order: Order) -> None:
    with pytest.raises(Permanent, match="by hand"):
        words.change_fields(order, profile(), media)


def test_look_up_params() -> None:
    look_up = LookUp(params={"service_code": "{service_code}", "start_date": "{since}"}, match="description")
    assert words.look_up_params(ORDER, look_up, {}) == {"service_code": "UM-G02", "start_date": "2026-05-04T03:00:00Z"}


ROWS = [
    ({"match": "ticket_number"}, [{"service_request_id": "D1", "ticket_number": "XH-12"}], "D1"),
    ({"match": "ticket_number"}, [{"service_request_id": "D1", "ticket_number": "XH-123"}], None),
    ({"match": "ticket_number"}, [{"service_request_id": "D1"}], None),
    ({"match": "attributes.n"}, [{"service_request_id": 5, "attributes": {"n": "XH-12"}}], "5"),
    ({"match": "attributes.n"}, [{"service_request_id": 5, "attributes": ["XH-12"]}], None),
    ({"match": "ticket_number"}, [{"ticket_number": "XH-12"}], None),
    ({"match": "description", "contains": True}, [{"service_request_id": "D1", "description": "灯 编号：XH-12"}], "D1"),
    ({"match": "description", "contains": True}, [{"service_request_id": "D1", "description": "XH-123, XH-12."}], "D1"),
    ({"match": "description", "contains": True}, [{"service_request_id": "D1", "description": "AXH-12 XH-12-1"}], None),
    ({"match": "n"}, [{"service_request_id": "a", "n": "x"}, {"service_request_id": "b", "n": "XH-12"}], "b"),
    ({"match": "n"}, [], None),
]


@pytest.mark.parametrize(("look_up", "rows", "expected"), ROWS)
def test_only_a_row_with_exactly_our_number_is_ours(
    look_up: dict[str, Any], rows: list[dict[str, Any]], expected: str | None
) -> None:
    """A server that ignores the question answers with everybody's cases."""
    assert words.find_case_id(rows, "XH-12", LookUp.model_validate({"params": {}} | look_up)) == expected


def news(row: dict[str, Any], **status: Any) -> Any:
    given = {"words": {"In Progress": "in_progress", "open": "unchanged"}} | status
    return words.update_of(row, profile(status=given))


def test_a_row_of_updates_becomes_news() -> None:
    row = {
        "update_id": 9,
        "service_request_id": "D1",
        "status": "IN PROGRESS",
        "updated_datetime": "2026-05-04T12:00:00+08:00",
        "description": "派人了",
        "ticket_number": "XH-1",
    }
    update = news(row)
    assert (update.update_id, update.case_id, update.ticket_number) == ("9", "D1", "XH-1")
    assert (update.word, update.status, update.note) == ("IN PROGRESS", "in_progress", "派人了")
    assert update.changed_at == datetime(2026, 5, 4, 4, tzinfo=UTC)


def test_a_word_that_the_profile_lacks_is_kept_and_not_guessed() -> None:
    update = news({"update_id": "1", "service_request_id": "D1", "status": "closed?", "updated_datetime": "2026-05-04"})
    assert (update.word, update.status) == ("closed?", None)


def test_a_row_of_requests_becomes_news_with_an_id_of_its_own() -> None:
    row = {
        "service_request_id": "D1",
        "status": "open",
        "detailed_status": "In Progress",
        "status_notes": "x",
        "description": "the resident's own words",
        "updated_datetime": "2026-05-04T04:00:00Z",
    }
    update = news(row, way="requests", field="detailed_status")
    assert update.update_id == "D1@2026-05-04T04:00:00+00:00:In Progress"
    assert (update.status, update.note) == ("in_progress", "x")


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"update_id": "1", "service_request_id": "D1", "status": "open"},
        {"update_id": "1", "service_request_id": "D1", "status": "open", "updated_datetime": "yesterday"},
        {"update_id": "1", "status": "open", "updated_datetime": "2026-05-04T04:00:00Z"},
        {"update_id": "1", "service_request_id": "D1", "updated_datetime": "2026-05-04T04:00:00Z"},
        {"update_id": "1", "service_request_id": "D1", "status": ["open"], "updated_datetime": "2026-05-04T04:00:00Z"},
        {
            "update_id": "1",
            "service_request_id": "D1",
            "status": "open",
            "updated_datetime": "2026-05-04T04:00:00Z",
            "origin": "reporter",
        },
    ],
)
def test_rows_that_say_nothing_and_our_own_are_no_news(row: dict[str, Any]) -> None:
    assert news(row, skip={"origin": "reporter"}) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(["update_id", "service_request_id", "status", "updated_datetime", "description", "note"])


@given(st.dictionaries(KEYS, JSON))
def test_no_row_can_raise(row: dict[str, Any]) -> None:
    news(row)
