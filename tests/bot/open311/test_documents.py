"""Answers of GeoReport servers read with patience, and nothing but Unreadable raised for what is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.open311.discovery import choose, endpoints_of
from bot.open311.documents import Unreadable, problems_of, read_document
from bot.open311.services import Attribute, Unfit, definition_of, put, services_of

READ = [
    (b'[{"a": 1}]', [{"a": 1}], ()),
    (b'\xef\xbb\xbf [{"a": 1}]', [{"a": 1}], ()),
    (b'{"service_requests": [{"a": 1}]}', [{"a": 1}], ("wrapped",)),
    (b'{"a": 1}', [{"a": 1}], ("bare",)),
    (b"<service_requests/>", [], ()),
    (b"<service_requests><request><a>1</a><b/></request></service_requests>", [{"a": "1", "b": None}], ()),
    (b'<requests type="array"><request><a>1</a></request></requests>', [{"a": "1"}], ()),
    (b'<x:services xmlns:x="urn:a"><x:service><x:a>1</x:a></x:service></x:services>', [{"a": "1"}], ()),
    (b"<errors><error><code>404</code></error></errors>", [{"code": "404"}], ()),
    (
        b"<service_requests><request><media_urls><media_url>u</media_url></media_urls></request></service_requests>",
        [{"media_urls": ["u"]}],
        (),
    ),
]
BROKEN = [
    b"",
    b"D1",
    b'"D1"',
    b"null",
    b"[1]",
    b'[{"id": 001}]',
    b"[" * 100_000,
    b"<a><b></a>",
    b"<html><body>Log in</body></html>",
    b"<!DOCTYPE html><html></html>",
    b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    b"<a>" * 60 + b"</a>" * 60,
    b'<?xml version="1.0" encoding="no-such"?><a/>',
    b"\x00\xff\xfe",
]


@pytest.mark.parametrize(("content", "rows", "oddities"), READ)
def test_rows_are_found(content: bytes, rows: list[dict[str, Any]], oddities: tuple[str, ...]) -> None:
    document = read_document(content, "application/json")
    assert (document.rows, document.oddities) == (rows, oddities)


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_no_document_is_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_document(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["code", "values", "attributes", "endpoints", "url", "order"]), inner)
    ),
    max_leaves=10,
)


@given(JSON | st.binary(max_size=80))
def test_nothing_a_server_sends_can_raise_anything_else(body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        document = read_document(content)
    except Unreadable:
        return
    problems_of(document)
    services_of(document.rows)
    definition_of(document)
    choose(endpoints_of(document))


FITTING = [
    ("string", ["一\n行"], [("attribute[a]", "一 行")]),
    ("text", ["一\n行"], [("attribute[a]", "一\n行")]),
    ("number", [" 3.5 "], [("attribute[a]", "3.5")]),
    ("datetime", ["2026-05-04T12:00:00+08:00"], [("attribute[a]", "2026-05-04T12:00:00+08:00")]),
    ("singlevaluelist", ["白"], [("attribute[a]", "1")]),
    ("multivaluelist", ["白", "2"], [("attribute[a][]", "1"), ("attribute[a][]", "2")]),
    ("multivaluelist", [], []),
]
UNFIT = [
    ("number", ["三"]),
    ("number", ["nan"]),
    ("datetime", ["明天"]),
    ("datetime", ["2026-05-04T12:00:00"]),
    ("singlevaluelist", ["红"]),
    ("multivaluelist", ["1", "红"]),
    ("string", ["a", "b"]),
]
LISTED = (("1", "白"), ("2", "黄"))


@pytest.mark.parametrize(("datatype", "values", "fields"), FITTING)
def test_a_value_is_put_in_its_datatype(datatype: str, values: list[str], fields: list[tuple[str, str]]) -> None:
    assert put(Attribute("a", datatype, values=LISTED), values) == fields
    assert put(Attribute("a", datatype, variable=False, values=LISTED), values) == []


@pytest.mark.parametrize(("datatype", "values"), UNFIT)
def test_a_value_that_cannot_be_said_is_named(datatype: str, values: list[str]) -> None:
    with pytest.raises(Unfit, match="attribute.a"):
        put(Attribute("a", datatype, values=LISTED), values)


def test_the_endpoint_of_the_wanted_type_is_chosen() -> None:
    def endpoint(name: str, kind: str, version: str) -> dict[str, str]:
        return {"url": f"http://{name}.test/", "type": kind, "specification": f"http://wiki.open311.org/{version}"}

    rows = [
        endpoint("old", "production", "GeoReport_v1"),
        endpoint("try", "test", "GeoReport_v2"),
        endpoint("real", "production", "GeoReport_v2"),
    ]
    found = endpoints_of(read_document(json.dumps({"endpoints": rows}).encode()))
    assert [choose(found), choose(found, "test"), choose(found[:1])] == [found[2], found[1], None]
    assert found[2].url == "http://real.test"
