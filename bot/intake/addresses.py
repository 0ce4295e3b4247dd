"""From the places named in a message to one address. Pure."""

import re
from dataclasses import replace

from bot.intake.corrections import repairs_between
from bot.intake.draft import NOWHERE, Place
from bot.intake.understanding import Mention

NEAR = 6  # characters between two mentions that still belong together
_JOINT = re.compile(r"^[\s，,、的和跟与在及]*$")
_DETAIL_KINDS = ("village", "community", "township")


def compose(text: str, mentions: tuple[Mention, ...]) -> Place:
    """The address that these mentions make: the resident's own words, in their order, without what was taken back."""
    inside = _kept(text, tuple(m for m in mentions if m.inside and m.kind != "outside"))
    if not inside:
        return NOWHERE
    firm = [m for m in inside if m.kind != "relative"]
    used = firm or list(inside)
    best = next((m for kind in _DETAIL_KINDS for m in used if m.kind == kind and (m.code or m.candidates)), None)
    candidates = best.candidates if best and best.code is None and len(best.candidates) > 1 else ()
    vague = not firm or all(m.kind == "township" for m in firm)
    return Place(text=_words(text, used), code=best.code if best else None, candidates=candidates, vague=vague)


def refine(old: Place, new: Place) -> Place:
    """An answer laid over what was known: a township named before is kept in front of the spot named now."""
    if not new.text:
        return (
            replace(new, text=old.text, code=old.code, candidates=old.candidates, vague=False) if new.has_pin else old
        )
    township_before = old.vague and old.code and not new.code and old.text not in new.text
    text = f"{old.text}{new.text}" if township_before else new.text
    return replace(
        new,
        text=text,
        code=new.code or (old.code if township_before else None),
        lat=new.lat if new.has_pin else old.lat,
        lon=new.lon if new.has_pin else old.lon,
    )


def bare_unit(unit: str) -> str:
    """A township's name as people say it, without 街道, 镇 or 乡; a name of two characters keeps it."""
    for suffix in ("街道", "镇", "乡"):
        if unit.endswith(suffix) and len(unit) > len(suffix) + 1:
            return unit.removesuffix(suffix)
    return unit


def _kept(text: str, mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    ordered = sorted(mentions, key=lambda m: m.start)
    first = 0
    for i in range(1, len(ordered)):
        if repairs_between(text, ordered[i - 1].end, ordered[i].start):
            first = i
    return tuple(ordered[first:])


def _words(text: str, mentions: list[Mention]) -> str:
    pieces: list[str] = []
    last_end = None
    for mention in mentions:
        words = mention.text if mention.name is None else mention.name
        if any(words in piece for piece in pieces):
            continue
        gap = text[last_end : mention.start] if last_end is not None else ""
        joined = last_end is not None and len(gap) <= NEAR and _JOINT.match(gap)
        if joined:
            pieces[-1] += re.sub(r"[\s，,、的在]", "", gap) + words
        else:
            pieces.append(words)
        last_end = mention.end
    separator = " " if pieces and pieces[0].isascii() else "，"
    return separator.join(pieces)
