"""Danger first: which words and numbers go out for which kind, and which service a ticket would be for."""

from dataclasses import dataclass

from bot.intake.city import Hotlines
from bot.intake.conversation.turn import Turn
from bot.intake.say import Say


@dataclass(frozen=True)
class Kind:
    numbers: tuple[str, ...]  # names in hotlines.yml, most important first
    service: str | None  # what a ticket would be for; None: no ticket, a person is called instead
    optional: bool = False  # the answer is the phone number; a ticket only if the resident wants one


KINDS = {
    "fire": Kind(("fire",), "EM-02", optional=True),
    "gas": Kind(("gas_repair", "fire"), "EM-01"),
    "electric": Kind(("power", "police"), "UM-G09"),
    "manhole": Kind(("police", "traffic"), "UM-G01"),
    "collapse": Kind(("police", "traffic"), "UM-G04"),
    "water": Kind(("fire", "police"), "UM-G06"),
    "tree": Kind(("fire", "power"), "UM-H01"),
    "falling": Kind(("fire", "police"), "UM-C03"),
    "injury": Kind(("ambulance",), "EM-02", optional=True),
    "crash": Kind(("traffic", "ambulance"), "EM-02", optional=True),
    "crime": Kind(("police",), "EM-02", optional=True),
    "selfharm": Kind(("crisis", "police", "ambulance"), None),
    "child": Kind(("police", "crisis"), None),
}


def numbers_for(kind: str, hotlines: Hotlines) -> list[str]:
    """The numbers to dial. A local one that nobody has confirmed is left out: the national ones follow it."""
    known = {**hotlines.national, **{name: number for name, number in hotlines.local.items() if number}}
    return [known[name] for name in KINDS[kind].numbers if name in known]


def danger_say(kind: str, hotlines: Hotlines) -> Say:
    """The warning, with its numbers, as the first message of a reply."""
    numbers = numbers_for(kind, hotlines)
    return Say(f"danger_{kind}", {"first": numbers[0], "numbers": "、".join(numbers)}, emergency=True)


def warn(turn: Turn) -> None:
    """Says what to do, once for each kind in a draft, before anything else is said."""
    kind = turn.heard.danger
    if kind is None or kind not in KINDS or kind in turn.draft.warned:
        return
    if not turn.heard.already_warned:
        turn.says.append(danger_say(kind, turn.world.city.hotlines))
    turn.change(warned=(*turn.draft.warned, kind))
