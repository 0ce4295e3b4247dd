"""The guard character, cleaning, folding and language detection keep offsets and never fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.clean import clean
from language.detect import detect
from language.fold import fold
from language.guard import GUARD, guard, unguard

ANY_TEXT = st.text(alphabet=st.characters(), max_size=80)


@given(ANY_TEXT)
def test_exactly_one_guard_character_is_put_on_and_taken_off(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text) == GUARD + text


def test_a_guard_character_of_the_residents_own_stays() -> None:
    assert unguard(guard(GUARD + "路灯")) == GUARD + "路灯"


@given(ANY_TEXT)
def test_cleaning_keeps_the_length_and_is_done_once(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert clean(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "safe"),
    [("a\x00b", "a\ufffdb"), ("\ud800路", "\ufffd路"), ("a\x07b\n\tc", "a b\n\tc"), ("路\u200b灯", "路\u200b灯")],
)
def test_what_cleaning_replaces(raw: str, safe: str) -> None:
    assert clean(raw) == safe


@given(ANY_TEXT)
def test_every_folded_character_is_traceable(text: str) -> None:
    folded = fold(text)
    assert len(folded.origins) == len(folded.text)
    assert all(left < right for left, right in zip(folded.origins, folded.origins[1:], strict=False))
    if folded.text:
        start, end = folded.span(0, len(folded.text))
        assert 0 <= start < end <= len(text)


def test_folding_unifies_width_script_case_and_drops_marks() -> None:
    assert fold("１３８ＡＢ路\u200b燈\u202e").text == "138ab路灯"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("路灯坏了", "zh"),
        ("The street light is broken", "en"),
        ("俺家WiFi断了", "zh"),
        ("potholes on 人民路 again, please fix them", "en"),
        ("豫P12345", "zh"),
        ("13800000000", "zh"),
        ("", "zh"),
        ("🙏🙏", "zh"),
        ("ok thanks", "en"),
    ],
)
def test_language_of_a_message(text: str, language: str) -> None:
    assert detect(text) == language


def test_without_any_letters_the_language_of_the_talk_stays() -> None:
    assert detect("123", default="en") == "en"
