"""Whether the service lives and can serve a resident, and its figures for Prometheus. No words, no names."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Check = Callable[[], Awaitable[str]]  # "ok", or in a few words what is wrong


@dataclass
class Health:
    """`parts` says how each part is; those in `vital` are needed to serve a resident."""

    parts: dict[str, Check] = field(default_factory=dict)
    vital: set[str] = field(default_factory=set)

    async def report(self) -> tuple[bool, dict[str, str]]:
        states = {name: await _state(check) for name, check in self.parts.items()}
        return all(states[name] == "ok" for name in self.vital), states


async def _state(check: Check) -> str:
    try:
        return await check()
    except Exception as error:  # a check that fails is a part that fails
        return type(error).__name__


def build_health_router(
    health: Health, registry: CollectorRegistry, refresh: Callable[[], Awaitable[None]]
) -> APIRouter:
    """`refresh` brings the gauges up to date before they are read."""
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        well, parts = await health.report()
        return JSONResponse({"ready": well, "parts": parts}, 200 if well else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        await refresh()
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
