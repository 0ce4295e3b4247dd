"""One engine for several services, one after the other: loading a model takes longer than a test should."""

import os
import secrets
import subprocess
from pathlib import Path

import httpx

from bot.models import current_model
from tests.e2e.system import ROOT, free_port, until


class SharedEngine:
    """A running engine. `environment` tells `yizhan up` to use it; one service at a time can."""

    def __init__(self, folder: Path, model: Path | None = None) -> None:
        self._folder = folder
        self._model = model
        self.port, self.action_port, self.token = free_port(), free_port(), secrets.token_urlsafe(16)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "YIZHAN_ENGINE_URL": f"http://127.0.0.1:{self.port}",
            "YIZHAN_ACTION_PORT": str(self.action_port),
            "YIZHAN_ACTION_TOKEN": self.token,
        }

    def __enter__(self) -> "SharedEngine":
        self._folder.mkdir(parents=True, exist_ok=True)
        model = self._model or ROOT / current_model()
        with (self._folder / "engine.log").open("ab") as output:
            self.process = subprocess.Popen(
                [
                    str(ROOT / ".venv-engine/bin/python"),
                    "-m",
                    "nlu.serve",
                    "--port",
                    str(self.port),
                    "--model",
                    str(model),
                ],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                env={
                    **os.environ,
                    "YIZHAN_ACTION_URL": f"http://127.0.0.1:{self.action_port}/webhook",
                    "YIZHAN_ACTION_TOKEN": self.token,
                },
            )
        until(self._ready, 90, lambda: (self._folder / "engine.log").read_text(errors="replace")[-3000:])
        return self

    def _ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/status", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)
