"""Each profile that lies beside the desk's, against a server that behaves as its documents say."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.forwarding.backends.load import load_backends
from bot.forwarding.backends.open311.backend import Open311Backend
from bot.forwarding.backends.open311.directory import Directory
from bot.forwarding.backends.open311.profile import Profile
from bot.forwarding.backends.open311.wire import MAX_ANSWER, Wire
from bot.forwarding.backends.profiles import parse_profile, read_document
from bot.forwarding.errors import Ambiguous, Permanent, Shut
from tests.bot.forwarding.backends.servers import (
    PICTURE,
    Emulation,
    FixMyStreet,
    Klarschiff,
    SeeClickFix,
    definition_answer,
    rows,
    services_answer,
)
from tests.bot.forwarding.desk_process import ROOT
from tests.bot.forwarding.house import House
from tests.bot.forwarding.test_open311_words import ORDER

pytest_plugins = ["tests.bot.forwarding.fixtures"]
BASE = "http://backend.test/v2"


async def picture(upload: str) -> tuple[str, bytes, str] | None:
    return None if upload == "gone" else (f"{upload}.png", PICTURE if upload != "big" else b"0" * 5000, "image/png")


@pytest.fixture
async def clients() -> AsyncIterator[list[httpx.AsyncClient]]:
    made: list[httpx.AsyncClient] = []
    yield made
    for client in made:
        await client.aclose()


def backend(name: str, server: Any, house: House, clients: list[httpx.AsyncClient], **changes: Any) -> Open311Backend:
    """The profile from the city's folder; only address, codes and waiting times are other ones."""
    path = ROOT / f"cities/xihua/backends/{name}.yml.example"
    document = read_document(path) | {"base_url": BASE, "services": {"UM-G02": "L1"}} | changes
    return made(parse_profile(Profile, document, path), server, house, clients)


def made(profile: Profile, server: Any, house: House, clients: list[httpx.AsyncClient]) -> Open311Backend:
    client = httpx.AsyncClient(transport=httpx.MockTransport(server))
    clients.append(client)
    wire = Wire(client, profile, profile.base_url, "key" if profile.api_key_env else None, house.clock)
    directory = Directory(wire, house.clock) if profile.definitions else None
    return Open311Backend("desk", profile, wire, directory, lambda upload: f"http://photos.test/{upload}", picture)


def plain(house: House, server: Any, clients: list[httpx.AsyncClient], **changes: Any) -> Open311Backend:
    document = {"kind": "open311", "base_url": BASE, "own_number": {"field": "account_id"}, **changes}
    return made(Profile.model_validate(document), server, house, clients)


DIALECTS: list[tuple[str, type[Emulation]]] = [
    ("fixmystreet", FixMyStreet),
    ("klarschiff", Klarschiff),
    ("seeclickfix", SeeClickFix),
]


@pytest.mark.parametrize(("name", "server"), DIALECTS)
async def test_a_ticket_becomes_one_case_also_where_the_answer_is_lost(
    name: str, server: type[Emulation], house: House, clients: list[httpx.AsyncClient]
) -> None:
    there = server()
    for lost in (0, 1):
        there.lost = lost
        ticket = house.file(photos=["p1"])
        await house.live(backend(name, there, house, clients))
        case = there.cases[max(there.cases)]
        assert house.ticket(ticket).case_id == str(case.number)
        assert case.form["service_code"] == ["L1"] and house.ticket(ticket).number in case.form["description"][0]
    assert len(there.cases) == 2 and house.states() == ["accepted", "accepted"]


async def test_fixmystreet_takes_xml_and_updates(house: House, clients: list[httpx.AsyncClient]) -> None:
    there = FixMyStreet()
    sender = backend("fixmystreet", there, house, clients, format="xml")
    ticket = house.file()
    house.change(ticket, "withdrawn", reason="已经修好")
    await house.live(sender)
    (case,) = there.cases.values()
    assert case.notes[0]["status"] == ["closed"] and case.notes[0]["description"] == ["居民撤回\n已经修好"]
    assert case.notes[0]["email"] == case.form["email"] == ["reports@example.org"]
    case.status = "investigating"
    (update,) = await sender.updates({"start_date": "2026-05-01T00:00:00Z"})
    assert (update.case_id, update.status, update.note) == (str(case.number), "in_progress", "已安排")


