"""Is this the matter that somebody else has reported already? From service, place, time and words. Pure."""

import math
import re
from collections.abc import Container, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from bot.intake.draft import Line

if TYPE_CHECKING:
    from bot.intake.conversation.heard import TicketView

EARTH_M = 6_371_000.0
NEAR_M = 250.0  # metres between two pins that may show the same thing
MAX_DAYS = 60
THRESHOLD = 0.62
_NOISE = re.compile(r"[\s，,。.、！!？?“”\"'（）()…~～-]+|西华县?|[跟与和]|那边|那个|这个|附近|旁边|跟前|门口|快到")


def likely_duplicate(
    line: Line, codes: "Container[str | None]", nearby: "Iterable[TicketView]", now: datetime
) -> "TicketView | None":
    """The open ticket that is most likely the same matter; None where none is likely enough to be offered.

    `codes` are the services that the line may mean: several while it is not sure.
    """
    scored = [(similarity(line, ticket, now), ticket) for ticket in nearby if ticket.service_code in codes]
    best = max(scored, key=lambda pair: pair[0], default=None)
    return best[1] if best and best[0] >= THRESHOLD else None


def similarity(line: Line, ticket: "TicketView", now: datetime) -> float:
    """0 to 1, for tickets of the same service. A place that differs, or a ticket of long ago, is never the same."""
    if (now - ticket.created_at).days > MAX_DAYS:
        return 0.0
    where = _place_similarity(line, ticket)
    if where is None:
        return 0.0
    words = _overlap(line.text, ticket.text) * _telling(line.text)
    return min(1.0, 0.75 * where + 0.35 * words)


def _place_similarity(line: Line, ticket: "TicketView") -> float | None:
    """None where the places cannot be compared or contradict each other."""
    place = line.place
    if place.lat is not None and place.lon is not None and ticket.lat is not None and ticket.lon is not None:
        metres = distance_m(place.lat, place.lon, ticket.lat, ticket.lon)
        return max(0.0, 1.0 - metres / (2 * NEAR_M)) if metres <= NEAR_M else None
    if not place.text or not ticket.address:
        return None
    if place.code and ticket.place_code and place.code != ticket.place_code:
        return None
    return _overlap(place.text, ticket.address) * _telling(place.text)


def _telling(text: str) -> float:
    """How much a text can tell two things apart: a road's name alone, or a single word, fits too many."""
    return min(1.0, len(_pairs(text)) / 4)


def _overlap(a: str, b: str) -> float:
    """Share of the shorter text's character pairs that stand in the longer one too."""
    pairs_a, pairs_b = _pairs(a), _pairs(b)
    if not pairs_a or not pairs_b:
        return 0.0
    return len(pairs_a & pairs_b) / min(len(pairs_a), len(pairs_b))


def _pairs(text: str) -> set[str]:
    plain = _NOISE.sub("", text.lower())
    return {plain[i : i + 2] for i in range(len(plain) - 1)}


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance in metres (haversine formula), WGS-84 degrees."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))
