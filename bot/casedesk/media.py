"""Photos kept as files, named by their content so that a repeated request keeps one file."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import anyio.to_thread

from bot.casedesk.fields import Photo

ADDRESS = "/media"


class MediaStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for half in folder.glob("*.part"):  # of a desk that was killed while writing
            half.unlink()

    async def keep(self, photos: Iterable[Photo]) -> list[str]:
        """Their paths below the desk's address, in order."""
        return [await anyio.to_thread.run_sync(self._keep, photo) for photo in photos]

    def _keep(self, photo: Photo) -> str:
        name = f"{hashlib.sha256(photo.content).hexdigest()[:32]}.{photo.kind}"
        target = self.folder / name
        if not target.exists():
            # Written aside and renamed, so that a desk killed half-way leaves no half photo under the name.
            handle, aside = tempfile.mkstemp(dir=self.folder, suffix=".part")
            with os.fdopen(handle, "wb") as file:
                file.write(photo.content)
            Path(aside).replace(target)
        return f"{ADDRESS}/{name}"
