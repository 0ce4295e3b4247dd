"""Whatever is sent, the desk answers in order: never a 5xx, errors as lists, XML that can be read."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from defusedxml import ElementTree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.casedesk.settings import Settings
from tests.bot.casedesk.running import CITY, RunningDesk, running
from tests.bot.casedesk.spark import values_of
from tests.bot.casedesk.test_hooks import NEW, signed

FAST = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["UM-G02", "NT-05", "D000001", "0", "-1", "1e5", "33.7", "181", "2026-01-01T00:00:00Z", "open"]),
    st.text(alphabet="\x00\r\n\t<&>]\ufffe😀\u2060[]", max_size=30),
)
FIELDS = st.sampled_from(
    [
        "service_code",
        "service_request_id",
        "lat",
        "long",
        "address_string",
        "address_id",
        "description",
        "account_id",
        "media_url",
        "phone",
        "email",
        "status",
        "updated_datetime",
        "update_id",
        "attribute[ticket_number]",
        "attribute[anonymous]",
        "attribute[x][]",
        "attribute[",
        "attribute[]",
        "media",
        "jurisdiction_id",
        "api_key",
    ]
)
QUERIES = st.sampled_from(
    [
        "service_request_id",
        "service_code",
        "status",
        "start_date",
        "end_date",
        "updated_after",
        "updated_before",
        "page",
        "page_size",
        "account_id",
        "ticket_number",
        "origin",
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
FORM = st.dictionaries(FIELDS | st.text(min_size=1, max_size=10), WORDS | st.lists(WORDS, max_size=3), max_size=6)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    data = tmp_path_factory.mktemp("fuzzed")
    with running(Settings(data=data, city=CITY, hook_secrets=(NEW,))) as started:
        started.filed()
        yield started


def in_order(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    is_xml = answer.headers["content-type"].startswith("text/xml")
    body = values_of(ElementTree.fromstring(answer.content)) if is_xml else answer.json()
    if answer.status_code >= 400:
        assert body, "an error says what is wrong"
        assert all(item["code"] and item["description"] for item in body)


@FAST
@given(fields=FORM, path=st.sampled_from(["requests", "servicerequestupdates"]), form=st.sampled_from(["json", "xml"]))
def test_any_form(desk: RunningDesk, fields: dict[str, Any], path: str, form: str) -> None:
    in_order(desk.http.post(f"/open311/v2/{path}.{form}", data=fields))


@FAST
@given(fields=FORM)
def test_any_form_that_begins_well(desk: RunningDesk, fields: dict[str, Any]) -> None:
    in_order(desk.post(fields, form="xml"))
    update = {"service_request_id": "D000001", "description": "a", **fields}
    in_order(desk.http.post("/open311/v2/servicerequestupdates.xml", data=update))
    in_order(desk.http.get("/open311/v2/requests.xml", params={"page_size": 5}))
    in_order(desk.http.get("/open311/v2/servicerequestupdates.xml", params={"page_size": 5}))


@FAST
@given(query=st.dictionaries(QUERIES, WORDS, max_size=4), form=st.sampled_from([".json", ".xml", ""]))
def test_any_question(desk: RunningDesk, query: dict[str, str], form: str) -> None:
    in_order(desk.http.get(f"/open311/v2/requests{form}", params=query))
    in_order(desk.http.get(f"/open311/v2/servicerequestupdates{form}", params=query))


@FAST
@given(word=st.text(min_size=1, max_size=30), place=st.sampled_from(["services", "requests", "tokens"]))
def test_any_name_in_a_path(desk: RunningDesk, word: str, place: str) -> None:
    in_order(desk.http.get(f"/open311/v2/{place}/{quote(word, safe='')}"))


@FAST
@given(body=JSON | st.binary(max_size=60))
def test_any_json(desk: RunningDesk, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    in_order(desk.http.post("/desk/api/cases/D000001/status", content=content))
    in_order(desk.http.post("/desk/api/faults", content=content))


@FAST
@given(word=WORDS, note=WORDS)
def test_any_status_word(desk: RunningDesk, word: str, note: str) -> None:
    in_order(desk.http.post("/desk/api/cases/D000001/status", json={"status": word, "note": note}))
    in_order(desk.http.get("/open311/v2/requests/D000001.xml"))


@FAST
@given(
    kind=st.sampled_from(["ticket.created", "ticket.corrected", "ticket.rated", "ticket.withdrawn"]) | WORDS,
    data=st.fixed_dictionaries(
        {"ticket_number": st.sampled_from(["XH-1", "XH-2", 3, None])},
        optional={"service_code": WORDS, "text": JSON, "address": JSON, "lat": JSON, "lon": JSON, "rating": JSON},
    )
    | JSON,
    number=st.uuids(),
)
def test_any_signed_event(desk: RunningDesk, kind: str, data: Any, number: Any) -> None:
    body = json.dumps({"type": kind, "data": data})
    in_order(desk.http.post("/hooks/tickets", content=body, headers=signed(str(number), body)))


@FAST
@given(
    content=st.binary(max_size=200), kind=st.sampled_from(["multipart/form-data", "multipart/form-data; boundary=b"])
)
def test_any_broken_multipart(desk: RunningDesk, content: bytes, kind: str) -> None:
    for body in (content, b"--b\r\n" + content + b"\r\n--b--\r\n"):
        in_order(desk.http.post("/open311/v2/requests.json", content=body, headers={"Content-Type": kind}))
