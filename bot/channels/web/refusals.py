"""What the chat API answers when it cannot take a request: {"error": "<what to do>"} with a fitting status."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from bot.intake.errors import BadInput

LONGEST_REASON = 300  # characters; a name that somebody made up does not come back at any length


class Refused(Exception):
    """A request that is not taken; `reason` tells the sender in plain words what to change."""

    def __init__(self, status: int, reason: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}

    def response(self) -> JSONResponse:
        return JSONResponse({"error": self.reason}, self.status, {"Cache-Control": "no-store", **self.headers})


class ChatRoute(APIRoute):
    """Turns refusals into answers for the chat API alone; other parts of the service keep their own error pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def refusing(request: Request) -> Response:
            try:
                response = await handle(request)
            except Refused as refused:
                return refused.response()
            except BadInput as error:
                return Refused(400, str(error)).response()
            except RequestValidationError as error:
                return Refused(400, reason_of(error.errors())).response()
            except ClientDisconnect:
                return Refused(400, "the request ended early; send it again").response()
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return refusing


def reason_of(errors: Any) -> str:
    """The first trouble pydantic names, in words, without the input itself."""
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
    return f"{where or 'the body'}: {first['msg']}"[:LONGEST_REASON]


def refused_from(error: ValidationError) -> Refused:
    return Refused(400, reason_of(error.errors(include_input=False, include_url=False, include_context=False)))
