"""A folder of models for tests: archives that nobody reads, cards and trials as training writes them."""

import json
from pathlib import Path
from typing import Any


def registered(folder: Path, *names: str, current: str | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number, name in enumerate(names):
        (folder / f"{name}.tar.gz").write_bytes(name.encode())
        entry = {"name": name, "file": f"{name}.tar.gz", "sha256": f"sha-{name}", "trained_at": f"2026-11-2{number}"}
        (folder / f"{name}.card.json").write_text(json.dumps({**entry, "examples": 12}), encoding="utf-8")
        entries.append(entry)
    content = {"current": current, "models": entries}
    (folder / "registry.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def trialled(folder: Path, name: str, against: str | None, accepted: bool, **more: Any) -> None:
    document = {
        "candidate": {"name": name, "sha256": f"sha-{name}"},
        "current": {"name": against, "sha256": f"sha-{against}"} if against else None,
        "verdict": {"accepted": accepted, "findings": []},
        **more,
    }
    (folder / f"{name}.trial.json").write_text(json.dumps(document), encoding="utf-8")
