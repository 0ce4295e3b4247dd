"""A room: one part of the console with its own router, and who finds it in the navigation."""

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from bot.console.ground import Ground
from bot.intake.people import Person, Role


@dataclass(frozen=True)
class Room:
    """`name` is also its path (/console/<name>) and its phrase (nav_<name>)."""

    name: str
    roles: tuple[Role, ...]  # who sees it in the navigation; empty: it is not listed
    build: Callable[[Ground], APIRouter]

    @property
    def path(self) -> str:
        return f"/console/{self.name}"

    def is_for(self, person: Person) -> bool:
        return person.may(*self.roles)
