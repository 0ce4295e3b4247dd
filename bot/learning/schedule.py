"""When to train without being asked. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

OFF = -1


@dataclass(frozen=True)
class Plan:
    """Every day at `hour` of the city's clock, where at least `least` decisions have come since the last training."""

    hour: int  # 0 to 23; OFF: never by itself
    least: int
    zone: tzinfo


def is_due(plan: Plan, now: datetime, last_asked: datetime | None, new: int) -> bool:
    """`last_asked` is when a training was last asked for, by anybody: a failed one is not tried again before its time."""
    if plan.hour == OFF or new < max(1, plan.least):
        return False
    turn = last_turn(plan, now)
    return last_asked is None or last_asked < turn


def last_turn(plan: Plan, now: datetime) -> datetime:
    """The latest moment at or before `now` at which the clock showed the hour."""
    local = now.astimezone(plan.zone)
    today = local.replace(hour=plan.hour, minute=0, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)
