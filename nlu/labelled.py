"""Labelled messages: one JSON object per line, as described in docs/reference (messages with requests, places, pii)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACT_OF_KIND = {
    "request": "request",
    "several": "request",
    "emergency": "request",
    "status": "status",
    "answerable": "answerable",
    "smalltalk": "smalltalk",
    "handoff": "handoff",
    "amend": "amend",
    "praise": "praise",
    "suggestion": "suggestion",
    "complaint": "complaint",
    "out_of_scope": "out_of_scope",
}
NEEDED = ("id", "text", "kind", "requests")


class LabelledError(ValueError):
    """A labelled file cannot be used; the message names the line."""


def read_labelled(path: Path) -> list[dict[str, Any]]:
    """All lines; optional keys get their empty values. Raises LabelledError with the line's number."""
    lines = []
    try:
        raw = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelledError(f"{path} cannot be read: {error}") from error
    for number, content in enumerate(raw, start=1):
        if not content.strip():
            continue
        try:
            line = json.loads(content)
            missing = [key for key in NEEDED if key not in line]
        except (ValueError, TypeError) as error:
            raise LabelledError(f"{path} line {number} is no JSON object: {error}") from error
        if missing or line["kind"] not in ACT_OF_KIND:
            raise LabelledError(f"{path} line {number}: missing {missing} or unknown kind {line.get('kind')!r}.")
        lines.append({"places": [], "pii": [], "emergency": False, "negated_hazard": False, "tags": [], **line})
    if not lines:
        raise LabelledError(f"{path} holds no messages.")
    return lines
