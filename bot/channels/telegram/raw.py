"""Updates as they come over the wire. One that is not what Telegram documents must not take the others with it."""

import logging
from typing import Any

from telegram import Bot, Update
from telegram.request import HTTPXRequest

logger = logging.getLogger(__name__)


def parse_update(raw: dict[str, Any], bot: Bot | None = None) -> Update | None:
    """None for an update that cannot be parsed; it is logged by its number."""
    try:
        return Update.de_json(raw, bot)
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        logger.error("update_unreadable", extra={"update": raw.get("update_id"), "trouble": type(error).__name__})
        return None


class UpdatesRequest(HTTPXRequest):
    """What getUpdates goes through: python-telegram-bot parses a batch whole, and would fail on it for ever."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """An update that cannot be parsed is left with nothing but its number, so that it is confirmed."""
        document = HTTPXRequest.parse_json_payload(payload)
        if isinstance(document.get("result"), list):
            document["result"] = [
                raw if parse_update(raw) is not None else {"update_id": raw["update_id"]} for raw in document["result"]
            ]
        return document
