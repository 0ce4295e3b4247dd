"""What the settings make of the channel."""

from collections.abc import Callable

import pytest

from bot.channels.telegram import build_telegram
from bot.intake.clock import utc_now
from bot.settings import SettingError
from tests.bot.channels.telegram.conftest import House


async def test_no_token_no_telegram(house: House, with_settings: Callable[..., None]) -> None:
    with_settings(telegram_token="")
    assert build_telegram(house.database, house.city, house.settings, house.signals, utc_now) is None


async def test_polling_needs_no_route(house: House) -> None:
    assert house.build().router is None


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"telegram_token": "hello"}, "YIZHAN_TELEGRAM_TOKEN"),
        ({"telegram_token": "1:a b"}, "YIZHAN_TELEGRAM_TOKEN"),
        ({"telegram_webhook_url": "https://a.example/", "telegram_webhook_secret": "s"}, "YIZHAN_TELEGRAM_WEBHOOK_URL"),
        (
            {"telegram_webhook_url": "https://a.example/telegram/webhook", "telegram_webhook_secret": "a b"},
            "YIZHAN_TELEGRAM_WEBHOOK_SECRET",
        ),
    ],
)
async def test_a_setting_that_cannot_be_right_is_named(
    house: House, with_settings: Callable[..., None], values: dict, name: str
) -> None:
    with_settings(**values)
    with pytest.raises(SettingError, match=name):
        house.build()
