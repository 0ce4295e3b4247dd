"""From a message of the chat API to an inbox item. Pure."""

import re
from typing import Any

from bot.channels.web.schemas import MessageBody

# A command stands alone; any other text that starts with "/" is what somebody wrote, and stays text.
_COMMAND = re.compile(
    r"\s*[/／](start|help|status|cancel|privacy|person|language(?: +(?:zh|en))?|delete(?: +yes)?)\s*", re.I
)


def item_of(body: MessageBody) -> tuple[str, dict[str, Any]]:
    """The kind and payload for `inbox.receive`: one item, whatever a message holds together."""
    payload: dict[str, Any] = {}
    if body.language:
        payload["language"] = body.language
    if body.button:
        return "button", {**payload, "button": body.button}
    if body.uploads:
        payload["uploads"] = list(dict.fromkeys(body.uploads))
    if body.location:
        payload["location"] = {"lat": body.location.lat, "lon": body.location.lon}
    if not body.text or not body.text.strip():
        return ("photo" if body.uploads else "location"), payload
    command = command_of(body.text)
    if command and not body.uploads and not body.location:
        return "command", {**payload, "command": command}
    return "text", {**payload, "text": body.text}


def command_of(text: str) -> str | None:
    """`/language zh` → `language zh`; None where the text is no command of ours."""
    found = _COMMAND.fullmatch(text)
    return " ".join(found.group(1).lower().split()) if found else None
