"""Residents' pictures for case systems: a signed address for each, since a backend fetches them without an account."""

import hmac
import os
import secrets
from asyncio import to_thread
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from bot.intake import uploads
from bot.intake.database import Database


class MediaSigner:
    """Makes and checks the addresses. The key lives in the data folder, so that addresses outlive a restart."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._base = base_url.rstrip("/")
        path = folder / "media.key"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
        self._key = path.read_bytes()

    def url(self, upload_id: str) -> str:
        return f"{self._base}/media/{upload_id}/{self.signature(upload_id)}"

    def signature(self, upload_id: str) -> str:
        return hmac.new(self._key, upload_id.encode(), sha256).hexdigest()[:32]


def media_reader(database: Database, folder: Path) -> Callable[[str], Awaitable[tuple[str, bytes, str] | None]]:
    """Reads a picture for case systems that take the file itself: name, content, media type; None where it is gone."""

    async def read(upload_id: str) -> tuple[str, bytes, str] | None:
        upload = await database.read(uploads.find_upload, upload_id)
        path = folder / upload.path if upload is not None else None
        if upload is None or path is None or not path.is_file():
            return None
        return path.name, await to_thread(path.read_bytes), upload.media_type

    return read


def build_media_router(database: Database, signer: MediaSigner, folder: Path) -> APIRouter:
    router = APIRouter()

    @router.get("/media/{upload_id}/{signature}")
    async def media(upload_id: str, signature: str) -> FileResponse:
        if not hmac.compare_digest(signature.encode(), signer.signature(upload_id).encode()):
            raise HTTPException(404, "there is no such picture")
        upload = await database.read(uploads.find_upload, upload_id)
        if upload is None or not (folder / upload.path).is_file():
            raise HTTPException(404, "there is no such picture")
        return FileResponse(folder / upload.path, media_type=upload.media_type)

    return router
