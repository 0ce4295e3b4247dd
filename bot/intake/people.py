"""The people of the console: who somebody is and what the role allows.

Operators, reviewers and administrators are a ladder: each may do what the one before may. Auditors stand beside it:
they read everything, the audit included, and decide nothing.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["operator", "reviewer", "administrator", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
LADDER: tuple[Role, ...] = ("operator", "reviewer", "administrator")


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in, or whoever sits at the server's terminal."""

    id: str
    name: str
    role: Role
    language: str  # zh or en

    def may(self, *roles: Role) -> bool:
        """Whether the role suffices for any of `roles`; "auditor" is met by auditors alone."""
        return any(suffices(self.role, wanted) for wanted in roles)


TERMINAL = Person("terminal", "terminal", "administrator", "zh")  # commands of `yizhan` act as this one


def suffices(role: Role, wanted: Role) -> bool:
    if "auditor" in (role, wanted):
        return role == wanted
    return LADDER.index(role) >= LADDER.index(wanted)
