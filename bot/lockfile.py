"""One service on one data folder: a second one would claim the first one's work."""

import fcntl
from pathlib import Path
from typing import IO

from bot.settings import SettingError


def take_lock(folder: Path) -> IO[str]:
    """Holds the folder until the returned file is closed or the process ends. Raises SettingError where it is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / "yizhan.lock").open("w", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise SettingError(
            f"another yizhan is running on {folder}; stop it first, or use another folder and ports (--data, --port, …)"
        ) from error
    return file
