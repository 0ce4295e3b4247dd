"""Logs: a constant event name with ids, one line each, never words, names, phones or places of people."""

import logging
import logging.config
from pathlib import Path

QUIET = (
    "httpx",
    "httpcore",
    "uvicorn.access",
    "uvicorn.error",
    "telegram",
    "rasa_sdk",
    "alembic",
    "sanic",
    "asyncio",
    "multipart",
)
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class IdsFormatter(logging.Formatter):
    """`event key=value …` from the message and the record's extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        extras = " ".join(f"{key}={value}" for key, value in vars(record).items() if key not in _STANDARD)
        return f"{line} {extras}" if extras else line


def set_up_logs(folder: Path) -> None:
    """Everything goes to service.log in `folder`; libraries that would write what people say are kept quiet."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(folder / "service.log", encoding="utf-8")
    handler.setFormatter(IdsFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
