"""How the desk is served: on loopback, by a protocol that can cut a connection, without an access log."""

import uvicorn
from starlette.types import ASGIApp

from bot.casedesk.protocol import DeskProtocol

STOP_SECONDS = 3  # a caller left waiting by a fault does not hold up the end


def server_for(app: ASGIApp, port: int) -> uvicorn.Server:
    """`port` 0 lets the system choose."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            loop="asyncio",  # the reset fault needs its sockets
            http=DeskProtocol,
            ws="none",
            access_log=False,  # addresses in the log would hold own numbers
            log_level="warning",
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
