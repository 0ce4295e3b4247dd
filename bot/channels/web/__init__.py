"""The web channel: the chat API and the chat page of residents."""

from collections.abc import Callable

from fastapi import FastAPI

from bot.channels.web.api import build_router
from bot.channels.web.bells import ConversationBells
from bot.channels.web.bodies import BodyLimit
from bot.channels.web.headers import SecurityHeaders
from bot.channels.web.pages import HERE, RevalidatedFiles, build_pages
from bot.intake.city import City
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.signals import Signals
from bot.settings import Settings

__all__ = ["build_router", "build_web"]


def build_web(
    app: FastAPI, database: Database, city: City, settings: Settings, signals: Signals, clock: Clock
) -> Callable[[], None]:
    """Adds the chat to the service's public application. What is returned ends open streams when the service stops."""
    bells = ConversationBells(database)
    app.include_router(build_router(database, city, settings, signals, clock, bells))
    app.include_router(build_pages(city))
    app.mount("/chat/static", RevalidatedFiles(directory=HERE / "static"), name="chat-static")
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return bells.close
