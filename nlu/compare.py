"""`python -m nlu.compare [--file LABELLED]`: ways to rank services, side by side on the same encodings.

Each row is scored by leaving out one example at a time, and on a labelled file. A fifth of that file is hidden while
tuning (by a hash of the ids) and reported apart. The table stands in docs; run it again when examples have grown.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from nlu.encoder import CachedEncoder, open_encoder
from nlu.examples import REPORT, Example, ExamplesError, city_folder, load_examples
from nlu.features import Featurizer, Views
from nlu.head import basis, gaussian, softmax, train
from nlu.labelled import LabelledError, read_labelled
from nlu.measures import is_single
from nlu.model import Settings, is_service

LABELLED_CACHE = Path("var/cache/labelled.npz")  # apart from the training's, so that no text of it gets there
FAR = 100.0  # so wide a Gaussian is as good as linear
FEW = 30  # examples for each service in the row that shows the curve
NEIGHBOURS = 5


@dataclass(frozen=True)
class Data:
    """Reports and acts with both views, and the labelled texts (none without a file)."""

    examples: list[Example]
    views: Views
    lines: list[dict[str, Any]]
    asked: Views

    def labels(self) -> list[str]:
        """The class of each example."""
        return [example.service or example.intent for example in self.examples]


Answer = tuple[tuple[str, ...], np.ndarray, np.ndarray]  # classes, left-out and asked probabilities


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 with the table on stdout, 1 where the data cannot be used."""
    parser = argparse.ArgumentParser(prog="nlu.compare", description="Compare ways to rank services.")
    parser.add_argument("--file", type=Path, help="labelled messages to score on beside the left-out examples")
    parser.add_argument("--only", help="rows whose name holds this text")
    options = parser.parse_args(arguments)
    try:
        data = read(options.file)
    except (ExamplesError, LabelledError) as error:
        print(f"Cannot compare: {error}", file=sys.stderr)
        return 1
    print(f"{len(data.examples)} examples, {sum(map(is_single, data.lines))} labelled messages with one problem\n")
    print(
        "| way | left out top-1 / top-3 | labelled top-1 / top-3 | hidden fifth top-1 | seconds |\n|---|---|---|---|---|"
    )
    for name, way in WAYS.items():
        if options.only and options.only not in name:
            continue
        started = time.monotonic()
        classes, left_out, asked = way(data)
        cells = [figure(*left_out_top(data, classes, left_out)), *labelled_top(data.lines, classes, asked)]
        print(f"| {name} | {' | '.join(cells)} | {time.monotonic() - started:.0f} |", flush=True)
    return 0


def read(labelled: Path | None) -> Data:
    """All examples and the labelled file, encoded."""
    examples = load_examples(city_folder())
    texts = [example.text for example in examples]
    lines = read_labelled(labelled) if labelled else []
    asked = [line["text"] for line in lines]
    threads = os.cpu_count() or 1
    encodings = CachedEncoder(open_encoder(Settings.encoder, threads)).encode(texts)
    others = CachedEncoder(open_encoder(Settings.encoder, threads), LABELLED_CACHE).encode(asked)
    featurizer = Featurizer.fit(texts)
    return Data(examples, featurizer.transform(texts, encodings), lines, featurizer.transform(asked, others))


def ours(data: Data, width: float = Settings.width) -> Answer:
    """The head as nlu.model trains it."""
    head, left_out = train(basis(data.views, width), data.labels(), Settings.penalty, Settings.balance)
    return head.classes, left_out, head.probabilities(data.asked)


def without_encoder(data: Data) -> Answer:
    """Character n-grams alone."""
    return ours(replace(data, views=_blind(data.views), asked=_blind(data.asked)))


def without_grams(data: Data, width: float = Settings.width) -> Answer:
    """The encoder alone."""
    return ours(replace(data, views=_plain(data.views), asked=_plain(data.asked)), width)


def geometric_mean(data: Data) -> Answer:
    """Two heads, one for each view, multiplied."""
    classes, one, asked_one = without_encoder(data)
    _, two, asked_two = without_grams(data)
    return classes, _share(np.sqrt(one * two)), _share(np.sqrt(asked_one * asked_two))


def nearest(data: Data) -> Answer:
    """A vote of the most similar examples; no training at all."""
    on = basis(data.views, Settings.width)
    labels = data.labels()
    classes = tuple(sorted(set(labels)))
    onehot = np.eye(len(classes), dtype=np.float32)[[classes.index(label) for label in labels]]
    similar = on.kernel
    np.fill_diagonal(similar, -1)
    asked = np.asarray((data.asked.grams @ data.views.grams.T).todense(), dtype=np.float32)
    asked += gaussian(data.asked.encodings, on.views.encodings, on.sharpness)
    return classes, _vote(similar, onehot), _vote(asked, onehot)


