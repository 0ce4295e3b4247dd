"""The one client of the engine. Whatever understands messages in Rasa's place needs only this changed.

EngineError
├── EngineDown     nobody answers: try again soon
└── EngineEmpty    it answered, but the action said nothing: an error (Rasa answers 200 with [] to every fault)
"""

from pathlib import Path
from typing import Any

import httpx

from language.guard import guard

TIMEOUT = httpx.Timeout(15.0, connect=2.0)  # seconds; the longest text takes about 3
LOADING_TIMEOUT = httpx.Timeout(60.0, connect=2.0)  # seconds; a model loads in one or two


class EngineError(Exception):
    """The engine did not do its work; the message stays and is tried again."""


class EngineDown(EngineError):
    """Nobody answers at the engine's address."""


class EngineEmpty(EngineError):
    """The engine answered without an acknowledgement from the action."""


class Engine:
    """Speaks to a Rasa server over loopback. The httpx client is passed in and closed by its owner."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url.rstrip("/")

    async def turn(self, sender: str, text: str) -> None:
        """Has one message understood and completed by the action. Returns when it is stored; raises EngineError."""
        answer = await self._post("/webhooks/rest/webhook", {"sender": sender, "message": guard(text)})
        if not any(_acknowledges(entry) for entry in answer):
            raise EngineEmpty("the engine's answer holds no acknowledgement")

    async def is_ready(self) -> bool:
        """Whether a model is loaded and can be asked."""
        try:
            response = await self._client.get(f"{self._url}/status", timeout=2.0)
            status = response.json() if response.status_code == 200 else None
        except (httpx.HTTPError, ValueError):  # not there, or something else answers at this address
            return False
        return isinstance(status, dict) and bool(status.get("model_file"))

    async def use_model(self, archive: Path) -> None:
        """Loads another model without a pause: turns wait for it, none is lost. Raises EngineError; the old one stays."""
        try:
            response = await self._client.put(
                f"{self._url}/model", json={"model_file": str(archive)}, timeout=LOADING_TIMEOUT
            )
            response.raise_for_status()
            status = (await self._client.get(f"{self._url}/status", timeout=LOADING_TIMEOUT)).json()
        except httpx.HTTPStatusError as error:
            raise EngineEmpty(f"the engine refuses the model: {error.response.status_code}") from error
        except (httpx.HTTPError, ValueError) as error:
            raise EngineDown(f"the engine cannot be reached: {type(error).__name__}") from error
        # Rasa serves what it likes where a file is missing: only its own word counts.
        if not isinstance(status, dict) or Path(str(status.get("model_file"))).name != archive.name:
            raise EngineEmpty("the engine serves another model than the one it was given")

    async def _post(self, path: str, body: dict[str, Any]) -> list[Any]:
        try:
            response = await self._client.post(f"{self._url}{path}", json=body, timeout=TIMEOUT)
            response.raise_for_status()
            answer = response.json()
        except httpx.HTTPError as error:
            raise EngineDown(f"the engine cannot be reached: {type(error).__name__}") from error
        except ValueError as error:
            raise EngineEmpty("the engine's answer is not JSON") from error
        if not isinstance(answer, list):
            raise EngineEmpty("the engine's answer is not a list")
        return answer


def _acknowledges(entry: Any) -> bool:
    custom = entry.get("custom") if isinstance(entry, dict) else None
    return isinstance(custom, dict) and "done" in custom
