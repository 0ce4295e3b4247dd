"""Each error of Telegram, and what becomes of the message that met it."""

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram import verdicts
from bot.channels.telegram.verdicts import Gone, Later, Refused, back_off, verdict


@pytest.fixture(autouse=True)
def real_waits(hasty: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdicts, "FIRST_WAIT", 1.0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RetryAfter(17), Later(17.0)),
        (RetryAfter(timedelta(seconds=3)), Later(3.0)),
        (Forbidden("Forbidden: bot was blocked by the user"), Gone()),
        (Forbidden("Forbidden: user is deactivated"), Gone()),
        (ChatMigrated(-100), Gone()),
        (BadRequest("Chat not found"), Gone()),
        (BadRequest("PEER_ID_INVALID"), Gone()),
        (BadRequest("Button_data_invalid"), Refused("BadRequest")),
        (NetworkError("Bad Gateway"), Later(4.0)),
        (TimedOut(), Later(4.0)),
        (Conflict("x"), Later(4.0)),
        (TelegramError("something new"), Later(4.0)),
        (InvalidToken(), Later(60.0)),
    ],
)
def test_verdicts(error: TelegramError, expected: object) -> None:
    assert verdict(error, attempts=3) == expected


def test_waits_double_up_to_a_minute() -> None:
    assert [back_off(n) for n in (0, 1, 2, 3, 7, 1000)] == [1.0, 1.0, 2.0, 4.0, 60.0, 60.0]
