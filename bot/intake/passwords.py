"""Passwords: argon2id by argon2-cffi, with its present parameters; old hashes are renewed at the next sign-in.

Each call takes some 50 ms and 64 MB on purpose, so it belongs into a thread and outside a transaction.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.intake.errors import BadInput

SHORTEST, LONGEST = 10, 256  # characters
_hasher = PasswordHasher()
_nobody: str | None = None


def hashed(password: str) -> str:
    """Raises BadInput for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadInput(f"the password must have {SHORTEST} to {LONGEST} characters; choose another")
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password. Takes as long where there is no account, so that nobody learns which names exist."""
    global _nobody
    if password_hash is None:
        _nobody = _nobody or _hasher.hash("nobody's")
    try:
        _hasher.verify(password_hash or _nobody or "", password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_dated(password_hash: str) -> bool:
    """Whether it was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
