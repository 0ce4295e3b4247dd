"""Which language a browser prefers."""

import re

_WEIGHT = re.compile(r"\s*q=([01](?:\.\d{0,3})?)\s*")


def preferred_language(accept: str) -> str:
    """zh or en, whichever an Accept-Language header prefers; zh where it names neither."""
    wanted: list[tuple[float, str]] = []
    for part in accept.split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        weight = _WEIGHT.fullmatch(parameters)
        wanted.append((float(weight.group(1)) if weight else 1.0, tag.strip().lower().partition("-")[0]))
    known = [(weight, language) for weight, language in wanted if language in ("zh", "en") and weight > 0]
    return max(known, key=lambda pair: pair[0])[1] if known else "zh"
