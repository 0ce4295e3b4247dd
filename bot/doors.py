"""Listening: HTTP servers inside the service's one event loop, and ports that are free."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from bot.settings import SettingError, Settings

LOOPBACK = "127.0.0.1"
CLOSING = 5  # seconds that open requests have to end


class Door:
    """One application on one address."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=CLOSING,
        )
        self._server = _Server(config)

    async def serve(self) -> None:
        await self._server.serve()

    def close(self) -> None:
        self._server.should_exit = True


class _Server(uvicorn.Server):
    """Leaves the signals to the service, which ends its parts in order."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def check_free(settings: Settings) -> None:
    """Raises SettingError naming the first port that is taken and how to choose another."""
    wanted = [("--port", settings.host, settings.port)]
    if not settings.engine_url:
        wanted.append(("--engine-port", LOOPBACK, settings.engine_port))
    if settings.desk:
        wanted.append(("--desk-port", LOOPBACK, settings.desk_port))
    for option, host, port in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise SettingError(f"port {port} is taken; end what uses it or choose another with {option}") from error


def free_port() -> int:
    """A port on loopback that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
