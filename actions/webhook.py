"""The action server, inside the service: one route on loopback that only the engine may call."""

import hmac
import logging
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from actions.intake_action import CompleteTurn, IntakeAction

logger = logging.getLogger(__name__)


def build_action_app(complete: CompleteTurn, token: str) -> FastAPI:
    """`token` is made anew at each start and handed to the engine through its environment."""
    executor = ActionExecutor()
    executor.register_action(IntakeAction(complete))
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.post("/webhook")
    async def webhook(request: Request) -> dict[str, Any]:
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "this address serves the engine only")
        try:
            call = await request.json()
        except ValueError as error:
            raise HTTPException(400, "the body is not JSON") from error
        if not isinstance(call, dict):
            raise HTTPException(400, "the body is not an action call")
        try:
            result = await executor.run(call)
        except (ActionExecutionRejection, ActionNotFoundException) as error:
            logger.warning("action_refused", extra={"trouble": type(error).__name__})
            raise HTTPException(404, "there is no such action") from error
        return result.model_dump() if result is not None else {"events": [], "responses": []}

    return app
