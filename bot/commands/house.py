"""The service's database for commands that work beside the service, or without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.intake.database import Database
from bot.settings import SettingError, Settings, read_settings


@contextmanager
def opened_database(settings: Settings | None = None) -> Iterator[Database]:
    """The database at its newest version. Raises SettingError where the service has not made one yet."""
    settings = settings or read_settings()
    if not settings.database_url and not (settings.data / "yizhan.db").is_file():
        raise SettingError(f"there is no database below {settings.data}; set YIZHAN_DATA or run `yizhan up` once")
    database = Database(settings.url)
    try:
        database.upgrade()
        yield database
    finally:
        database.close()