def frequent_grams(data: Data) -> Answer:
    """Only n-grams that two examples or more share."""
    kept = np.flatnonzero((data.views.grams > 0).sum(axis=0).A1 >= 2)
    return ours(replace(data, views=_columns(data.views, kept), asked=_columns(data.asked, kept)))


def examples_alone(data: Data) -> Answer:
    """Without the names and phrases of the catalogue."""
    return ours(_rows(data, [i for i, example in enumerate(data.examples) if example.source == "example"]))


def few_examples(data: Data) -> Answer:
    """The first FEW examples of each class, the catalogue's included: how the curve grows."""
    seen: dict[str, int] = {}
    kept = []
    for index, label in enumerate(data.labels()):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] <= FEW:
            kept.append(index)
    return ours(_rows(data, kept))


WAYS: dict[str, Callable[[Data], Answer]] = {
    "character n-grams, ridge": without_encoder,
    "encoder, linear": lambda data: without_grams(data, FAR),
    "encoder, Gaussian": without_grams,
    "both, linear": lambda data: ours(data, FAR),
    "both, Gaussian (in use)": ours,
    "both, geometric mean of two heads": geometric_mean,
    f"both, vote of {NEIGHBOURS} nearest examples": nearest,
    "in use, n-grams of two examples or more": frequent_grams,
    "in use, without names and phrases of the catalogue": examples_alone,
    f"in use, {FEW} examples for each class": few_examples,
}


def left_out_top(data: Data, classes: Sequence[str], left_out: np.ndarray) -> tuple[float, float]:
    """Top-1 and top-3 of hand-written reports; rows of a reduced set are matched by their number."""
    labels = data.labels()
    if len(left_out) != len(labels):
        return float("nan"), float("nan")
    asked = [i for i, e in enumerate(data.examples) if e.intent == REPORT and e.source == "example"]
    ranked = _ranked(classes, left_out)
    hits = [(labels[i] == ranked[i][0], labels[i] in ranked[i][:3]) for i in asked]
    one, three = np.mean(hits, axis=0)
    return float(one), float(three)


def labelled_top(lines: Sequence[dict[str, Any]], classes: Sequence[str], asked: np.ndarray) -> tuple[str, str]:
    """Cells for the messages that may be tuned on and for the hidden ones."""
    hits: dict[bool, list[tuple[bool, bool]]] = {False: [], True: []}
    for line, ranked in zip(lines, _ranked(classes, asked), strict=True):
        if is_single(line):
            accept = set(line["requests"][0]["accept"])
            hits[hidden(line["id"])].append((ranked[0] in accept, bool(accept & set(ranked[:3]))))
    cells = [figure(*np.mean(found, axis=0)) if found else "-" for found in hits.values()]
    return cells[0], cells[1].split(" /")[0]


def hidden(identity: str) -> bool:
    """Whether a labelled message belongs to the fifth that nobody tunes on."""
    return int(hashlib.sha256(identity.encode()).hexdigest(), 16) % 5 == 0


def figure(one: float, three: float) -> str:
    """A cell."""
    return "-" if np.isnan(one) else f"{one:.3f} / {three:.3f}"


def _ranked(classes: Sequence[str], probabilities: np.ndarray) -> list[list[str]]:
    services = np.array([is_service(name) for name in classes])
    order = np.argsort(-np.where(services, probabilities, -1), axis=1)[:, :3]
    return [[classes[i] for i in row] for row in order]


def _blind(views: Views) -> Views:
    return Views(np.zeros((len(views), 0), dtype=np.float32), views.grams)


def _plain(views: Views) -> Views:
    return Views(views.encodings, sp.csr_matrix((len(views), 1), dtype=np.float32))


def _columns(views: Views, kept: np.ndarray) -> Views:
    return Views(views.encodings, views.grams[:, kept])


def _rows(data: Data, kept: Sequence[int]) -> Data:
    return replace(data, examples=[data.examples[i] for i in kept], views=data.views.take(np.array(kept)))


def _share(values: np.ndarray) -> np.ndarray:
    return values / np.maximum(values.sum(axis=1, keepdims=True), 1e-12)


def _vote(similarity: np.ndarray, onehot: np.ndarray) -> np.ndarray:
    best = np.argsort(-similarity, axis=1)[:, :NEIGHBOURS]
    weight = softmax(np.take_along_axis(similarity, best, axis=1) * 10)
    return np.einsum("nk,nkc->nc", weight, onehot[best])


if __name__ == "__main__":
    raise SystemExit(main())
