"""Service discovery: which endpoint of which kind stands where. Pure."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.open311.documents import Document, Row, text_of

VERSION = "georeport_v2"


@dataclass(frozen=True)
class Endpoint:
    """`url` without a slash at the end; `type` is production, test, acceptance or what the server says."""

    url: str
    type: str
    specification: str
    formats: tuple[str, ...]

    @property
    def is_georeport(self) -> bool:
        return VERSION in self.specification.lower().replace("-", "_").rstrip("/")


def endpoints_of(document: Document) -> list[Endpoint]:
    """Those with a usable web address, in the document's order."""
    about: Row = document.rows[0] if document.rows else {}
    rows = about.get("endpoints")
    if rows is None and document.rows and "url" in document.rows[0]:
        rows = document.rows
    if isinstance(rows, dict):
        rows = [rows]
    listed = rows if isinstance(rows, list) else []
    return [endpoint for row in listed if isinstance(row, dict) and _is_address((endpoint := _endpoint(row)).url)]


def choose(endpoints: list[Endpoint], kind: str = "production") -> Endpoint | None:
    """The GeoReport v2 endpoint of this type, else its first one."""
    ours = [endpoint for endpoint in endpoints if endpoint.is_georeport]
    return next((endpoint for endpoint in ours if endpoint.type == kind), ours[0] if ours else None)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # such as an unclosed bracket in the host
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def _endpoint(row: Row) -> Endpoint:
    formats = row.get("formats")
    listed = formats if isinstance(formats, list) else [formats]
    return Endpoint(
        url=(text_of(row.get("url")) or "").rstrip("/"),
        type=(text_of(row.get("type")) or "").lower(),
        specification=text_of(row.get("specification")) or "",
        formats=tuple(text for item in listed if (text := text_of(item))),
    )
