"""The whole way to a real case desk, with every fault of the plan: nothing lost, nothing doubled."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from bot.forwarding.backends.http import new_client
from bot.forwarding.backends.open311.backend import Open311Backend
from bot.forwarding.backends.open311.profile import Profile, load_profile
from bot.forwarding.backends.open311.wire import Wire
from tests.bot.forwarding.desk_process import ROOT, Desk, free_port, running_desk
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

FAST = {"timeouts": {"connect": "0.4s", "read": "0.4s", "total": "0.8s"}, "settle": "1s"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with running_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def desk(running: Desk) -> Desk:
    running.clear()
    return running


def profile_with(**changes: object) -> Profile:
    """The city's profile of the desk with other values."""
    document = load_profile(ROOT / "cities/xihua/backends/desk.yml").model_dump() | FAST | changes
    return Profile.model_validate(document)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    client = new_client(profile_with().timeouts, 8, ["loopback"])
    yield client
    await client.aclose()


@pytest.fixture
def backend(desk: Desk, house: House, client: httpx.AsyncClient) -> Open311Backend:
    return build(desk, house, client)


def build(desk: Desk, house: House, client: httpx.AsyncClient, **changes: object) -> Open311Backend:
    profile = profile_with(**changes)
    return Open311Backend("desk", profile, Wire(client, profile, desk.open311, None, house.clock))


async def test_a_ticket_becomes_one_case(house: House, desk: Desk, backend: Open311Backend) -> None:
    before = len(desk.cases())
    ticket = house.file(number="XH-A-1", place_code="411622107", contact_name="张三", contact_phone="13800000000")
    await house.live(backend)
    (case,) = [case for case in desk.cases() if case["ticket_number"] == "XH-A-1"]
    assert len(desk.cases()) == before + 1
    assert house.ticket(ticket).case_id == case["id"] and house.states() == ["accepted"]
    assert case["service_code"] == "UM-G02" and case["description"] == "河堤边三盏灯都不亮"
    assert (case["lat"], case["long"], case["address"]) == (33.79, 114.52, "西华营镇河堤路")
    assert case["attributes"]["place_code"] == "411622107"
    assert case["idempotency_key"] == house.items()[0].id and case["posted"] == 1


FAULTS = [
    "accept_then_timeout",
    "timeout",
    "error_500",
    "error_503_retry_after",
    "duplicate_400",
    "token_late",
    "malformed",
    "reset",
    "slow",
]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("keeps_key", [True, False], ids=["with-key", "search-only"])
async def test_no_fault_loses_or_doubles_a_ticket(
    house: House, desk: Desk, client: httpx.AsyncClient, fault: str, keeps_key: bool
) -> None:
    """Whatever goes wrong with the first try, in the end there is one case and the ticket knows its id."""
    backend = build(desk, house, client, **({} if keeps_key else {"idempotency_header": None}))
    number = f"XH-{fault}-{keeps_key}"
    ticket = house.file(number=number)
    desk.plan({"on": "POST requests", "do": fault, "seconds": 1.5})
    await house.live(backend)
    cases = [case for case in desk.cases() if case["ticket_number"] == number]
    assert [case["id"] for case in cases] == [house.ticket(ticket).case_id]
    assert house.states() == ["accepted"]
    assert cases[0]["posted"] == 1 or keeps_key


@pytest.mark.parametrize("fault", ["accept_then_timeout", "reset", "malformed", "slow"])
async def test_a_case_that_was_taken_is_found_and_not_posted_again(
    house: House, desk: Desk, client: httpx.AsyncClient, fault: str
) -> None:
    backend = build(desk, house, client)
    number = f"XH-found-{fault}"
    house.file(number=number)
    desk.plan({"on": "POST requests", "do": fault, "seconds": 1.5, "stored": True})
    await house.live(backend)
    (case,) = [case for case in desk.cases() if case["ticket_number"] == number]
    assert case["posted"] == 1
    assert house.deliveries() == [("send", "ambiguous"), ("look_up", "accepted")]


async def test_a_refusal_is_a_dead_letter_that_a_person_sees(
    house: House, desk: Desk, client: httpx.AsyncClient
) -> None:
    backend = build(desk, house, client)
    house.file(number="XH-refused")
    desk.plan({"on": "POST requests", "do": "refuse_400"})
    await house.live(backend)
    assert house.states() == ["dead"] and house.reviews() == [("refused", "open")]
    assert not [case for case in desk.cases() if case["ticket_number"] == "XH-refused"]


async def test_a_token_that_never_leads_anywhere_waits_for_a_person_and_is_not_posted_again(
    house: House, desk: Desk, client: httpx.AsyncClient
) -> None:
    backend = build(desk, house, client)
    house.file(number="XH-never")
    desk.plan({"on": "POST requests", "do": "token_never", "searchable": False})
    await house.live(backend)
    (case,) = [case for case in desk.cases() if case["ticket_number"] == "XH-never"]
    assert case["posted"] == 1 and house.states() == ["unknown"] and house.reviews() == [("unknown_delivery", "open")]
    assert [kind for kind, _ in house.deliveries()].count("send") == 1


