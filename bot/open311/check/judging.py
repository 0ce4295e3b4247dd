"""Is a row, a date, an error document what the standard wants? Pure; what walks the endpoint asks here."""

import re
from collections.abc import Iterable

from bot.open311.check.server import Seen
from bot.open311.documents import Row, problems_of, text_of

# The W3C note's date and time, with an offset.
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})")
DATES = ("requested_datetime", "updated_datetime", "expected_datetime")
# "service_request_id": 001 is how the standard's own samples look, and no JSON.
BARE_ZERO = re.compile(rb":\s*0\d")
SHOWN = 3  # examples of what is wrong


def missing(rows: Iterable[Row], names: Iterable[str]) -> list[str]:
    """The fields that some row lacks or leaves empty."""
    found = list(rows)
    return [name for name in names if any(text_of(row.get(name)) is None for row in found)]


def bad_dates(rows: Iterable[Row]) -> list[str]:
    told = [text_of(row.get(name)) for row in rows for name in DATES]
    return list(dict.fromkeys(text for text in told if text and not MOMENT.fullmatch(text)))[:SHOWN]


def bad_words(rows: Iterable[Row], name: str, allowed: tuple[str, ...]) -> list[str]:
    told = [text_of(row.get(name)) or "nothing" for row in rows]
    return list(dict.fromkeys(word for word in told if word not in allowed))[:SHOWN]


def point_of(row: Row) -> tuple[float, float] | None:
    """lat and long in degrees; None where the row has none or no such place exists."""
    try:
        lat, long = float(text_of(row.get("lat")) or "x"), float(text_of(row.get("long")) or "x")
    except ValueError:
        return None
    return (lat, long) if abs(lat) <= 90 and abs(long) <= 180 else None


def bad_points(rows: Iterable[Row]) -> int:
    """How many rows tell a place that does not exist."""
    return sum(1 for row in rows if text_of(row.get("lat")) is not None and point_of(row) is None)


def is_error_list(seen: Seen) -> bool:
    return seen.document is not None and all(code and said for code, said in problems_of(seen.document) or [("", "")])


def said(seen: Seen) -> str:
    """What an error answer says, shortened for the table."""
    pairs = problems_of(seen.document) if seen.document else []
    return "; ".join(text for _, text in pairs)[:120] or seen.trouble


def inner(row: Row, name: str) -> object:
    """A field of the row or of its extended_attributes, as CitySDK has them."""
    extended = row.get("extended_attributes")
    return row.get(name, extended.get(name) if isinstance(extended, dict) else None)


def is_utf8(seen: Seen) -> bool:
    try:
        seen.content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    charset = seen.content_type.lower().partition("charset=")[2].strip().strip('"')
    return charset in ("", "utf-8", "utf8")


def ids_of(rows: Iterable[Row]) -> list[str]:
    return [text for row in rows if (text := text_of(row.get("service_request_id"))) is not None]
