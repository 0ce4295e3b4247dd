"""A model archive read without starting Rasa: for `nlu.parse` and the card. Same parts, same answers."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nlu.digests import sha256_of
from nlu.model import ModelError, load
from nlu.reading import Reader

COMPONENT = "MessageReader"


@contextmanager
def open_archive(path: Path, threads: int = 1) -> Iterator[Reader]:
    """A Reader on the archive's parts. Raises ModelError where the file is missing or no model of ours."""
    if not path.is_file():
        raise ModelError(f"There is no model {path}; run `make train` or give another file with --model.")
    with tempfile.TemporaryDirectory(prefix="yizhan-model-") as folder:
        yield Reader(load(_unpack(path, Path(folder)), threads), sha256_of(path))


def _unpack(path: Path, folder: Path) -> Path:
    try:
        with tarfile.open(path) as archive:
            members = [m for m in archive.getmembers() if COMPONENT in m.name and (m.isfile() or m.isdir())]
            for member in members:
                target = (folder / member.name).resolve()
                if not target.is_relative_to(folder.resolve()):
                    raise ModelError(f"{path} holds a file outside its folder; do not use it.")
            archive.extractall(folder, members=members)  # noqa: S202 - names were checked just above
    except tarfile.TarError as error:
        raise ModelError(f"{path} is no model archive ({error}); run `make train`.") from error
    found = sorted(folder.rglob("about.json"))
    if len(found) != 1:
        raise ModelError(f"{path} does not hold this program's parts; run `make train`.")
    return found[0].parent
