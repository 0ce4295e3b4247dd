"""What a typed line means. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Words:
    text: str


@dataclass(frozen=True)
class Pressed:
    title: str
    payload: str


@dataclass(frozen=True)
class Photo:
    path: Path


@dataclass(frozen=True)
class Pin:
    lat: float
    lon: float


@dataclass(frozen=True)
class Wrong:
    """The line cannot be used; `phrase` says how it should be."""

    phrase: str


class Quit:
    """The resident has had enough."""


class Nothing:
    """An empty line."""


Line = Words | Pressed | Photo | Pin | Wrong | Quit | Nothing


def read_line(line: str, buttons: Sequence[dict[str, str]]) -> Line:
    """`buttons` are the last ones shown, numbered from 1. Commands other than ours go to the service as they are."""
    text = line.strip()
    if not text:
        return Nothing()
    if text.isdecimal() and 1 <= int(text) <= len(buttons):
        button = buttons[int(text) - 1]
        return Pressed(button["title"], button["payload"])
    name, _, rest = text.partition(" ")
    if name == "/quit":
        return Quit()
    if name == "/photo":
        return Photo(Path(rest.strip().strip("\"'")).expanduser()) if rest.strip() else Wrong("terminal_photo_how")
    if name == "/pin":
        return _pin(rest)
    return Words(text)


def _pin(rest: str) -> Line:
    try:
        lat, lon = (float(number) for number in rest.replace(",", " ").split())
    except ValueError:
        return Wrong("terminal_pin_how")
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        return Wrong("terminal_pin_how")
    return Pin(lat, lon)