async def test_a_token_without_end_is_found_by_our_number_where_the_desk_can_be_searched(
    house: House, desk: Desk, client: httpx.AsyncClient
) -> None:
    backend = build(desk, house, client)
    ticket = house.file(number="XH-never-but-there")
    desk.plan({"on": "POST requests", "do": "token_never", "searchable": True})
    await house.live(backend)
    (case,) = [case for case in desk.cases() if case["ticket_number"] == "XH-never-but-there"]
    assert house.ticket(ticket).case_id == case["id"] and case["posted"] == 1


async def test_looking_up_survives_faults_of_its_own(house: House, desk: Desk, client: httpx.AsyncClient) -> None:
    """While the search does not answer either, nothing is sent again."""
    backend = build(desk, house, client)
    ticket = house.file(number="XH-blind")
    desk.plan(
        {"on": "POST requests", "do": "reset", "stored": True},
        {"on": "GET requests", "do": "error_500"},
        {"on": "GET requests", "do": "malformed"},
        {"on": "GET requests", "do": "timeout", "seconds": 1.5},
    )
    await house.live(backend)
    (case,) = [case for case in desk.cases() if case["ticket_number"] == "XH-blind"]
    assert case["posted"] == 1 and house.ticket(ticket).case_id == case["id"]
    assert [kind for kind, _ in house.deliveries()] == ["send", "look_up", "look_up", "look_up", "look_up"]


@pytest.mark.parametrize("fault", ["accept_then_timeout", "error_500", "reset", "malformed", "error_503_retry_after"])
async def test_changes_follow_the_case_once_and_in_order(
    house: House, desk: Desk, client: httpx.AsyncClient, fault: str
) -> None:
    backend = build(desk, house, client)
    ticket = house.file(number=f"XH-changes-{fault}")
    house.change(ticket, "corrected", text="是东门", service_code="UM-G03", address="河堤路东门", lat=33.8, lon=114.5)
    house.change(ticket, "supplemented", text="昨晚又灭了一盏")
    house.change(ticket, "withdrawn", text="已经好了")
    desk.plan({"on": "POST servicerequestupdates", "do": fault, "seconds": 1.5})
    await house.live(backend)
    (case,) = [case for case in desk.cases() if case["ticket_number"] == f"XH-changes-{fault}"]
    assert house.states() == ["accepted"] * 4
    assert (case["service_code"], case["address"], case["status"]) == ("UM-G03", "河堤路东门", "withdrawn")
    said = [row["description"] for row in desk.updates() if row["service_request_id"] == case["id"]]
    assert said == ["居民更正\n是东门", "居民补充\n昨晚又灭了一盏", "居民撤回\n已经好了"]


async def test_a_desk_that_is_away_loses_nothing(house: House, client: httpx.AsyncClient, tmp_path: Path) -> None:
    """No server at all, then one: every ticket arrives once, and the backend's circuit closes again."""
    port = free_port()
    profile = profile_with()
    wire = Wire(client, profile, f"http://127.0.0.1:{port}/open311/v2", None, house.clock)
    backend = Open311Backend("desk", profile, wire)
    tickets = [house.file() for _ in range(12)]
    await house.drain(backend)
    state = house.backend_state("desk")
    assert state is not None and state.failures >= 5 and state.paused_until is not None
    assert set(house.states()) == {"waiting"}
    with running_desk(tmp_path / "desk", port) as desk:
        await house.live(backend)
        cases = desk.cases()
    assert len(cases) == 12 and {case["posted"] for case in cases} == {1}
    assert {house.ticket(ticket).case_id for ticket in tickets} == {case["id"] for case in cases}
    state = house.backend_state("desk")
    assert state is not None and state.failures == 0 and state.paused_until is None


async def test_every_kind_of_event_is_understood_by_the_desk(
    house: House, desk: Desk, client: httpx.AsyncClient
) -> None:
    backend = build(desk, house, client)
    ticket = house.file(number="XH-every-kind")
    await house.live(backend)
    case_id = house.ticket(ticket).case_id
    assert case_id is not None
    desk.set_status(case_id, "closed")
    house.change(ticket, "rated", rating="unsatisfied", reason="灯又灭了")
    house.change(ticket, "reopened", text="灯又灭了")
    await house.live(backend)
    assert house.states() == ["accepted"] * 3
    (case,) = [case for case in desk.cases() if case["id"] == case_id]
    assert case["status"] not in ("closed", "open") and case["status"] in backend.profile.status.words
    rows = [row for row in desk.updates() if row["service_request_id"] == case_id and row["origin"] == "reporter"]
    assert [row["description"] for row in rows] == ["居民评价\n灯又灭了\n评价：unsatisfied", "居民要求重开\n灯又灭了"]
