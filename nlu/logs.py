"""The engine's log: events and ids, never what a resident wrote.

Rasa logs message texts in several places (at debug level, and with every failure of the REST channel). Each record
is cut to its logger, level and a constant event name; values and exception messages are dropped.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any

import structlog

# Loggers whose own words are safe to show: they never see a message.
TRUSTED = ("nlu",)
_EVENT = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)+")


class QuietFormatter(logging.Formatter):
    """time level logger event; for an exception the kinds and places of the chain, not its words."""

    def format(self, record: logging.LogRecord) -> str:
        """One line without values."""
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {event_name(record)}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" {exception_trail(record.exc_info[1])}"
        return line


def event_name(record: logging.LogRecord) -> str:
    """The message of trusted loggers, Rasa's event name where it has one, else where the record was made."""
    if record.name.split(".")[0] in TRUSTED:
        return record.getMessage()
    message = record.msg if isinstance(record.msg, str) else ""
    named = _EVENT.match(message)
    if named and not record.args:
        return named.group()
    return f"at {record.module}:{record.lineno}"


def exception_trail(error: BaseException) -> str:
    """`ValueError at reading:61 from KeyError at head:12`: enough to find it, nothing of the message."""
    trail = []
    current: BaseException | None = error
    while current is not None and len(trail) < 5:
        trace = current.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = f" at {trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
        trail.append(type(current).__name__ + where)
        current = current.__cause__ or current.__context__
    return " from ".join(trail)


def configure(level: int = logging.WARNING, stream: Any = None) -> None:
    """One handler for everything; called by nlu.serve before and after Rasa sets up its own logging."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(QuietFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        if logger.handlers:
            logger.handlers[:] = []
            logger.propagate = True
        logger.setLevel(max(logger.level, level) if logger.level else logging.NOTSET)
    logging.getLogger("nlu").setLevel(logging.INFO)
    structlog.configure(
        processors=[_only_event],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _only_event(logger: Any, method: str, event: dict[str, Any]) -> Any:
    """structlog's last step: the event name alone goes on, with the exception's trail where there is one."""
    return (str(event.get("event", "")),), {"exc_info": event.get("exc_info")}
