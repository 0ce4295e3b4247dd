"""What the bot says, before it is put into words: phrase keys and values, so that the core stays free of language."""

from dataclasses import dataclass, field
from typing import Any

from bot.intake.words import Both


@dataclass(frozen=True)
class Button:
    """`title` is a phrase key, or words as they are where `literal`; `payload` comes back when it is pressed."""

    payload: str
    title: str | Both
    params: dict[str, Any] = field(default_factory=dict)
    literal: bool = False


@dataclass(frozen=True)
class Say:
    """One message. `expects` names the answer that is awaited (interfaces.md §3), None where none is."""

    key: str
    params: dict[str, Any] = field(default_factory=dict)
    buttons: tuple[Button, ...] = ()
    expects: str | None = None
    card: dict[str, Any] | None = None
    ticket: dict[str, Any] | None = None
    emergency: bool = False
