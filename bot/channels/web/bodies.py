"""Stops taking in a request to the chat that is larger than it may be, also one that does not say its size.

The answer goes out at once; what the sender is still sending is then thrown away for a while, since a connection that is
cut in the middle of an upload would lose the answer with it.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.web.refusals import Refused
from bot.intake.uploads import MAX_BYTES

PATH = "/chat/"
MAX_JSON = 256 * 1024  # bytes: 20,000 characters even where each is escaped twice
MAX_UPLOAD = MAX_BYTES + 64 * 1024  # the picture and what multipart puts around it
MAX_THROWN_AWAY = 128 * 1024 * 1024  # bytes read and forgotten after a refusal
LONGEST = 20.0  # seconds for that


class _TooLarge(Exception):
    pass


class BodyLimit:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self.app(scope, receive, send)
            return
        limit = MAX_UPLOAD if scope["path"] == "/chat/api/uploads" else MAX_JSON
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if told.isdigit() and int(told) > limit:
            await _refuse(scope, receive, send, limit)
            return
        read = 0
        answered = False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLarge:
            if not answered:
                await _refuse(scope, receive, send, limit)


async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    refused = Refused(413, f"the request is larger than {limit // 1024} KB; send less at once", {"Connection": "close"})
    response = refused.response()
    await send({"type": "http.response.start", "status": 413, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    await _throw_away(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _throw_away(receive: Receive) -> None:
    read = 0
    try:
        async with asyncio.timeout(LONGEST):
            while read < MAX_THROWN_AWAY:
                message = await receive()
                read += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
