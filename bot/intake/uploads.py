"""Pictures residents send: checked, stripped of metadata, kept below the data directory."""

import hashlib
import io
import struct
import warnings
from datetime import datetime
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake.errors import BadInput
from bot.intake.ids import new_id
from bot.intake.tables import Upload

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000  # a picture that unpacks to more is refused
FRESH = 3600.0  # seconds
MAX_SIDE = 2560  # pixels; larger pictures are scaled down, enough to see a pothole by
FORMATS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
_SEVERAL = "MPO"  # a JPEG with further pictures behind the first, as many phones write it
_TURNS = {  # by the orientation in the picture's metadata
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def cleaned_picture(content: bytes) -> tuple[bytes, str]:
    """The picture without metadata (place, camera, owner) and upright, and its format.

    Raises BadInput for more than MAX_BYTES, another format, a broken file, or a decompression bomb. Slow: call in a thread.
    """
    if len(content) > MAX_BYTES:
        raise BadInput("the picture is larger than 10 MB; send a smaller one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # damaged metadata, which are dropped anyway
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=tuple(FORMATS)) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise BadInput("the picture has too many pixels; send a smaller one")
                kind = "JPEG" if picture.format == _SEVERAL else picture.format or ""
                upright = _upright(picture)
                upright.thumbnail((MAX_SIDE, MAX_SIDE))
                plain = upright.convert("RGB") if kind == "JPEG" else upright.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        TypeError,
        SyntaxError,
        EOFError,
        struct.error,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise BadInput("this is not a JPEG, PNG or WebP picture; send a photo") from error
    out = io.BytesIO()
    plain.info.clear()
    plain.save(out, format=kind, quality=85)
    return out.getvalue(), kind


def _upright(picture: Image.Image) -> Image.Image:
    """Turned as its metadata say. Only this one number is read of them: whatever else is damaged does not matter."""
    turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return picture.copy() if turn is None else picture.transpose(turn)


def store(session: Session, folder: Path, conversation_id: str, content: bytes, kind: str, now: datetime) -> Upload:
    """Writes a cleaned picture below `folder` and its row; the same picture of the same resident is stored once."""
    digest = hashlib.sha256(content).hexdigest()
    query = select(Upload).where(Upload.conversation_id == conversation_id, Upload.sha256 == digest)
    if (found := session.scalar(query)) is not None:
        return found
    media_type, extension = FORMATS[kind]
    upload_id = new_id()
    path = Path(upload_id[:2]) / f"{upload_id}.{extension}"
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    upload = Upload(
        id=upload_id,
        conversation_id=conversation_id,
        path=str(path),
        media_type=media_type,
        size=len(content),
        sha256=digest,
        created_at=now,
    )
    session.add(upload)
    session.flush()
    return upload


def find_upload(session: Session, upload_id: str) -> Upload | None:
    return session.get(Upload, upload_id)


def check_own(session: Session, conversation_id: str, upload_ids: list[str]) -> None:
    """Raises BadInput where one of the uploads does not exist or is another resident's."""
    for upload_id in upload_ids:
        upload = find_upload(session, upload_id)
        if upload is None or upload.conversation_id != conversation_id:
            raise BadInput("there is no such upload in this session; upload the picture again")


def list_paths(session: Session) -> set[str]:
    """Paths, below the uploads folder, of all pictures that have a row."""
    return set(session.scalars(select(Upload.path)))


def remove_orphans(folder: Path, known: set[str], now: datetime) -> int:
    """Deletes pictures without a row; one that is younger than FRESH may still be getting its row. How many went."""
    removed = 0
    for path in folder.glob("*/*"):
        old = now.timestamp() - path.stat().st_mtime > FRESH
        if old and str(path.relative_to(folder)) not in known:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