async def test_klarschiff_gets_a_patch_a_comment_and_the_picture_itself(
    house: House, clients: list[httpx.AsyncClient]
) -> None:
    there = Klarschiff()
    sender = backend("klarschiff", there, house, clients)
    ticket = house.file(photos=["p1"])
    house.change(ticket, "supplemented", text="就在桥头")
    house.change(ticket, "withdrawn", reason="弄错了")
    await house.live(sender)
    (case,) = there.cases.values()
    assert base64.b64decode(case.form["media"][0]) == PICTURE
    comment, patch = case.notes
    assert comment["comment"] == ["居民补充\n就在桥头"] and comment["author"] == ["reports@example.org"]
    assert patch["status_notes"] == ["居民撤回\n弄错了"] and patch["service_code"] == ["L1"]
    assert case.finer == "REJECTED" and house.states() == ["accepted"] * 3
    case.finer, case.status = "PROCESSED", "closed"
    (update,) = await sender.updates({"service_request_id": str(case.number)})
    assert sender.by_case and (update.word, update.status) == ("PROCESSED", "closed")


async def test_seeclickfix_is_searched_around_the_point(house: House, clients: list[httpx.AsyncClient]) -> None:
    there = SeeClickFix()
    there.lost = 1
    house.file(lat=33.7, lon=114.4)
    await house.live(backend("seeclickfix", there, house, clients))
    search = next(request for request in there.asked if request.method == "GET")
    assert search.url.params["lat"] == "33.700000" and "service_request_id" not in search.url.params
    nowhere = house.file(lat=None, lon=None)
    await house.live(backend("seeclickfix", there, house, clients))
    assert len(there.cases) == 1 and house.ticket(nowhere).case_id is None and "dead" in house.states()


def definitions(kind: str, answer: httpx.Response, seen: list[httpx.Request]) -> Any:
    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        match request.url.path:
            case "/v2/services.json":
                return services_answer(kind)
            case "/v2/services/L1.json":
                return definition_answer()
        return answer

    return server


async def test_attributes_are_put_as_the_definition_wants_them(house: House, clients: list[httpx.AsyncClient]) -> None:
    """All six datatypes; a list's name becomes its key; variable=false is never sent; asked once."""
    seen: list[httpx.Request] = []
    extra = {
        "attribute[string]": "一\n行",
        "attribute[number]": " 3 ",
        "attribute[datetime]": "2026-05-04T12:00:00+08:00",
        "attribute[text]": "两\n行",
        "attribute[singlevaluelist]": "三盏",
        "attribute[shown]": "x",
        "attribute[other]": "y",
    }
    sender = plain(
        house,
        definitions("realtime", rows([{"service_request_id": "D1"}]), seen),
        clients,
        definitions=True,
        services={"UM-G02": "L1"},
        extra=extra,
        attributes={"urgency": "attribute[multivaluelist]"},
        values={"urgency": {"normal": ["普通", "b1"]}},
    )
    for _ in range(2):
        await sender.send(ORDER)
    assert [request.method for request in seen] == ["GET", "GET", "POST", "POST"]
    form = httpx.QueryParams(seen[-1].read().decode())
    told = {name: form.get_list(name) for name in form if name.startswith("attribute")}
    assert told == {
        "attribute[string]": ["一 行"],
        "attribute[number]": ["3"],
        "attribute[datetime]": ["2026-05-04T12:00:00+08:00"],
        "attribute[text]": ["两\n行"],
        "attribute[singlevaluelist]": ["b1"],
        "attribute[multivaluelist][]": ["b2", "b1"],
        "attribute[other]": ["y"],
    }


async def test_a_blackbox_service_is_known_by_its_type(house: House, clients: list[httpx.AsyncClient]) -> None:
    answer = rows([{"service_notice": "谢谢", "account_id": None}])
    told = {"definitions": True, "services": {"UM-G02": "L1"}}
    accepted = await plain(house, definitions("blackbox", answer, []), clients, **told).send(ORDER)
    assert accepted.case_id is None  # type: ignore[union-attr]
    with pytest.raises(Ambiguous):
        await plain(house, definitions("realtime", answer, []), clients, **told).send(ORDER)


async def test_pictures_go_as_parts_bounded_in_number_and_size(house: House, clients: list[httpx.AsyncClient]) -> None:
    from dataclasses import replace

    there = SeeClickFix()
    media = {"field": "media", "way": "multipart", "repeat": True, "most": 4, "max_bytes": 1000}
    sender = plain(house, there, clients, api_key_env="KEY", media=media)
    await sender.send(replace(ORDER, photos=("gone", "big", "p1", "p2", "p3")))
    (case,) = there.cases.values()
    assert [base64.b64decode(text) for text in case.form["media"]] == [PICTURE, PICTURE]
    assert case.form["description"] == [ORDER.text]


