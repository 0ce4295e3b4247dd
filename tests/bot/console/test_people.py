"""The first administrator, one-time links, and what administrators do with accounts."""

import re

from bot.intake import accountlinks, accounts, audit
from tests.bot.console.staff import Staff

pytest_plugins = ["tests.bot.console.fixtures"]
PASSWORD = "青华路上的槐树开花了"


def offered(staff: Staff) -> str | None:
    with staff.home.database.transaction() as session:
        return accountlinks.offer_first_administrator(session, staff.ground.clock())


async def test_the_first_administrator_comes_by_a_link_that_works_once(either_staff: Staff) -> None:
    staff = either_staff
    old, token = offered(staff), offered(staff)
    form = {"username": "赵主任", "password": PASSWORD, "again": PASSWORD}
    async with staff.client(None) as client:
        assert (await client.get(f"/console/welcome/{old}")).status_code == 404, "a newer link ends the older one"
        assert (await client.get(f"/console/welcome/{token}")).status_code == 200
        short = {**form, "password": "short", "again": "short"}
        assert (await client.post(f"/console/welcome/{token}", data=short)).status_code == 400
        entered = await client.post(f"/console/welcome/{token}", data=form)
        assert (entered.status_code, entered.headers["location"]) == (303, "/console/")
        assert "赵主任" in (await client.get("/console/people")).text
        assert (await client.post(f"/console/welcome/{token}", data=form)).status_code == 404
    assert offered(staff) is None, "there is an administrator now"


async def test_a_link_ends_after_a_day(staff: Staff) -> None:
    token = offered(staff)
    staff.home.clock.forward(hours=24)
    async with staff.client(None) as client:
        assert (await client.get(f"/console/welcome/{token}")).status_code == 404


async def test_somebody_new_chooses_a_password_and_signs_in(staff: Staff) -> None:
    async with staff.client("administrator") as client:
        page = await client.post("/console/people", data={"name": "李敏", "role": "reviewer"})
        found = re.search(r'id="link">[^<]*(/console/welcome/[\w-]+)<', page.text)
        assert found is not None
        assert (await client.post("/console/people", data={"name": " 李敏", "role": "operator"})).status_code == 400
    async with staff.client(None) as client:
        form = {"password": PASSWORD, "again": PASSWORD}
        assert (await client.post(found.group(1), data=form)).status_code == 303
        await client.post("/console/logout")
        assert (await client.get("/console/account")).status_code == 303, "signed out"
        assert (await client.post("/console/login", data={"username": "李敏", "password": PASSWORD})).status_code == 303
    with staff.home.database.reading() as session:
        actions = [line.action for line in audit.lines(session)]
        assert audit.verify(session) is None
    assert actions[-5:] == ["account_added", "password_link", "password_set", "signed_out", "signed_in"]


async def test_a_new_role_and_disabling_end_open_sessions(either_staff: Staff) -> None:
    staff = either_staff
    person = staff.person("operator", "王芳")
    async with staff.client("administrator") as boss:
        for path, form in [("role", {"role": "reviewer"}), ("state", {"state": "disabled"})]:
            async with staff.client("operator", "王芳") as client:
                assert (await client.get("/console/account")).status_code == 200
                assert (await boss.post(f"/console/people/{person.id}/{path}", data=form)).status_code == 303
                assert (await client.get("/console/account")).status_code == 303
        own = staff.person("administrator").id
        assert (await boss.post(f"/console/people/{own}/role", data={"role": "operator"})).status_code == 409
        assert (await boss.post(f"/console/people/{own}/state", data={"state": "disabled"})).status_code == 409
    with staff.home.database.reading() as session:
        assert accounts.has_administrator(session)
