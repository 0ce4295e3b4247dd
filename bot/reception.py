"""Keeps the hand-over queue honest: calls that nobody takes and talks in which nobody writes come to an end."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from bot.intake import handovers
from bot.intake.city import City
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.signals import Signals

logger = logging.getLogger(__name__)

EVERY = 20.0  # seconds


async def keep_reception(database: Database, city: City, signals: Signals, clock: Clock) -> None:
    """Until it is cancelled."""
    while True:
        try:
            ended = await database.run(handovers.end_overdue, city.patience, city.phrases, clock())
        except SQLAlchemyError as error:  # locked, or restarting: the next look is soon
            logger.warning("reception_database_away", extra={"trouble": type(error).__name__})
        else:
            if ended:
                signals.messages.set()
        await asyncio.sleep(EVERY)
