"""Why a service was named: like examples and words, from the very numbers of the ranking."""

from __future__ import annotations

import pytest

from nlu.reading import Reader
from tests.nlu import tiny


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(tiny.model(), "test")


def test_words_of_the_text_speak_for_its_service(reader: Reader) -> None:
    (document,) = reader.read(["楼下烧烤摊的烟太大了"])
    words = document["explanation"]["words"]
    assert words and all(word["weight"] > 0 and word["text"] in "楼下烧烤摊的烟太大了" for word in words)
    assert [word["weight"] for word in words] == sorted((word["weight"] for word in words), reverse=True)
    assert not any(a["text"] in b["text"] for a in words for b in words if a is not b)


def test_an_example_is_most_like_itself() -> None:
    import numpy as np

    from nlu.evidence import document, weigh

    model = tiny.model()
    views = model.featurizer.transform(["路灯坏了"], np.zeros((1, 0), dtype=np.float32))
    likeness = np.zeros((1, len(model.examples)), dtype=np.float32)
    likeness[0, 7], likeness[0, 3] = 1.0, 0.5
    (evidence,) = weigh(model.head, model.featurizer.vocabulary, views, likeness, [0])
    nearest = document(evidence, model.examples)["nearest"]
    example = model.examples[7]
    assert nearest[0] == {"text": example.text, "label": example.service or example.intent, "likeness": 1.0}
    assert nearest[1]["text"] == model.examples[3].text


def test_nothing_to_judge_needs_no_explanation(reader: Reader) -> None:
    assert [document["explanation"] for document in reader.read(["", "！！"])] == [None, None]
