"""uvicorn's HTTP/1.1 protocol, which also shows the connection to the application: a fault may have to cut it."""

import asyncio
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.casedesk.troublemaker import TRANSPORT_KEY


class DeskProtocol(H11Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        inner: Any = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            extensions = {**scope.get("extensions", {}), TRANSPORT_KEY: transport}
            await inner({**scope, "extensions": extensions}, receive, send)

        self.app = with_transport
