from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.channels.web.running import Resident, RunningWeb, running


@pytest.fixture
def web(tmp_path: Path) -> Iterator[RunningWeb]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def resident(web: RunningWeb) -> Resident:
    return web.resident()