async def test_the_endpoint_is_discovered_and_asked_for_again_when_it_has_moved(
    house: House, clients: list[httpx.AsyncClient]
) -> None:
    seen: list[str] = []
    where = ["a"]

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        if request.url.path == "/discovery.xml":
            told = f"<url>http://backend.test/{where[0]}/</url><specification>http://wiki.open311.org/GeoReport_v2"
            body = f"<discovery><endpoints><endpoint>{told}</specification></endpoint></endpoints></discovery>"
            return httpx.Response(200, text=body)
        gone = not request.url.path.startswith(f"/{where[0]}/")
        return httpx.Response(410) if gone else rows([{"service_request_id": "D1"}])

    sender = plain(house, server, clients, base_url="http://backend.test/discovery.xml", discovery=True)
    await sender.send(ORDER)
    where[0] = "b"
    with pytest.raises(Shut):
        await sender.send(ORDER)
    await sender.send(ORDER)
    assert seen == ["/discovery.xml", "/a/requests.json", "/a/requests.json", "/discovery.xml", "/b/requests.json"]


async def test_the_key_may_go_in_a_header_and_the_format_without_a_suffix(
    house: House, clients: list[httpx.AsyncClient]
) -> None:
    seen: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return rows([{"service_request_id": "D1"}])

    told = {"api_key_env": "KEY", "api_key_header": "Authorization: Bearer {key}", "suffix": False, "format": "xml"}
    await plain(house, server, clients, **told).send(ORDER)
    assert seen[0].url.path == "/v2/requests" and seen[0].headers["accept"] == "text/xml, application/xml"
    assert seen[0].headers["authorization"] == "Bearer key" and b"api_key" not in seen[0].read()


async def test_an_answer_without_end_is_unclear_and_bad_xml_is_not_read(
    house: House, clients: list[httpx.AsyncClient]
) -> None:
    flood = httpx.Response(200, content=b"[" + b" " * MAX_ANSWER)
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><service_requests><request><token>&b;</token></request></service_requests>'
    for answer in (flood, httpx.Response(200, content=bomb)):
        with pytest.raises(Ambiguous):
            await plain(house, lambda request, answer=answer: answer, clients).send(ORDER)


async def test_changed_cases_are_asked_for_by_moment_and_dates_get_the_profiles_zone(
    house: House, clients: list[httpx.AsyncClient]
) -> None:
    seen: list[httpx.Request] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return rows([{"service_request_id": 1, "status": "closed", "updated_datetime": "2026-05-04 12:00:00"}])

    status = {"way": "changed_requests", "since_param": "updated_after", "words": {"closed": "closed"}}
    sender = plain(house, server, clients, status=status, timezone="Asia/Shanghai")
    (update,) = await sender.updates({"start_date": "2026-05-01T00:00:00Z"})
    assert not sender.by_case and sender.poll_every is not None
    assert seen[0].url.path == "/v2/requests.json" and "updated_after" in seen[0].url.params
    assert update.changed_at.isoformat() == "2026-05-04T04:00:00+00:00"


async def test_a_required_list_without_the_value_goes_to_a_person(
    house: House, clients: list[httpx.AsyncClient]
) -> None:
    from bot.forwarding.backends.open311.words import fitted
    from bot.open311.services import Attribute

    lamp = Attribute("kind", "singlevaluelist", required=True, values=(("1", "灯"),))
    with pytest.raises(Permanent, match="allowed: 1"):
        fitted([("attribute[kind]", "树")], [lamp])
    assert fitted([("attribute[kind]", "树"), ("a", "b")], [Attribute("kind", "number")]) == [("a", "b")]


def test_every_example_loads_through_the_city(tmp_path: Path) -> None:
    (tmp_path / "backends").mkdir()
    for path in (ROOT / "cities/xihua/backends").glob("*.yml.example"):
        (tmp_path / "backends" / path.name.removesuffix(".example")).write_text(path.read_text(encoding="utf-8"))
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    names = ("YIZHAN_FIXMYSTREET_KEY", "YIZHAN_KLARSCHIFF_KEY", "YIZHAN_SEECLICKFIX_KEY")
    backends = load_backends(tmp_path, lambda: None, env=dict.fromkeys(names, "k") | {"YIZHAN_HOOK_SECRETS": secret})  # type: ignore[arg-type, return-value]
    assert set(backends.by_name) == {"fixmystreet", "klarschiff", "seeclickfix", "webhook"}
