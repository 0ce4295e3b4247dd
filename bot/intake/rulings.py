"""What a person may decide on a review item, read from what a page or a script sends. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

from bot.intake.city import City
from bot.intake.conversation.dangers import KINDS
from bot.intake.errors import BadInput

OUTCOMES = ("accept", "correct", "split", "merge", "out_of_scope", "emergency", "hand_over", "skip")
PASSING = ("hand_over", "skip")  # the item stays open
LONGEST = 200  # characters of a place


@dataclass(frozen=True)
class PlaceRuling:
    """A place put right; what is None stays as it was."""

    text: str | None = None
    code: str | None = None
    lat: float | None = None  # WGS-84
    lon: float | None = None


@dataclass(frozen=True)
class Ruling:
    """`services` and `places` go by the problems of the message, in their order; those behind them are new ones."""

    outcome: str
    services: tuple[str, ...] = ()
    places: tuple[PlaceRuling | None, ...] = ()
    ticket: str | None = None  # number of the one to merge with
    colleague: str | None = None  # name of the account to hand to
    kind: str | None = None  # of danger

    def to_document(self) -> dict[str, Any]:
        """As JSON keeps it, so that stored and asked ones compare."""
        return {**asdict(self), "services": list(self.services), "places": [p and asdict(p) for p in self.places]}


def read_ruling(body: dict[str, Any], city: City) -> Ruling:
    """From `{"outcome", "service_code"?, "services"?, "places"?, "ticket"?, "colleague"?, "kind"?}`.

    Raises BadInput saying what is wrong and what it may be.
    """
    outcome = body.get("outcome")
    if outcome not in OUTCOMES:
        raise BadInput(f"outcome must be one of {', '.join(OUTCOMES)}")
    services = _services(body, city)
    places = tuple(_place(entry, city) for entry in _listed(body.get("places")))
    ruling = Ruling(outcome, services, places, _text(body, "ticket"), _text(body, "colleague"), _text(body, "kind"))
    if outcome == "accept" and (services or places):
        ruling = Ruling("correct", services, places)  # a suggestion chosen is a correction if it changes anything
    if ruling.outcome == "correct" and not (services or any(places)):
        raise BadInput("correct needs service_code, services or places")
    if outcome == "split" and len(services) < 2:
        raise BadInput("split needs at least two services")
    if outcome == "merge" and not ruling.ticket:
        raise BadInput("merge needs ticket: the number of the case it belongs to")
    if outcome == "hand_over" and not ruling.colleague:
        raise BadInput("hand_over needs colleague: the name of an account")
    if ruling.kind is not None and ruling.kind not in KINDS:
        raise BadInput(f"kind must be one of {', '.join(KINDS)}")
    return ruling


def _services(body: dict[str, Any], city: City) -> tuple[str, ...]:
    given = body.get("services") or _listed(body.get("service_code"))
    if not isinstance(given, list | tuple):
        raise BadInput("services must be a list of codes")
    for code in given:
        if not isinstance(code, str) or city.catalogue.get(code) is None:
            raise BadInput(f"'{str(code)[:32]}' is no service of the catalogue")
    return tuple(given)


def _place(entry: Any, city: City) -> PlaceRuling | None:
    if entry is None:
        return None
    if isinstance(entry, str):
        entry = {"code": entry} if entry in city.place_names else {"text": entry}
    if not isinstance(entry, dict):
        raise BadInput("a place is a code, words, or an object with text, code, lat and lon")
    code, text = entry.get("code"), entry.get("text")
    if code is not None and code not in city.place_names:
        raise BadInput(f"'{str(code)[:32]}' is no official place")
    if text is not None and (not isinstance(text, str) or not text.strip() or len(text) > LONGEST):
        raise BadInput(f"a place's text has 1 to {LONGEST} characters")
    lat, lon = entry.get("lat"), entry.get("lon")
    if (lat is None) != (lon is None):
        raise BadInput("lat and lon come together")
    if lat is not None and not _inside(lat, lon, city):
        raise BadInput("lat and lon must lie inside the county")
    if text is None and code is None and lat is None:
        return None
    if text is None and code is not None:
        name, parent = city.place_names[code]
        text = name if not parent or parent == city.name["zh"] or parent in name else f"{parent}{name}"
    return PlaceRuling(text.strip() if text else None, code, lat, lon)


def _inside(lat: Any, lon: Any, city: City) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (lat, lon))
    return numbers and city.bounds.holds(float(lat), float(lon))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise BadInput(f"{key} must be a text")
    return (value or "").strip()[:64] or None
