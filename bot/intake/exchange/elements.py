"""The elements of a JSON array, or of JSON lines, each with the line it begins on."""

import json
import re
from collections.abc import Iterator
from typing import Any

_BLANK = re.compile(r"[\s\ufeff]*")
_DECODER = json.JSONDecoder()


def elements(text: str) -> Iterator[tuple[int, Any]]:
    """(line, value); ends with (line, ValueError) where the text breaks off or is no JSON."""
    text = text.removeprefix("\ufeff")
    position = _skip(text, 0)
    if text[position : position + 1] == "[":
        yield from _array(text, position + 1)
    else:
        for number, raw in enumerate(text.split("\n"), start=1):
            if raw.strip():
                yield number, _value(raw)


def _array(text: str, position: int) -> Iterator[tuple[int, Any]]:
    line, counted = 1, 0
    position = _skip(text, position)
    if text[position : position + 1] == "]":
        return
    while True:
        line, counted = line + text.count("\n", counted, position), position
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            yield line, ValueError(f"no JSON: {error}")
            return
        yield line, value
        position = _skip(text, position)
        sign, position = text[position : position + 1], _skip(text, position + 1)
        if sign == "]":
            return
        if sign != ",":
            yield line, ValueError("the list is not closed")
            return


def _value(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        return ValueError(f"no JSON: {error}")


def _skip(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position
