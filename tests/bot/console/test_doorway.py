"""Signing in and out."""

from datetime import timedelta

import pytest

from bot.console.gate import COOKIE
from bot.intake import accounts, passwords
from tests.bot.console.staff import Staff

pytest_plugins = ["tests.bot.console.fixtures"]
PASSWORD = "青华路上的槐树开花了"


@pytest.fixture
def with_password(staff: Staff) -> Staff:
    person = staff.person("operator", "王芳")
    with staff.home.database.transaction() as session:
        account = accounts.get_account(session, person.id)
        accounts.set_password(session, None, account, passwords.hashed(PASSWORD), staff.ground.clock())
    return staff


async def test_the_right_password_opens_the_console(with_password: Staff) -> None:
    async with with_password.client(None) as client:
        answer = await client.post("/console/login", data={"username": " 王芳 ", "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/")
        cookie = answer.headers["set-cookie"]
        assert (
            all(part in cookie for part in ("HttpOnly", "SameSite=strict", "Path=/console")) and "Secure" not in cookie
        )
        page = await client.get("/console/account")
        assert page.status_code == 200 and "王芳" in page.text


async def test_wrong_names_and_wrong_passwords_get_the_same_answer(with_password: Staff) -> None:
    async with with_password.client(None) as client:
        answers = [
            await client.post("/console/login", data={"username": name, "password": "not the password"})
            for name in ("王芳", "无名")
        ]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].text.replace("王芳", "无名") == answers[1].text
    assert all(COOKIE not in answer.headers.get("set-cookie", "") for answer in answers)


async def test_a_session_ends_when_idle_and_when_old(staff: Staff) -> None:
    async with staff.client() as client:
        staff.home.clock.forward(minutes=59)
        assert (await client.get("/console/account")).status_code == 200
        staff.home.clock.forward(minutes=59)
        assert (await client.get("/console/account")).status_code == 200, "the first look was noted"
        staff.home.clock.forward(minutes=61)
        gone = await client.get("/console/account?a=1")
        assert (gone.status_code, gone.headers["location"]) == (303, "/console/login?next=%2Fconsole%2Faccount%3Fa%3D1")
    async with staff.client() as client:
        for _ in range(15):
            last = await client.get("/console/account")
            staff.home.clock.now += timedelta(minutes=55)
        assert last.status_code == 303, "twelve hours are the longest"
