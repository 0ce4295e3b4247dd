"""Every route of the console refuses strangers, wrong roles and other sites."""

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.datastructures import Headers

from bot.console.origin import is_own
from bot.intake.people import LADDER, ROLES, Role, suffices
from tests.bot.console.staff import Staff

pytest_plugins = ["tests.bot.console.fixtures"]
FOR_EVERYBODY = {
    ("GET", "/login"): "the sign-in page",
    ("POST", "/login"): "signing in",
    ("POST", "/logout"): "signing out, also when the session has ended",
    ("POST", "/language"): "the sign-in page in another language",
    ("GET", "/welcome/{token}"): "the token in the address is the key",
    ("POST", "/welcome/{token}"): "the token in the address is the key",
}


def routes(staff: Staff) -> set[tuple[str, str]]:
    waiting: list[Any] = list(staff.inner.routes)
    found = set()
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found |= {(method, route.path) for method in route.methods if method != "HEAD"}
        elif (included := getattr(route, "original_router", None)) is not None:
            waiting += included.routes
    return found


def plain(path: str) -> str:
    return "/console" + re.sub(r"\{[^}]+\}", "1", path)


def test_the_list_of_open_routes_names_no_route_that_is_gone(staff: Staff) -> None:
    assert set(FOR_EVERYBODY) <= routes(staff) and len(routes(staff)) > 12


async def test_strangers_are_sent_to_the_sign_in_page_or_refused(staff: Staff) -> None:
    async with staff.client(None) as client:
        for method, path in sorted(routes(staff) - set(FOR_EVERYBODY)):
            answer = await client.request(method, plain(path))
            if path.startswith("/api/"):
                assert answer.status_code == 401, (method, path)
            else:
                assert answer.status_code == 303, (method, path)
                assert answer.headers["location"].startswith("/console/login"), (method, path)


async def test_other_sites_change_nothing(staff: Staff) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "http://evil.test"}):
        async with staff.client("administrator", headers=headers) as client:
            for method, path in sorted(routes(staff)):
                if method != "GET":
                    assert (await client.request(method, plain(path))).status_code == 403, (method, path)


@pytest.mark.parametrize("role", ["operator", "reviewer", "auditor"])
async def test_people_are_the_administrators_matter(staff: Staff, role: Role) -> None:
    async with staff.client(role) as client:
        own = [(method, path) for method, path in sorted(routes(staff)) if path.startswith("/people")]
        assert len(own) == 5
        for method, path in own:
            assert (await client.request(method, plain(path))).status_code == 403, (method, path)


async def test_an_auditor_decides_nothing(staff: Staff) -> None:
    own = {"/account/password", "/theme", "/tickets/{number}/personal"}  # the last shows, and is audited
    async with staff.client("auditor") as client:
        for method, path in sorted(routes(staff) - set(FOR_EVERYBODY)):
            if method != "GET" and path not in own:
                answer = await client.request(method, plain(path))
                assert answer.status_code == 403, (method, path, answer.status_code)


def test_roles_are_a_ladder_with_auditors_beside() -> None:
    may = {role: {wanted for wanted in ROLES if suffices(role, wanted)} for role in ROLES}
    assert may["auditor"] == {"auditor"}
    assert [may[role] for role in LADDER] == [set(LADDER[: i + 1]) for i in range(3)]


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"origin": "http://desk.test"}, True),
        ({"origin": "https://public.test"}, True),
        ({"origin": "null"}, False),
        ({"origin": "http://desk.test.evil"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site", "origin": "http://desk.test"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_where_a_request_comes_from(headers: dict[str, str], own: bool) -> None:
    given = Headers({"host": "desk.test", **headers})
    assert is_own("POST", given, "http", "https://public.test/") is own
    assert is_own("GET", given, "http", "")
