"""A folder of models for tests: archives that nobody reads, cards and trials as training writes them."""

import json
from collections.abc import Sequence
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


def trialled(
    folder: Path,
    name: str,
    against: str | None,
    accepted: bool = False,
    findings: Sequence[dict[str, Any]] = (),
    **more: Any,
) -> None:
    document = {
        "candidate": {"name": name, "sha256": f"sha-{name}"},
        "current": {"name": against, "sha256": f"sha-{against}"} if against else None,
        "verdict": {"accepted": accepted, "findings": list(findings)},
        **more,
    }
    (folder / f"{name}.trial.json").write_text(json.dumps(document), encoding="utf-8")


def row(label: str, old: int, new: int, of: int = 4) -> dict[str, Any]:
    return {"label": label, "old": old, "new": new, "lost": max(0, old - new), "gained": max(0, new - old), "of": of}


def outcome(decision: str = "gone", item: str = "0") -> dict[str, Any]:
    """The rest of a trial as training writes it."""
    finding = {"kind": "service", "refuses": True, "set": "golden", "label": "UM-G02", "old": 1.0, "new": 0.5, "of": 4}
    return {
        "note": None,
        "golden": [row("UM-G02", 4, 2), row("greet", 3, 3)],
        "decisions": [row("UM-A01", 1, 2)],
        "cross_validation": [row("UM-G02", 120, 121, 140)],
        "danger": {"of": 36, "old": 35, "new": 35, "missed": [], "alarms_old": 1, "alarms_new": 1},
        "calibration": {"old": 0.031, "new": 0.033},
        "learnt": {"old": 0, "new": 2, "of": 2},
        "confusions": [["UM-G02", "TR-03", 0, 2]],
        "flips": [
            {"set": "golden", "id": "g", "text": "灯杆全黑着", "label": "UM-G02", "old": "UM-G02", "new": "TR-03", "won": False},
            {"set": "decisions", "id": decision, "text": None, "label": "UM-A01", "old": "status", "new": "UM-A01", "won": True},
        ],
        "shadow": {"of": 9, "differ": 1, "items": [{"id": item, "old": "UM-G02", "new": "!UM-G09+UM-G02"}]},
        "findings": [finding],
    }  # fmt: skip
