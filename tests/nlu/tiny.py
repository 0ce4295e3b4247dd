"""A small model for tests: few examples of each class, no encoder, learnt once in a run."""

import functools
from collections import defaultdict
from pathlib import Path

from nlu.encoder import NoEncoder
from nlu.examples import Example, load_examples
from nlu.model import Model, Settings, learn

CITY = Path("cities/xihua")
FEW = 8


@functools.cache
def examples() -> tuple[Example, ...]:
    kept: dict[str, list[Example]] = defaultdict(list)
    for example in load_examples(CITY):
        group = kept[example.service or example.intent]
        if len(group) < FEW:
            group.append(example)
    return tuple(e for group in kept.values() for e in group)


@functools.cache
def model() -> Model:
    return learn(examples(), CITY, NoEncoder(), Settings(encoder="none"))
