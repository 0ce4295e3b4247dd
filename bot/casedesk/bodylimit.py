"""Stops reading a request that is larger than the desk takes, also one that does not say its size."""

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.casedesk.formats import error_answer
from bot.casedesk.problems import Problem, Refused
from bot.casedesk.settings import MAX_BODY_BYTES, MAX_HOOK_BYTES

TOO_LARGE = Problem(413, "the request is too large: send less at once")


def limit_for(path: str) -> int:
    return MAX_BODY_BYTES if path.startswith("/open311/") else MAX_HOOK_BYTES * (16 if path.startswith("/desk/") else 1)


class BodyLimit:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        limit = limit_for(scope["path"])
        told = request.headers.get("content-length", "0")
        if told.isascii() and told.isdigit() and int(told) > limit:
            await error_answer(request, (TOO_LARGE,), {"connection": "close"})(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise Refused(TOO_LARGE)
            return message

        try:
            await self.app(scope, counted, send)
        except Refused:  # met outside the application, where a fault reads the body
            await error_answer(request, (TOO_LARGE,), {"connection": "close"})(scope, receive, send)
