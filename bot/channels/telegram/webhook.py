"""Updates that Telegram posts to the service's public port."""

import hmac
import json
import logging
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Request, Response
from telegram import Bot

from bot.channels.telegram.raw import parse_update
from bot.channels.telegram.receiver import Receiver

logger = logging.getLogger(__name__)

PATH = "/telegram/webhook"
MAX_BODY = 1024 * 1024  # bytes; Telegram's updates are a few kilobytes


def build_webhook_router(bot: Bot, receiver: Receiver, secret: str) -> APIRouter:
    """The route answers 200 once the update is stored; on anything else Telegram sends it again."""
    router = APIRouter()

    @router.post(PATH, include_in_schema=False)
    async def take_update(request: Request, x_telegram_bot_api_secret_token: Annotated[str, Header()] = "") -> Response:
        if not hmac.compare_digest(x_telegram_bot_api_secret_token.encode(), secret.encode()):
            raise HTTPException(401, "this route is for Telegram; its secret token is missing or wrong")
        update = parse_update(_document(await _body(request)), bot)
        if update is not None:
            await _store(receiver, update)
        return Response(status_code=200)

    return router


async def _store(receiver: Receiver, update: Any) -> None:
    try:
        await receiver.take(update)
    except Exception as error:  # the outermost frame of the request: Telegram is to send it again
        logger.warning("update_not_stored", extra={"update": update.update_id, "trouble": type(error).__name__})
        raise HTTPException(503, "the update could not be stored; send it again") from error


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, "an update of Telegram is never this large")
    return bytes(body)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError as error:
        raise HTTPException(400, "this is not JSON; Telegram posts an Update object") from error
    if not isinstance(document, dict) or not isinstance(document.get("update_id"), int):
        raise HTTPException(400, "this is not an Update object: update_id is missing")
    return document
