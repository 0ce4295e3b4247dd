"""The chat API (docs/reference/chat-api.md): takes in, hands out, decides nothing."""

from datetime import datetime
from typing import Annotated, Any

import anyio.to_thread
from anyio import CapacityLimiter
from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from python_multipart.exceptions import MultipartParseError
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from bot.channels.web.bells import ConversationBells
from bot.channels.web.inbound import item_of
from bot.channels.web.limits import Limits
from bot.channels.web.preferences import preferred_language
from bot.channels.web.reading import Reader, read_batch
from bot.channels.web.refusals import ChatRoute, Refused
from bot.channels.web.schemas import MessageBody, SessionBody, read_body
from bot.channels.web.tokens import CHANNEL, address_of, authenticate, new_token
from bot.intake import inbox, messages, uploads
from bot.intake.city import City
from bot.intake.clock import Clock
from bot.intake.conversations import close_conversation, get_conversation, open_conversation
from bot.intake.database import Database
from bot.intake.erasure import erase_conversation
from bot.intake.say import Say
from bot.intake.signals import Signals
from bot.settings import Settings
from language.danger import assess

PICTURES_AT_ONCE = 2  # unpacked, a picture of 50 million pixels takes 200 MB
MAX_SEQ = 2**31 - 1
PING = 15  # seconds between the heartbeats of a stream

After = Annotated[int, Query(ge=0, le=MAX_SEQ)]
Wait = Annotated[float, Query(ge=0, le=25, allow_inf_nan=False)]


def build_router(
    database: Database, city: City, settings: Settings, signals: Signals, clock: Clock, bells: ConversationBells
) -> APIRouter:
    chat = Chat(database, city, settings, signals, clock, bells)
    router = APIRouter(prefix="/chat/api", route_class=ChatRoute)
    add = router.add_api_route
    add("/sessions", chat.open_session, methods=["POST"], response_model=None)
    add("/sessions/current", chat.erase_session, methods=["DELETE"], response_model=None)
    add("/messages", chat.post_message, methods=["POST"], response_model=None)
    add("/messages", chat.get_messages, methods=["GET"], response_model=None)
    add("/stream", chat.get_stream, methods=["GET"], response_model=None)
    add("/uploads", chat.post_upload, methods=["POST"], response_model=None)
    add("/uploads/{upload_id}", chat.get_upload, methods=["GET"], response_model=None)
    return router


class Chat:
    """One method for each call."""

    def __init__(
        self,
        database: Database,
        city: City,
        settings: Settings,
        signals: Signals,
        clock: Clock,
        bells: ConversationBells,
    ) -> None:
        self._database = database
        self._city = city
        self._folder = settings.uploads
        self._signals = signals
        self._clock = clock
        self._limits = Limits(settings)
        self._reader = Reader(database, bells, clock)
        self._pictures = CapacityLimiter(PICTURES_AT_ONCE)

    async def open_session(self, request: Request) -> Response:
        body = read_body(SessionBody, await request.body())
        self._limits.count_session(request)
        language = body.language or preferred_language(request.headers.get("accept-language", ""))
        token = new_token()
        sent = await self._database.run(_open, self._city, token, language, self._clock())
        return JSONResponse({"session": token, "messages": sent}, 201)

    async def erase_session(self, request: Request) -> Response:
        conversation = await authenticate(self._database, request)
        await self._database.run(_erase, conversation.id, self._clock())
        return JSONResponse({"erased": True})

    async def post_message(self, request: Request) -> Response:
        conversation = await authenticate(self._database, request)
        body = read_body(MessageBody, await request.body())
        try:
            self._limits.count_message(request, conversation.id)
        except Refused:
            # Danger is never silenced, and what has been taken already is said again.
            known = await self._database.read(inbox.find_item, conversation.id, body.id)
            if known is None and not assess(body.text or "").is_now:
                raise
        created = await self._database.run(_receive, conversation.id, body, self._clock())
        self._signals.inbox.set()
        return JSONResponse({"accepted": True}, 202 if created else 200)

    async def get_messages(self, request: Request, after: After = 0, wait: Wait = 0) -> Response:
        conversation = await authenticate(self._database, request)
        batch = await self._reader.read(conversation.id, after, wait)
        return JSONResponse({"messages": batch.messages, "idle": batch.idle})

    async def get_stream(self, request: Request, after: After = 0) -> Response:
        conversation = await authenticate(self._database, request)
        resumed = request.headers.get("last-event-id", "")
        if resumed.isascii() and resumed.isdigit() and len(resumed) < 10:
            after = max(after, int(resumed))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return EventSourceResponse(self._reader.stream(conversation.id, after), headers=headers, ping=PING)

    async def post_upload(self, request: Request) -> Response:
        conversation = await authenticate(self._database, request)
        self._limits.count_upload(request, conversation.id)
        content = await _file_of(request)
        picture, kind = await anyio.to_thread.run_sync(uploads.cleaned_picture, content, limiter=self._pictures)
        stored = await self._database.run(uploads.store, self._folder, conversation.id, picture, kind, self._clock())
        return JSONResponse({"upload": stored.id}, 201)

    async def get_upload(self, request: Request, upload_id: str) -> Response:
        """A resident's own picture, so that the page can show it again after a reload."""
        conversation = await authenticate(self._database, request)
        upload = await self._database.read(uploads.find_upload, upload_id)
        if upload is None or upload.conversation_id != conversation.id or not (self._folder / upload.path).is_file():
            raise Refused(404, "there is no such upload in this session")
        return FileResponse(self._folder / upload.path, media_type=upload.media_type)


async def _file_of(request: Request) -> bytes:
    """The one file of a multipart body, at most MAX_BYTES. Raises Refused."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Refused(400, "send the picture as multipart/form-data with one part named 'file'")
    try:
        form = await request.form(max_files=1, max_fields=0)
    except (HTTPException, MultipartParseError, KeyError, ValueError) as error:
        raise Refused(400, "the multipart body cannot be read; send one part named 'file' and nothing else") from error
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Refused(400, "there is no file in it; send the picture as the part named 'file'")
        content = await file.read(uploads.MAX_BYTES + 1)
    finally:
        await form.close()
    if len(content) > uploads.MAX_BYTES:
        raise Refused(413, "the picture is larger than 10 MB; send a smaller one")
    return content


def _open(session: Session, city: City, token: str, language: str, now: datetime) -> list[dict[str, Any]]:
    conversation, _ = open_conversation(session, CHANNEL, address_of(token), now, language)
    say = Say("greeting", {"bureau": city.bureau, "privacy_url": city.privacy_url})
    messages.queue_message(session, conversation, say, city.phrases, now)
    return read_batch(session, conversation.id, 0, now).messages


def _receive(session: Session, conversation_id: str, body: MessageBody, now: datetime) -> bool:
    conversation = get_conversation(session, conversation_id)
    uploads.check_own(session, conversation_id, body.uploads or [])
    kind, payload = item_of(body)
    _, created = inbox.receive(session, conversation, body.id, kind, payload, now)
    if created and body.language:
        conversation.language, conversation.language_set = body.language, True
    return created


def _erase(session: Session, conversation_id: str, now: datetime) -> None:
    erase_conversation(session, get_conversation(session, conversation_id))
    close_conversation(session, conversation_id, now)
