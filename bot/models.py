"""Which model the engine serves: models/registry.json, written by training, names the current one."""

import json
from pathlib import Path

from bot.settings import SettingError

FOLDER = Path("models")


def current_model(chosen: str = "") -> Path:
    """The model file to serve. Raises SettingError with what to do where there is none."""
    if chosen:
        path = Path(chosen)
    else:
        try:
            registry = json.loads((FOLDER / "registry.json").read_text(encoding="utf-8"))
            path = FOLDER / next(m["file"] for m in registry["models"] if m["name"] == registry["current"])
        except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
            raise SettingError("no model is registered yet; run `make train` first") from error
    if not path.is_file():
        raise SettingError(f"the model {path} is not there; run `make train`, or name another with YIZHAN_MODEL")
    return path
