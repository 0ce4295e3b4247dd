from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.system import System


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system for the tests that leave it whole."""
    system = System(Path(tmp_path_factory.mktemp("running")))
    try:
        yield system.start()
    finally:
        system.stop()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A system of its own, for tests that break it."""
    system = System(tmp_path / "data")
    try:
        yield system
    finally:
        system.stop()
