"""Session tokens: 256 random bits, known to the resident's browser alone; we keep only their SHA-256."""

import hashlib
import secrets

from fastapi import Request
from sqlalchemy.orm import Session

from bot.channels.web.refusals import Refused
from bot.intake.conversations import find_conversation
from bot.intake.database import Database
from bot.intake.tables import Conversation

CHANNEL = "web"
_LONGEST = 200  # characters; ours have 43


def new_token() -> str:
    return secrets.token_urlsafe(32)


def address_of(token: str) -> str:
    """What stands in the database for this token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def find_open(session: Session, token: str) -> Conversation | None:
    """The conversation of this token; None where there is none or it has been erased."""
    found = find_conversation(session, CHANNEL, address_of(token))
    return found if found is not None and found.closed_at is None else None


async def authenticate(database: Database, request: Request) -> Conversation:
    """Raises Refused (401) without a token that is valid."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() == "bearer" and token and len(token) <= _LONGEST:
        conversation = await database.read(find_open, token)
        if conversation is not None:
            return conversation
    reason = "this session is not known or has ended; POST /chat/api/sessions and send its token as Bearer"
    raise Refused(401, reason, {"WWW-Authenticate": "Bearer"})
