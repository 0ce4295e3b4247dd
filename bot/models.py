"""The models: models/registry.json, written by training, lists them, names the current one and remembers earlier ones.

Training registers candidates; which of them is used is decided here, by people. The card and the trial (comparison with
the model in use) lie beside each archive.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.settings import SettingError

FOLDER = Path("models")
MOST_HISTORY = 200


@dataclass(frozen=True)
class Model:
    """One registered model. `accepted` is the verdict of its trial: None where it was never compared."""

    name: str
    file: Path
    sha256: str
    trained_at: str
    current: bool
    there: bool  # whether the archive still exists
    accepted: bool | None


def current_model(chosen: str = "") -> Path:
    """The model file to serve. Raises SettingError with what to do where there is none."""
    if chosen:
        path = Path(chosen)
    else:
        try:
            registry = _read(FOLDER)
            path = FOLDER / next(m["file"] for m in registry["models"] if m["name"] == registry["current"])
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            raise SettingError("no model is registered yet; run `make train` first") from error
    if not path.is_file():
        raise SettingError(f"the model {path} is not there; run `make train`, or name another with YIZHAN_MODEL")
    return path


def list_models(folder: Path | None = None) -> list[Model]:
    """All registered models, the newest first. Raises SettingError where the registry cannot be read."""
    folder = folder or FOLDER
    registry = _registry(folder)
    models = []
    for entry in registry["models"]:
        judged = (trial_of(entry["name"], folder) or {}).get("verdict") or {}
        models.append(
            Model(
                entry["name"],
                folder / entry["file"],
                entry["sha256"],
                entry["trained_at"],
                entry["name"] == registry["current"],
                (folder / entry["file"]).is_file(),
                judged.get("accepted"),
            )
        )
    return sorted(models, key=lambda model: (model.trained_at, model.name), reverse=True)


def find_model(name: str, folder: Path | None = None) -> Model:
    """Raises SettingError where it is not registered or its archive is gone."""
    for model in list_models(folder):
        if model.name == name:
            if not model.there:
                raise SettingError(f"the archive of {name} is gone; train again")
            return model
    raise SettingError(f"no model is called {name}; `yizhan model list` shows those there are")


def card_of(name: str, folder: Path | None = None) -> dict[str, Any] | None:
    """What a model was made of and how it scored; None where there is no card."""
    return _document((folder or FOLDER) / f"{name}.card.json")


def trial_of(name: str, folder: Path | None = None) -> dict[str, Any] | None:
    """How a model compared with the one in use at that time; None where it never was."""
    return _document((folder or FOLDER) / f"{name}.trial.json")


def why_not(trial: Mapping[str, Any] | None, current_sha256: str | None, reason: str) -> str | None:
    """Why a candidate may not be promoted: not_compared, outdated (another model is in use by now) or refused.

    None where it may: the trial accepts it, or somebody gives a reason to use it all the same. Pure.
    """
    if reason.strip():
        return None
    if trial is None:
        return "not_compared"
    if ((trial.get("current") or {}).get("sha256")) != current_sha256 and current_sha256 is not None:
        return "outdated"
    return None if trial["verdict"]["accepted"] else "refused"


def previous_model(folder: Path | None = None) -> str | None:
    """The model that was in use before the current one and is still there."""
    folder = folder or FOLDER
    registry = _registry(folder)
    there = {entry["name"] for entry in registry["models"] if (folder / entry["file"]).is_file()}
    for turn in reversed(registry.get("history", [])):
        before = turn.get("from")
        if before in there and before != registry["current"]:
            return str(before)
    return None


def use_model(name: str, by: str, now: datetime, folder: Path | None = None) -> None:
    """Makes a registered model the current one; the history says who did it and what was in use before."""
    folder = folder or FOLDER
    with _locked(folder):
        registry = _registry(folder)
        if name not in {entry["name"] for entry in registry["models"]}:
            raise SettingError(f"no model is called {name}; `yizhan model list` shows those there are")
        if registry["current"] == name:
            return
        turn = {"name": name, "from": registry["current"], "at": now.isoformat(timespec="seconds"), "by": by}
        registry["history"] = [*registry.get("history", []), turn][-MOST_HISTORY:]
        registry["current"] = name
        partial = folder / f"registry.{os.getpid()}.partial"
        partial.write_text(json.dumps(registry, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        partial.replace(folder / "registry.json")


def _registry(folder: Path) -> dict[str, Any]:
    try:
        return _read(folder)
    except FileNotFoundError:
        return {"current": None, "models": []}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingError(f"{folder / 'registry.json'} is broken; remove it and run `make train`") from error


def _read(folder: Path) -> dict[str, Any]:
    content = json.loads((folder / "registry.json").read_text(encoding="utf-8"))
    if not isinstance(content["models"], list) or "current" not in content:
        raise KeyError("models")
    return dict(content)


def _document(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Training in its own process writes the registry too; nlu.registry takes the same lock."""
    with (folder / "registry.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
