"""A tracker store that forgets: the engine keeps no conversation, so turns never slow down and nothing leaks.

Drafts, order and history live in the service's database; every turn comes with a sender id of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker


class ForgetfulTrackerStore(TrackerStore):
    """Named in endpoints.yml. Saving keeps nothing, so every message finds an empty conversation."""

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        """`host` is Rasa's way of passing a store's address; there is none here."""
        super().__init__(domain, event_broker)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Keep nothing."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """Nothing was kept."""
        return None

    async def keys(self) -> Iterable[str]:
        """No conversation is known."""
        return []


def kept(store: ForgetfulTrackerStore) -> dict[str, Any]:
    """What the store holds beyond its settings; for tests: always empty."""
    return {key: value for key, value in vars(store).items() if key not in SETTINGS}


SETTINGS = {"_domain", "event_broker", "max_event_history"}
