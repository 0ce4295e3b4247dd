"""The one action: what the engine understood goes into intake, in one call. Nothing is decided here."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from bot.intake.errors import IntakeError

logger = logging.getLogger(__name__)

CompleteTurn = Callable[[int, str, dict[str, Any]], Awaitable[bool]]


class IntakeAction(Action):
    """`complete` stores the turn of one inbox item: (item id, lease token, the engine's document) -> first time or not."""

    def __init__(self, complete: CompleteTurn) -> None:
        self._complete = complete

    def name(self) -> str:
        return "action_intake"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[dict[str, Any]]:
        """Acknowledges with {"done": item id}. On any failure it says nothing: silence tells the service to try again."""
        try:
            item_id, lease_token = read_sender(tracker.sender_id)
            await self._complete(item_id, lease_token, tracker.latest_message["yizhan"])
        except (IntakeError, KeyError, ValueError) as error:
            logger.warning("turn_not_completed", extra={"sender": tracker.sender_id, "trouble": type(error).__name__})
            return []
        dispatcher.utter_message(json_message={"done": item_id})
        return []


def sender_for(conversation_id: str, item_id: int, lease_token: str) -> str:
    """Each turn is a conversation of its own for the engine, so that it has nothing to remember."""
    return f"{conversation_id}:{item_id}:{lease_token}"


def read_sender(sender: str) -> tuple[int, str]:
    """Raises ValueError where the sender is not one of ours, as in `rasa shell`."""
    parts = sender.split(":")
    if len(parts) != 3:
        raise ValueError("the sender names no inbox item; this action serves the service only")
    return int(parts[1]), parts[2]
