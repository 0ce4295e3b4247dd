"""GeoReport v2 as its readers and writers meet it: over HTTP, in JSON and XML."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from defusedxml import ElementTree

from tests.bot.casedesk.running import RunningDesk
from tests.bot.casedesk.spark import values_of

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def errors(answer) -> list[str]:
    """Every error answer is a list of code and description, the code being the HTTP status."""
    body = answer.json()
    assert body and all(set(item) == {"code", "description"} for item in body)
    assert {item["code"] for item in body} == {answer.status_code}
    return [item["description"] for item in body]


def test_services_are_the_citys_without_those_that_are_only_talk(desk: RunningDesk) -> None:
    rows = desk.http.get("/open311/v2/services.json").json()
    codes = {row["service_code"] for row in rows}
    assert {"UM-G02", "TR-03", "EM-01", "EM-02", "NT-05", "NT-06", "NT-07"} <= codes
    assert not codes & {"NT-01", "NT-02", "NT-03", "NT-04", "NT-08", "NT-09", "NT-10"}
    lamp = next(row for row in rows if row["service_code"] == "UM-G02")
    assert lamp["metadata"] is True
    assert lamp["type"] == "realtime"
    assert "路灯" in lamp["service_name"]


def test_a_definition_numbers_its_attributes_and_lists_values(desk: RunningDesk) -> None:
    definition = desk.http.get("/open311/v2/services/UM-G02.json").json()
    rows = definition["attributes"]
    assert [row["order"] for row in rows] == list(range(1, len(rows) + 1))
    by_code = {row["code"]: row for row in rows}
    assert by_code["ticket_number"]["datatype"] == "string"
    assert [value["key"] for value in by_code["anonymous"]["values"]] == ["true", "false"]


@pytest.mark.parametrize(
    "path",
    [
        "/open311/v2/services",
        "/open311/v2/services/UM-G02",
        "/open311/v2/requests",
        "/open311/v2/requests/D000001",
        "/open311/v2/servicerequestupdates",
        "/open311/discovery",
        "/open311/v2/requests/none",
        "/open311/v2/services/none",
        "/open311/v2/tokens/none",
        "/open311/v2/nowhere",
    ],
)
def test_xml_and_json_say_the_same(desk: RunningDesk, path: str) -> None:
    number = desk.filed(lat="33.79", long="114.52", description="一行\n<b>&二行", media_url="http://127.0.0.1/1.jpg")
    desk.status(number, "in_progress", "已派单 <ok>")
    json_answer = desk.http.get(path + ".json")
    xml_answer = desk.http.get(path + ".xml")
    assert json_answer.status_code == xml_answer.status_code
    assert json_answer.headers["content-type"].startswith("application/json")
    assert xml_answer.headers["content-type"].startswith("text/xml")
    assert values_of(ElementTree.fromstring(xml_answer.content)) == spark_free(json_answer.json())


def spark_free(value):
    """JSON as XML can say it: everything is text, null is empty."""
    if isinstance(value, dict):
        return {key: spark_free(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [spark_free(inner) for inner in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json", "application/json"),
        ("text/xml", "text/xml"),
        ("application/xml;q=0.9, application/json;q=0.8", "text/xml"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "text/xml"),
        ("*/*", "application/json"),
        ("application/json;q=nonsense, text/xml;q=0.1", "text/xml"),
    ],
)
def test_without_a_suffix_the_accept_header_decides_and_json_when_open(
    desk: RunningDesk, accept: str, kind: str
) -> None:
    answer = desk.http.get("/open311/v2/services", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(kind)


def test_a_new_case_is_answered_by_a_list_with_a_string_id(desk: RunningDesk) -> None:
    answer = desk.post({"account_id": "resident-1", "attribute[ticket_number]": "XH-1"})
    assert answer.status_code == 201
    assert answer.json() == [{"service_request_id": "D000001", "service_notice": None, "account_id": "resident-1"}]
    in_xml = desk.post(form="xml")
    assert in_xml.status_code == 201
    assert ElementTree.fromstring(in_xml.content).findtext("request/service_request_id") == "D000002"


def test_what_was_posted_can_be_read_back(desk: RunningDesk) -> None:
    number = desk.filed(
        lat="33.79",
        long="114.52",
        address_id="411622001",
        description="第一行\r\n第二行",
        **{"attribute[place_code]": "411622001001", "attribute[grid]": "G-7", "attribute[ticket_number]": "XH-9"},
    )
    [row] = desk.http.get(f"/open311/v2/requests/{number}.json").json()
    assert row["status"] == "open"
    assert row["description"] == "第一行\n第二行"
    assert (row["lat"], row["long"]) == (33.79, 114.52)
    assert (row["place_code"], row["grid"], row["ticket_number"]) == ("411622001001", "G-7", "XH-9")
    assert row["requested_datetime"].endswith("+08:00")


def test_who_reported_is_not_public_but_known_to_the_desk(desk: RunningDesk) -> None:
    number = desk.filed(phone="13800000000", first_name="某", **{"attribute[contact_name]": "某某"})
    assert "13800000000" not in desk.http.get(f"/open311/v2/requests/{number}.json").text
    assert "某某" not in desk.http.get(f"/open311/v2/requests/{number}.json").text
    [case] = desk.cases()
    assert case["contact"] == {"first_name": "某", "phone": "13800000000"}
    assert case["attributes"]["contact_name"] == "某某"


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"service_code": ""}, 400, "service_code is missing"),
        ({"service_code": "XX-1"}, 404, "service_code was not found"),
        ({"service_code": "NT-01"}, 404, "service_code was not found"),
        ({"address_string": ""}, 400, "a location is missing"),
        ({"lat": "33.7"}, 400, "lat and long go together"),
        ({"lat": "91", "long": "114"}, 400, "lat must be"),
        ({"lat": "33", "long": "-180.5"}, 400, "long must be"),
        ({"lat": "nan", "long": "114"}, 400, "lat must be"),
        ({"lat": "1_0", "long": "114"}, 400, "lat must be"),
        ({"lat": "３３", "long": "114"}, 400, "lat must be"),
        ({"description": "长" * 4001}, 400, "description is longer than 4000"),
        ({"media_url": "ftp://host/1.jpg"}, 400, "media_url must be"),
        ({"media_url": "http://[1/"}, 400, "media_url must be"),
        ({"attribute[anonymous]": "perhaps"}, 400, "attribute[anonymous] must be one of"),
        ({"attribute[ticket_number]": "a\nb"}, 400, "must be one line"),
        ({"attribute[ticket_number]": ["a", "b"]}, 400, "one value only"),
        ({"jurisdiction_id": "elsewhere"}, 404, "jurisdiction_id was not found"),
    ],
)
def test_a_faulty_request_is_refused_and_stored_nowhere(
    desk: RunningDesk, change: dict[str, str], status: int, words: str
) -> None:
    answer = desk.post(change)
    assert answer.status_code == status
    assert any(words in error for error in errors(answer))
    assert desk.cases() == []


def test_all_faults_are_named_at_once(desk: RunningDesk) -> None:
    answer = desk.post({"lat": "99", "long": "999", "description": "长" * 4001})
    assert len(errors(answer)) == 3


def test_4000_characters_an_address_alone_and_a_record_without_place_are_fine(desk: RunningDesk) -> None:
    assert desk.post({"description": "长" * 4000}).status_code == 201
    assert desk.post({"service_code": "NT-05", "address_string": ""}).status_code == 201
    assert desk.post({"address_string": "", "lat": "33.7", "long": "114.5"}).status_code == 201
    assert desk.post({"address_string": "", "address_id": "411622"}).status_code == 201


def test_characters_xml_cannot_carry_are_dropped(desk: RunningDesk) -> None:
    number = desk.filed(description="a\x00b\x0bc\ufffed")
    answer = desk.http.get(f"/open311/v2/requests/{number}.xml")
    assert ElementTree.fromstring(answer.content).findtext("request/description") == "abcd"


def test_several_values_of_an_unknown_attribute_are_kept_in_order(desk: RunningDesk) -> None:
    desk.filed(**{"attribute[colour][]": ["red", "green"], "attribute[size]": "2"})
    assert desk.cases()[0]["attributes"] == {"colour": ["red", "green"], "size": "2"}


def test_a_body_that_is_no_form_is_refused(desk: RunningDesk) -> None:
    answer = desk.http.post("/open311/v2/requests.json", json={"service_code": "UM-G02"})
    assert answer.status_code == 400
    assert "application/x-www-form-urlencoded" in errors(answer)[0]


def test_the_same_key_gives_the_same_case_and_counts(desk: RunningDesk) -> None:
    first = desk.post(key="k-1")
    again = desk.post(key="k-1", form="xml")
    assert (first.status_code, again.status_code) == (201, 200)
    assert ElementTree.fromstring(again.content).findtext("request/service_request_id") == "D000001"
    [case] = desk.cases()
    assert (case["posted"], case["idempotency_key"]) == (2, "k-1")


def test_the_same_key_from_many_at_once_is_one_case(desk: RunningDesk) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: desk.post(key="k-1"), range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert [case["posted"] for case in desk.cases()] == [20]


def test_the_same_key_with_other_words_is_refused(desk: RunningDesk) -> None:
    desk.post(key="k-1")
    other = desk.post({"description": "另一件事"}, key="k-1")
    assert other.status_code == 422
    assert "Idempotency-Key" in errors(other)[0]
    assert [case["posted"] for case in desk.cases()] == [1]


def test_without_a_key_each_post_is_a_case(desk: RunningDesk) -> None:
    assert desk.filed(**{"attribute[ticket_number]": "XH-1"}) != desk.filed(**{"attribute[ticket_number]": "XH-1"})
    found = desk.http.get("/open311/v2/requests.json", params={"ticket_number": "XH-1"}).json()
    assert len(found) == 2


def test_a_key_that_is_too_long_is_refused(desk: RunningDesk) -> None:
    assert desk.post(key="k" * 256).status_code == 400


def test_photos_come_as_parts_and_are_served(desk: RunningDesk) -> None:
    told = {"service_code": "UM-G02", "address_string": "人民路", "media_url": "http://127.0.0.1:1/far.jpg"}
    files = [("media", ("a.png", PNG, "image/png"))]
    answer = desk.http.post("/open311/v2/requests.json", data=told, files=files)
    assert answer.status_code == 201, answer.text
    far, kept = desk.cases()[0]["media"]
    assert far == "http://127.0.0.1:1/far.jpg"
    served = desk.http.get(kept)
    assert served.content == PNG
    assert served.headers["content-type"] == "image/png"
    [row] = desk.http.get("/open311/v2/requests/D000001.json").json()
    assert row["media_urls"] == [far, kept]


def test_a_file_that_is_no_photo_or_too_large_is_refused(desk: RunningDesk) -> None:
    told = {"service_code": "UM-G02", "address_string": "人民路"}
    page = [("media", ("a.png", b"<html><script>", "image/png"))]
    huge = [("media", ("a.png", PNG + b"\0" * (10 * 1024 * 1024), "image/png"))]
    assert desk.http.post("/open311/v2/requests.json", data=told, files=page).status_code == 400
    assert desk.http.post("/open311/v2/requests.json", data=told, files=huge).status_code == 413
    assert desk.cases() == []


@pytest.mark.parametrize("told", [True, False], ids=["told by its header", "in pieces without a size"])
def test_a_body_beyond_the_limit_is_not_read_to_its_end(desk: RunningDesk, told: bool) -> None:
    body = b"description=" + b"a" * (33 * 1024 * 1024)
    pieces = (body[start : start + 65536] for start in range(0, len(body), 65536))
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = desk.http.post("/open311/v2/requests.json", content=body if told else pieces, headers=headers)
    except Exception as cut:  # the desk may hang up before everything is sent
        assert type(cut).__name__ in ("WriteError", "ReadError", "RemoteProtocolError")
    else:
        assert answer.status_code in (400, 413)
    assert desk.cases() == []


def test_an_own_key_guards_writing_only(start: Callable[..., RunningDesk]) -> None:
    desk = start(api_keys=frozenset({"sesame"}))
    assert errors(desk.post())
    assert desk.post().status_code == 403
    assert desk.post({"api_key": "wrong"}).status_code == 403
    assert desk.post({"api_key": "sesame"}).status_code == 201
    assert desk.http.post("/open311/v2/requests.json?api_key=sesame", data={"service_code": "NT-05"}).status_code == 201
    assert desk.http.get("/open311/v2/requests.json").status_code == 200


def test_cases_outlive_the_process(start: Callable[..., RunningDesk]) -> None:
    number = start().filed()
    [row] = start().http.get(f"/open311/v2/requests/{number}.json").json()
    assert row["service_request_id"] == number


def test_discovery_names_the_endpoint_with_a_slash(desk: RunningDesk) -> None:
    [endpoint] = desk.http.get("/open311/discovery.json").json()["endpoints"]
    assert endpoint["url"] == f"{desk.base}/open311/v2/"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert desk.http.get(endpoint["url"] + "services.json").status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/open311/v2/requests/1.json", "/open311/v2/requests/D1.json", "/open311/v2/requests/D9999999999999999999.xml"],
)
def test_an_id_that_is_none_is_not_found(desk: RunningDesk, path: str) -> None:
    assert desk.http.get(path).status_code == 404


def test_a_method_that_is_not_there_is_an_error_list(desk: RunningDesk) -> None:
    answer = desk.http.delete("/open311/v2/requests.json")
    assert answer.status_code == 405
    assert errors(answer)
