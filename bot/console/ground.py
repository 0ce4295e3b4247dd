"""What every room of the console stands on: the service's shared parts, handed in by the wiring."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.console.pages import Pages
from bot.intake.accountsessions import Lifetimes
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.signals import Signals
from bot.intake.turns import Desk
from bot.settings import Settings


@dataclass(frozen=True)
class Ground:
    settings: Settings
    database: Database
    desk: Desk  # the city, its knowledge, its calendar and the backend of new tickets
    signals: Signals
    clock: Clock
    backends: tuple[str, ...]  # names of the profiles that deliver
    media_url: Callable[[str], str]  # the signed address of a resident's picture
    pages: Pages = field(default_factory=Pages.load)

    @property
    def lifetimes(self) -> Lifetimes:
        settings = self.settings
        return Lifetimes(timedelta(minutes=settings.console_idle), timedelta(minutes=settings.console_longest))
