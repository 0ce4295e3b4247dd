"""Where a page of a long list begins, as it stands in addresses: the moment and id of the last row before it."""

from datetime import datetime

from bot.console.refusals import Refused

Place = tuple[datetime, str]


def written(place: Place | None) -> str:
    return f"{place[0].isoformat()}~{place[1]}" if place else ""


def read(text: str) -> Place | None:
    """Raises Refused where somebody has made the address up."""
    if not text:
        return None
    at, _, id_ = text.partition("~")
    moment = _moment(at)
    if moment is None or not id_:
        raise Refused(400, "error_form", where="before")
    return moment, id_


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
