"""How the deliveries stand, in a few words for /health/ready. Pure but for the figures that it is given."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.intake.deliveries import BackendFigures

LATE = timedelta(minutes=15)  # an item that is older has met trouble: a delivery takes seconds


def describe(figures: Iterable[BackendFigures], now: datetime) -> str:
    """`ok`, or for each backend what is wrong: it is paused, or its deliveries are late."""
    return "; ".join(words for one in figures if (words := _backend(one, now))) or "ok"


def _backend(one: BackendFigures, now: datetime) -> str:
    age = now - one.oldest if one.oldest is not None else timedelta(0)
    said = []
    if one.paused_until is not None and one.paused_until > now:
        said.append("paused")
    elif age > LATE:
        said.append("late")
    if said and one.backlog:
        said.append(f"{one.backlog} on their way, the oldest for {max(0, round(age.total_seconds()))} s")
    return f"{one.name}: {', '.join(said)}" if said else ""
