"""What an error of Telegram means for the message that met it. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

FIRST_WAIT = 1.0  # seconds before the first further try
LONGEST_WAIT = 60.0  # seconds between tries
GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "user not found", "bot was blocked")


@dataclass(frozen=True)
class Later:
    """Try again after so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Gone:
    """Nobody reads this chat any more."""


@dataclass(frozen=True)
class Refused:
    """Never this message; `reason` is the error's name."""

    reason: str


Verdict = Later | Gone | Refused


def verdict(error: TelegramError, attempts: int) -> Verdict:
    """`attempts` counts the tries so far, this one included. Whatever may pass is tried again, for ever."""
    if isinstance(error, RetryAfter):
        return Later(seconds_of(error))
    if isinstance(error, Forbidden | ChatMigrated):
        return Gone()
    if isinstance(error, BadRequest):
        return Gone() if any(word in error.message.lower() for word in GONE) else Refused(type(error).__name__)
    if isinstance(error, InvalidToken):
        return Later(LONGEST_WAIT)
    return Later(back_off(attempts))


def back_off(attempts: int) -> float:
    """Seconds: 1, 2, 4 … up to a minute."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(attempts, 1) - 1, 10)))


def seconds_of(error: RetryAfter) -> float:
    """What Telegram told us to wait."""
    told = error.retry_after
    return told.total_seconds() if isinstance(told, timedelta) else float(told)
