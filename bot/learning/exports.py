"""What a round of learning reads: decisions and recent messages as files below the data folder, for the owner's eyes only.

The engine's programs know no database; a resident's words lie in these files while a round runs and not longer. What
was learnt stays (learnt.jsonl), since the next model must not forget it; erased examples are taken out of it.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.intake import examples
from bot.intake.tables import InboxItem

DECISIONS, RECENT, LEARNT, HEALTH = "decisions.jsonl", "recent.jsonl", "learnt.jsonl", "health.json"


def decisions_of(session: Session) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Lines for training, and what is held back with the reason: see examples.choose."""
    choice = examples.choose(examples.standing(session))
    lines = [
        {
            "id": example.id,
            "text": example.text,
            "intent": example.intent,
            "service": example.service_code,
            "by": examples.author_of(example),
            "at": example.created_at.isoformat(timespec="microseconds"),
        }
        for example in choice.kept
    ]
    return lines, choice.held_back


def recent_of(session: Session, most: int) -> list[dict[str, Any]]:
    """The newest messages that the engine has understood, for the shadow run."""
    query = select(InboxItem).where(InboxItem.kind == "text", InboxItem.state == "done").order_by(InboxItem.id.desc())
    found = []
    for item in session.scalars(query.limit(most)):
        text = (item.payload.get("text") or "").strip()
        if text and item.understood:
            found.append({"id": item.id, "text": text})
    return found


def write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Whole or not at all, readable by the service's user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.touch(mode=0o600)
    partial.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    partial.replace(path)


def forget(folder: Path) -> None:
    """Removes what only the round needed."""
    for name in (DECISIONS, RECENT):
        (folder / name).unlink(missing_ok=True)


def prune(folder: Path, standing: set[str]) -> int:
    """Takes examples that are no longer there (erased, withdrawn) out of what was learnt; how many those were."""
    path = folder / LEARNT
    if not path.is_file():
        return 0
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    kept = [line for line in lines if line["id"] in standing]
    if len(kept) < len(lines):
        write_lines(path, kept)
    return len(lines) - len(kept)
