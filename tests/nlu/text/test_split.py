"""Several problems are parted, one problem with its history stays whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text.split import split_problems

HERE = Path(__file__).parent


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


SEVERAL = [line.split("|") for line in _lines("several.txt")]
SINGLE = _lines("single.txt")


def test_parts_are_found_with_an_f1_of_088() -> None:
    right = wanted = given_ = 0
    for parts in SEVERAL:
        found = split_problems("".join(parts))
        right += min(len(found), len(parts))
        wanted, given_ = wanted + len(parts), given_ + len(found)
    assert 2 * right / (wanted + given_) >= 0.88


def test_at_most_three_in_a_hundred_single_problems_are_split() -> None:
    split = [text for text in SINGLE if len(split_problems(text)) > 1]
    assert len(split) <= 0.03 * len(SINGLE), split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("1、路灯不亮，2、电梯坏了", ["路灯不亮", "电梯坏了"]),
        ("一是路灯不亮，二是电梯坏了，谢谢", ["路灯不亮", "电梯坏了"]),
        ("①路灯不亮②电梯坏了", ["路灯不亮", "电梯坏了"]),
        ("路灯不亮，另外电梯坏了", ["路灯不亮", "另外电梯坏了"]),
        ("路灯不亮 垃圾没人收", ["路灯不亮", "垃圾没人收"]),
        ("路灯坏了", ["路灯坏了"]),
    ],
)
def test_parts(text: str, parts: list[str]) -> None:
    assert [part.text for part in split_problems(text)] == parts


def test_the_services_may_join_what_words_part() -> None:
    text = "路灯不亮，垃圾没人收"
    assert len(split_problems(text, lambda parts: [("A", 0.9) for _ in parts])) == 1
    services = {"路灯不亮": ("A", 0.9), "垃圾没人收": ("B", 0.9)}
    assert len(split_problems(text, lambda parts: [services[part] for part in parts])) == 2


def test_greeting_contact_and_thanks_are_no_problems() -> None:
    text = "您好，路灯不亮，联系电话13800000000，谢谢"
    assert len(split_problems(text)) == 1


def test_a_blank_text_has_no_parts() -> None:
    assert split_problems(" \n") == []


@given(st.text(alphabet=st.characters(), max_size=100))
def test_offsets_are_exact_for_any_text(text: str) -> None:
    _check(text)


@given(
    st.lists(
        st.sampled_from(
            ["路灯坏", "，", "一是", "二是", "1.", "2.", "还有", "另外", "垃圾", "①", "②", " ", "\u200b", "。"]
        ),
        max_size=30,
    )
)
def test_offsets_are_exact_for_any_mix(pieces: list[str]) -> None:
    _check("".join(pieces))


def _check(text: str) -> None:
    parts = split_problems(text)
    assert len(parts) <= 8
    assert bool(parts) == bool(text.strip())
    for part in parts:
        assert text[part.start : part.end] == part.text
    assert all(left.end <= right.start for left, right in zip(parts, parts[1:], strict=False))
