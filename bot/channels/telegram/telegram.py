"""The Telegram channel as the service runs it."""

import asyncio
import logging
import re
from urllib.parse import urlsplit

from fastapi import APIRouter
from telegram import BotCommand
from telegram.error import InvalidToken, RetryAfter, TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from bot.channels.telegram.courtesies import Courtesies
from bot.channels.telegram.pictures import Pictures
from bot.channels.telegram.polling import ALLOWED, Polling
from bot.channels.telegram.pusher import Pusher
from bot.channels.telegram.raw import UpdatesRequest
from bot.channels.telegram.receiver import Receiver
from bot.channels.telegram.verdicts import LONGEST_WAIT, back_off, seconds_of
from bot.channels.telegram.webhook import PATH, build_webhook_router
from bot.intake.city import City
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.phrases import LANGUAGES
from bot.intake.signals import Signals
from bot.settings import SettingError, Settings

logger = logging.getLogger(__name__)

API = "https://api.telegram.org"
PER_SECOND = 25  # calls; Telegram's own limit is about 30
TIMEOUT = 15.0  # seconds for one answer
CONNECTIONS = 16
MENU = {
    "help": "menu_help",
    "status": "menu_status",
    "cancel": "menu_cancel",
    "person": "menu_person",
    "language": "menu_language",
    "privacy": "menu_privacy",
    "delete": "menu_delete",
}


def build_telegram(
    database: Database, city: City, settings: Settings, signals: Signals, clock: Clock
) -> "Telegram | None":
    """None without a token. Raises SettingError where a Telegram setting cannot be right."""
    if not settings.telegram_token:
        return None
    _check(settings)
    return Telegram(_bot(settings), database, city, settings, signals, clock)


class Telegram:
    """`router` is the webhook's route for the public port, None when polling. `run` works until `stop`."""

    def __init__(
        self,
        bot: ExtBot[int],
        database: Database,
        city: City,
        settings: Settings,
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._bot = bot
        self._city = city
        self._signals = signals
        self._webhook_url = settings.telegram_webhook_url
        self._secret = settings.telegram_webhook_secret
        self._courtesies = Courtesies(bot, database, city)
        self._pictures = Pictures(bot, database, city, settings.uploads, signals, clock)
        self._pusher = Pusher(bot, database, signals, clock)
        receiver = Receiver(database, city, signals, clock, self._pictures, self._courtesies)
        self._polling = Polling(bot, receiver)
        self.router: APIRouter | None = build_webhook_router(bot, receiver, self._secret) if self._webhook_url else None

    async def run(self, stop: asyncio.Event) -> None:
        """Telegram being out of reach, or refusing the token, never ends it: it is logged and tried again."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pusher.run(stop))
                until_stop = [group.create_task(self._receive()), group.create_task(self._pictures.run())]
                await stop.wait()
                for task in until_stop:
                    task.cancel()
                self._signals.messages.set()
            await self._polling.confirm()
        finally:
            await self._courtesies.close()
            await self._bot.shutdown()

    async def _receive(self) -> None:
        attempts = 0
        while True:
            attempts += 1
            try:
                await self._introduce()
                break
            except InvalidToken:
                logger.error("telegram_token_refused", extra={"do": "check YIZHAN_TELEGRAM_TOKEN and start again"})
                await asyncio.sleep(LONGEST_WAIT)
            except TelegramError as error:
                logger.warning("telegram_unreachable", extra={"trouble": type(error).__name__})
                await asyncio.sleep(seconds_of(error) if isinstance(error, RetryAfter) else back_off(attempts))
        logger.info("telegram_ready", extra={"mode": "webhook" if self._webhook_url else "polling"})
        if not self._webhook_url:
            await self._polling.run()

    async def _introduce(self) -> None:
        """Says who we are, how updates reach us, and what the menu shows."""
        await self._bot.initialize()
        if self._webhook_url:
            # One connection: Telegram gives no promise on the order of updates that it posts side by side.
            await self._bot.set_webhook(
                self._webhook_url, secret_token=self._secret, allowed_updates=ALLOWED, max_connections=1
            )
        else:
            await self._bot.delete_webhook()
        for language in LANGUAGES:
            menu = [BotCommand(name, self._city.phrases.text(key, language)) for name, key in MENU.items()]
            await self._bot.set_my_commands(menu, language_code=None if language == "zh" else language)


def _bot(settings: Settings) -> ExtBot[int]:
    base = (settings.telegram_api or API).rstrip("/")
    return ExtBot(
        settings.telegram_token,
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=HTTPXRequest(CONNECTIONS, read_timeout=TIMEOUT, write_timeout=TIMEOUT, pool_timeout=TIMEOUT),
        get_updates_request=UpdatesRequest(1, read_timeout=TIMEOUT),
        # It paces what we send; told to wait, the message goes back to the queue instead of blocking every chat.
        rate_limiter=AIORateLimiter(overall_max_rate=PER_SECOND, overall_time_period=1, max_retries=0),
    )


def _check(settings: Settings) -> None:
    if not re.fullmatch(r"\d+:[A-Za-z0-9_-]+", settings.telegram_token):
        raise SettingError("YIZHAN_TELEGRAM_TOKEN is not a bot's token: @BotFather gives one like 123456:ABC-def")
    if settings.telegram_webhook_url and not urlsplit(settings.telegram_webhook_url).path.endswith(PATH):
        raise SettingError(
            f"YIZHAN_TELEGRAM_WEBHOOK_URL must end in {PATH}, where the service listens: https://your.host{PATH}"
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", settings.telegram_webhook_secret):
        raise SettingError("YIZHAN_TELEGRAM_WEBHOOK_SECRET must be 1 to 256 letters, digits, _ or -")
