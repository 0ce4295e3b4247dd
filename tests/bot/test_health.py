"""Health: alive is not ready; a part that fails is named and its words are not shown."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Gauge

from bot.figures import Figures
from bot.health import Health, build_health_router
from tests.bot.intake.home import Home

pytest_plugins = ["tests.bot.intake.fixtures"]


def state(value: str | Exception) -> Callable[[], Awaitable[str]]:
    async def check() -> str:
        if isinstance(value, Exception):
            raise value
        return value

    return check


async def get(health: Health, path: str, refreshed: list[int] | None = None) -> httpx.Response:
    registry = CollectorRegistry()
    gauge = Gauge("yizhan_test", "A figure", registry=registry)

    async def refresh() -> None:
        gauge.set(42)
        if refreshed is not None:
            refreshed.append(1)

    app = FastAPI()
    app.include_router(build_health_router(health, registry, refresh))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("engine", "forwarding", "ready", "shown"),
    [
        ("ok", "ok", True, {"engine": "ok", "forwarding": "ok"}),
        ("ok", "paused: desk", True, {"engine": "ok", "forwarding": "paused: desk"}),
        ("not ready", "ok", False, {"engine": "not ready", "forwarding": "ok"}),
        (RuntimeError("password=secret"), "ok", False, {"engine": "RuntimeError", "forwarding": "ok"}),
        ("ok", TimeoutError(), True, {"engine": "ok", "forwarding": "TimeoutError"}),
    ],
)
async def test_ready_where_every_vital_part_is_well(
    engine: str | Exception, forwarding: str | Exception, ready: bool, shown: dict[str, str]
) -> None:
    health = Health({"engine": state(engine), "forwarding": state(forwarding)}, {"engine"})
    response = await get(health, "/health/ready")
    assert response.status_code == (200 if ready else 503)
    assert response.json() == {"ready": ready, "parts": shown}
    assert "secret" not in response.text


async def test_alive_even_where_nothing_is_ready() -> None:
    response = await get(Health({"engine": state("not ready")}, {"engine"}), "/health/live")
    assert (response.status_code, response.json()) == (200, {"live": True})


async def test_figures_are_fresh_when_they_are_read() -> None:
    refreshed: list[int] = []
    response = await get(Health(), "/metrics", refreshed)
    assert refreshed == [1] and "yizhan_test 42.0" in response.text
    assert response.headers["content-type"].startswith("text/plain")


async def test_the_figures_count_what_is_there(home: Home) -> None:
    resident = home.resident()
    home.presses(resident, home.reports_lamp(resident))
    home.receive(resident, "在吗")
    home.clock.forward(seconds=90)
    figures = Figures(home.database, home.clock)
    await figures.refresh()
    value = figures.registry.get_sample_value
    assert value("yizhan_inbox_waiting") == 1 and value("yizhan_inbox_oldest_seconds") == 90
    assert value("yizhan_tickets", {"status": "submitted"}) == 1
    assert value("yizhan_outbox", {"backend": "desk", "state": "waiting"}) == 1
    assert value("yizhan_outbox_oldest_seconds") == 90


async def test_a_figure_that_falls_to_nothing_says_so(home: Home) -> None:
    from bot.intake.tables import Ticket

    resident = home.resident()
    home.presses(resident, home.reports_lamp(resident))
    figures = Figures(home.database, home.clock)
    await figures.refresh()
    with home.database.transaction() as session:
        session.get_one(Ticket, home.tickets()[0].id).status = "closed"
    await figures.refresh()
    value = figures.registry.get_sample_value
    assert value("yizhan_tickets", {"status": "closed"}) == 1
    assert not value("yizhan_tickets", {"status": "submitted"})


async def test_endings_and_pauses_by_backend(home: Home) -> None:
    from bot.intake import circuits
    from bot.intake.tables import OutboxItem

    resident = home.resident()
    home.presses(resident, home.reports_lamp(resident))
    now = home.clock()
    with home.database.transaction() as session:
        session.query(OutboxItem).one().state = "accepted"
        circuits.hold(session, "desk", now + timedelta(minutes=1), now)
    figures = Figures(home.database, home.clock)
    value = figures.registry.get_sample_value
    await figures.refresh()
    assert value("yizhan_outbox_ended", {"backend": "desk", "ending": "accepted"}) == 1
    assert value("yizhan_backend_paused", {"backend": "desk"}) == 1
    home.clock.forward(minutes=2)
    await figures.refresh()
    assert value("yizhan_backend_paused", {"backend": "desk"}) == 0
