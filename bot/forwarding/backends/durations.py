"""Spans of time as people write them in a profile: 5s, 10m, 2h, 1d."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FORM = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def parse(value: Any) -> Any:
    """Raises ValueError (pydantic names the key) for anything that is no span."""
    if isinstance(value, timedelta):
        return value
    found = _FORM.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no span of time; write it like 5s, 10m, 2h or 1d")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


Span = Annotated[timedelta, BeforeValidator(parse)]
