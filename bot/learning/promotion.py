"""Putting a model into use and taking it back: first the running engine, then the registry that the next start reads."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from bot import models
from bot.settings import SettingError

# Makes the running engine use an archive. Raises SwapFailed.
Swap = Callable[[Path], Awaitable[None]]


class SwapFailed(Exception):
    """The engine did not take the model; the one in use stays."""


class PromotionRefused(Exception):
    """`code` says why: not_compared, outdated, refused, missing, nothing_before."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def promote(name: str, reason: str, by: str, now: datetime, swap: Swap, folder: Path | None = None) -> str:
    """Puts a candidate into use; its name. Raises PromotionRefused, or SwapFailed with nothing changed."""
    try:
        candidate = models.find_model(name, folder)
    except SettingError as error:
        raise PromotionRefused("missing") from error
    in_use = next((model for model in models.list_models(folder) if model.current), None)
    code = models.why_not(models.trial_of(name, folder), in_use.sha256 if in_use else None, reason)
    # Promoting what is in use already is no new promotion: a repeat after a lost answer does no harm.
    if code is not None and not candidate.current:
        raise PromotionRefused(code)
    return await _use(candidate, by, now, swap, folder)


async def roll_back(by: str, now: datetime, swap: Swap, folder: Path | None = None) -> str:
    """Puts the model that was in use before back; its name. It has proved itself, so nothing is asked."""
    name = models.previous_model(folder)
    if name is None:
        raise PromotionRefused("nothing_before")
    return await _use(models.find_model(name, folder), by, now, swap, folder)


async def _use(model: models.Model, by: str, now: datetime, swap: Swap, folder: Path | None) -> str:
    await swap(model.file.resolve())
    models.use_model(model.name, by, now, folder)
    return model.name
