"""The registered models: `registry.json` beside the archives lists them and names the one in use."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

MODELS = Path("models")
REGISTRY = "registry.json"
LOCK = "registry.lock"


class RegistryError(RuntimeError):
    """No usable model; the message says what to do."""


def read(folder: Path = MODELS) -> dict[str, Any]:
    """The registry; empty where there is none yet. Raises RegistryError where it cannot be read."""
    path = folder / REGISTRY
    if not path.is_file():
        return {"current": None, "models": []}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(content["models"], list) or "current" not in content:
            raise KeyError("models")
    except (ValueError, KeyError, TypeError) as error:
        raise RegistryError(f"{path} is broken ({error}); remove it and run `make train`.") from error
    return dict(content)


def register(card: dict[str, Any], folder: Path = MODELS, use: bool = True) -> None:
    """Add a model by its card; the same name again replaces its entry. `use` makes it the current one.

    The history lets the service go back to what was in use before.
    """
    entry = {key: card[key] for key in ("name", "file", "sha256", "trained_at", "city", "data_digest")}
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the service promotes models in the same file
        content = read(folder)
        content["models"] = [m for m in content["models"] if m["name"] != card["name"]] + [entry]
        if use and content["current"] != card["name"]:
            turn = {"name": card["name"], "from": content["current"], "at": card["trained_at"], "by": "training"}
            content["history"] = [*content.get("history", []), turn]
            content["current"] = card["name"]
        write_json(folder / REGISTRY, content)


def current(folder: Path = MODELS) -> Path:
    """The archive of the model in use. Raises RegistryError where there is none."""
    content = read(folder)
    for entry in content["models"]:
        if entry["name"] == content["current"]:
            path = folder / str(entry["file"])
            if path.is_file():
                return path
            raise RegistryError(f"{path} is registered but missing; run `make train`.")
    raise RegistryError(f"No model is registered in {folder}; run `make train`.")


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all: a killed training leaves no half file."""
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
