"""A real desk with its own data folder for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.casedesk.settings import Settings
from tests.bot.casedesk.running import CITY, RunningDesk, running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "desk", city=CITY)


@pytest.fixture
def desk(settings: Settings) -> Iterator[RunningDesk]:
    with running(settings) as started:
        yield started


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[..., RunningDesk]]:
    """Starts a desk with other settings; several in one test share the data folder."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running(replace(settings, **changes)))
