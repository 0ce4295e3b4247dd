"""What a caller sent, before anything is believed: named values, attributes, photos. Pure but for reading the form."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from bot.casedesk.problems import refuse
from bot.casedesk.settings import MAX_FILE_BYTES, MAX_FILES

MAX_FIELDS = 200
MAX_FIELD_BYTES = 256 * 1024
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,100})\](?:\[\])?")
# XML 1.0 has no place for these; they carry nothing a reader could see.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Told by the first bytes; the desk shows photos to people and serves nothing a browser could run.
PICTURES = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))


@dataclass(frozen=True)
class Photo:
    """`kind` is the file's ending: jpg, png or webp."""

    content: bytes
    kind: str


@dataclass(frozen=True)
class Fields:
    """Values by name in the order sent; empty ones are as good as absent and are left out."""

    values: dict[str, list[str]] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(default_factory=dict)
    photos: tuple[Photo, ...] = ()

    def one(self, name: str) -> str | None:
        """The value of a field; of several the last."""
        found = self.values.get(name)
        return found[-1] if found else None

    def digest(self) -> str:
        """Says whether two requests are the same but for key and signature."""
        told = [(name, value) for name, sent in self.values.items() if name != "api_key" for value in sent]
        asked = [(f"attribute[{code}]", value) for code, sent in self.attributes.items() for value in sent]
        photos = [("media", hashlib.sha256(photo.content).hexdigest()) for photo in self.photos]
        return hashlib.sha256(repr(sorted(told + asked + photos)).encode()).hexdigest()


def clean(text: str) -> str:
    """Line ends become one kind, characters XML cannot carry go, outer blanks go."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def fields_from(pairs: Iterable[tuple[str, str]], photos: tuple[Photo, ...] = ()) -> Fields:
    values: dict[str, list[str]] = {}
    attributes: dict[str, list[str]] = {}
    for name, raw in pairs:
        text = clean(raw)
        named = ATTRIBUTE.fullmatch(name)
        if text and named:
            attributes.setdefault(clean(named[1]), []).append(text)
        elif text:
            values.setdefault(clean(name), []).append(text)
    return Fields(values, attributes, photos)


async def read_fields(request: Request) -> Fields:
    """The form of a POST. Raises Refused on another content type, a broken form, or a file that is no photo."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORM_TYPES:
        raise refuse(400, "send the fields as application/x-www-form-urlencoded or multipart/form-data")
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES)
    except HTTPException as broken:
        raise refuse(400, f"the form cannot be read: {broken.detail}") from broken
    try:
        pairs = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
        photos = tuple([await _photo(file) for file in files if file.filename or file.size])
    finally:
        await form.close()
    pairs += [
        (name, value) for name, value in request.query_params.multi_items() if name in ("api_key", "jurisdiction_id")
    ]
    return fields_from(pairs, photos)


async def _photo(file: UploadFile) -> Photo:
    content = await file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise refuse(413, "a photo is larger than 10 MB: send a smaller one")
    kind = picture_kind(content)
    if kind is None:
        raise refuse(400, "a file is no JPEG, PNG or WebP picture: send photos only")
    return Photo(content, kind)


def picture_kind(content: bytes) -> str | None:
    for start, kind in PICTURES:
        if content.startswith(start):
            return kind
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None
