"""How many labels an order of the review queue saves: uncertain and diverse messages first, beside a random order.

    .venv-engine/bin/python -m bench.active [--seeds 5] [--labels 2400] [--step 200]

The city's hand-written reports play the messages: a quarter is kept for the test, the rest waits without labels. Both
orders begin with the catalogue's names and phrases, get `step` labels at a time and learn anew. Printed: macro-F1 after
each step, and how many labels each seed's order needs to reach what the random order reaches with all of its labels.
Encodings come from the cache that training fills.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

import numpy as np

from nlu.encoder import CachedEncoder, open_encoder
from nlu.examples import REPORT, city_folder, load_examples
from nlu.features import Featurizer, Views
from nlu.head import Head, basis, train
from nlu.model import Settings

SHORTLIST = 4  # candidates for each place in a step: the most uncertain, of which the most different are taken


@dataclass(frozen=True)
class World:
    """Texts of one city: `known` are labelled from the beginning, `messages` wait."""

    views: Views
    labels: np.ndarray
    known: np.ndarray
    messages: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.active", description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--labels", type=int, default=2400)
    parser.add_argument("--step", type=int, default=200)
    options = parser.parse_args()
    world = read()
    print(f"{len(world.messages)} messages, {len(world.known)} names and phrases known from the beginning", flush=True)
    print(
        "| seed | random, all labels | uncertain and diverse, all labels | labels needed | share |\n|---|---|---|---|---|"
    )
    shares = []
    for seed in range(1, options.seeds + 1):
        curves = {
            name: curve(world, seed, options.labels, options.step, name == "doubt") for name in ("random", "doubt")
        }
        goal = curves["random"][-1]
        needed = reached(curves["doubt"], goal, options.step)
        shares.append(needed / options.labels)
        print(f"| {seed} | {goal:.3f} | {curves['doubt'][-1]:.3f} | {needed:.0f} | {shares[-1]:.0%} |", flush=True)
        for name, points in curves.items():
            print(f"<!-- seed {seed} {name}: {' '.join(f'{p:.3f}' for p in points)} -->", flush=True)
    print(f"\nMean share of labels: {np.mean(shares):.0%} (from {min(shares):.0%} to {max(shares):.0%})")


def read() -> World:
    """Reports of the city, encoded."""
    examples = [example for example in load_examples(city_folder()) if example.intent == REPORT]
    texts = [example.text for example in examples]
    encodings = CachedEncoder(open_encoder(Settings().encoder, threads=os.cpu_count() or 1)).encode(texts)
    views = Featurizer.fit(texts).transform(texts, encodings)
    names = sorted({str(example.service) for example in examples})
    labels = np.array([names.index(str(example.service)) for example in examples])
    written = np.array([example.source == "example" for example in examples])
    return World(views, labels, np.flatnonzero(~written), np.flatnonzero(written))


def curve(world: World, seed: int, most: int, step: int, by_doubt: bool) -> list[float]:
    """Macro-F1 on the test quarter with 0, step, 2 step … labels."""
    rng = np.random.default_rng(seed)
    messages = rng.permutation(world.messages)
    test, waiting = messages[: len(messages) // 4], messages[len(messages) // 4 :]
    labelled = world.known
    points = []
    for _ in range(0, most + 1, step):
        head = learn(world, labelled)
        points.append(macro_f1(world.labels[test], answers(head, world.views.take(test))))
        chosen = doubtful(head, world.views.take(waiting), step) if by_doubt else np.arange(step)
        labelled = np.concatenate([labelled, waiting[chosen]])
        waiting = np.delete(waiting, chosen)
    return points


def learn(world: World, rows: np.ndarray) -> Head:
    """The head as nlu.model trains it, on some of the texts."""
    settings = Settings()
    labels = [f"{label:03d}" for label in world.labels[rows]]
    return train(basis(world.views.take(rows), settings.width), labels, settings.penalty, settings.balance)[0]


def answers(head: Head, views: Views) -> np.ndarray:
    return np.array([int(name) for name in head.classes])[head.probabilities(views).argmax(axis=1)]


def doubtful(head: Head, views: Views, count: int) -> np.ndarray:
    """The most uncertain by the margin of the two best services, no two of them alike.

    Greedy: each next one is the most uncertain after a penalty for its likeness to those taken already.
    """
    best = np.sort(head.probabilities(views), axis=1)[:, -2:]
    doubt = 1 - (best[:, 1] - best[:, 0])
    listed = np.argsort(-doubt, kind="stable")[: SHORTLIST * count]
    encodings = views.encodings[listed]
    if not encodings.shape[1]:
        return listed[:count]
    encodings = encodings - encodings.mean(axis=0)
    encodings /= np.maximum(np.linalg.norm(encodings, axis=1, keepdims=True), 1e-9)
    worth, closest, taken = doubt[listed].copy(), np.zeros(len(listed)), []
    for _ in range(min(count, len(listed))):
        place = int((worth * (1 - closest)).argmax())
        taken.append(place)
        worth[place] = -1
        closest = np.maximum(closest, np.clip(encodings @ encodings[place], 0, 1))
    return listed[taken]


def macro_f1(true: np.ndarray, said: np.ndarray) -> float:
    scores = []
    for label in np.unique(true):
        hits = ((true == label) & (said == label)).sum()
        scores.append(2 * hits / max(1, (true == label).sum() + (said == label).sum()))
    return float(np.mean(scores))


def reached(points: list[float], goal: float, step: int) -> float:
    """Labels at which a curve first reaches the goal, between two steps by a straight line; all where it never does."""
    for index, value in enumerate(points):
        if value >= goal:
            if index == 0:
                return 0.0
            before = points[index - 1]
            return step * (index - 1 + (goal - before) / (value - before))
    return float(step * (len(points) - 1))


if __name__ == "__main__":
    main()
