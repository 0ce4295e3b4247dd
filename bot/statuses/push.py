"""POST /backend/webhooks/{backend}: a backend pushes news, signed by Standard Webhooks.

401 where the signature, the time or a header is wrong; 413 over BODY_LIMIT; 400 where a signed body says nothing that
can be read. What came before is answered with 200 and changes nothing.
"""

import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from standardwebhooks import Webhook, WebhookVerificationError

from bot.intake import statuses
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.news import Newsroom
from bot.intake.statuses import Receiver

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024  # bytes
STATUS_TYPE = "case.status"


def push_router(database: Database, newsroom: Newsroom, receivers: Mapping[str, Receiver], clock: Clock) -> APIRouter:
    router = APIRouter()

    @router.post("/backend/webhooks/{backend}")
    async def receive(backend: str, request: Request) -> dict[str, str]:
        receiver = receivers.get(backend)
        if receiver is None:
            raise HTTPException(404, "no backend of this name pushes news here")
        body = await _body(request)
        if not is_signed(body, dict(request.headers), receiver.secrets):
            log.warning("push_refused", extra={"backend": backend})
            raise HTTPException(401, "the signature, the timestamp or a webhook header is missing or wrong")
        document = _document(body)
        if document.get("type") != STATUS_TYPE:
            return {"outcome": "ignored"}
        data = document.get("data")
        row = {"update_id": request.headers["webhook-id"], **data} if isinstance(data, dict) else {}
        update = receiver.read(row)
        if update is None:
            raise HTTPException(400, "data needs status, updated_datetime, and service_request_id or ticket_number")
        outcome = await database.run(statuses.apply_update, newsroom, backend, update, clock())
        log.info("push_taken", extra={"backend": backend, "outcome": outcome})
        return {"outcome": outcome}

    return router


def is_signed(body: bytes, headers: dict[str, str], secrets: tuple[str, ...]) -> bool:
    """Whether one of the secrets signed this body within the library's tolerance of five minutes."""
    for secret in secrets:
        try:
            Webhook(secret).verify(body, headers, json_parse=False)
        except (WebhookVerificationError, ValueError):  # ValueError: a signature that is not even one
            continue
        return True
    return False


async def _body(request: Request) -> bytes:
    """The body, never more than BODY_LIMIT of it in memory."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > BODY_LIMIT:
        raise HTTPException(413, f"the body is larger than {BODY_LIMIT} bytes")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise HTTPException(413, f"the body is larger than {BODY_LIMIT} bytes")
    return bytes(body)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is no JSON") from error
    if not isinstance(document, dict):
        raise HTTPException(400, "the body must be a JSON object with type and data")
    return document
