"""Danger: every own positive is found with a number, at most three in a hundred own negatives alarm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.danger import assess

HERE = Path(__file__).parents[2] / "data" / "danger"
KINDS = {"fire", "gas", "electric", "manhole", "collapse", "water", "tree", "injury", "crash", "crime", "selfharm"}
KINDS |= {"child", "falling"}


def _lines(name: str) -> list[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


POSITIVE = [tuple(line.split("\t")) for line in _lines("rules_danger.txt")]
NEGATIVE = _lines("rules_calm.txt")


def test_the_sets_are_large_enough_and_cover_every_kind() -> None:
    assert len(POSITIVE) >= 350
    assert len(NEGATIVE) >= 250
    assert {kind for kind, _ in POSITIVE} == KINDS


def test_recall_on_own_positives_is_at_least_99_percent() -> None:
    missed = [text for _, text in POSITIVE if not assess(text).is_now]
    assert len(missed) <= 0.01 * len(POSITIVE), missed


def test_false_alarms_on_own_negatives_are_at_most_3_percent() -> None:
    alarms = [text for text in NEGATIVE if assess(text).is_now]
    assert len(alarms) <= 0.03 * len(NEGATIVE), alarms


def test_the_kind_is_right_in_nine_of_ten() -> None:
    right = [text for kind, text in POSITIVE if assess(text).kind == kind]
    assert len(right) >= 0.9 * len(POSITIVE)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("三楼着火了", "119"),
        ("厨房煤气漏了", "119"),
        ("电线掉地上了", "95598"),
        ("井盖不见了", "110"),
        ("有人落水", "119"),
        ("有人昏倒叫不醒", "120"),
        ("两个车撞一起了", "122"),
        ("有人拿刀砍人", "110"),
        ("我不想活了", "110"),
        ("孩子走丢了", "110"),
        ("大树倒了把路堵死", "119"),
    ],
)
def test_the_first_number_to_dial(text: str, first: str) -> None:
    verdict = assess(text)
    assert verdict.is_now
    assert verdict.numbers[0] == first


@pytest.mark.parametrize(
    ("text", "also"),
    [
        ("不想活了", "12356"),
        ("有人触电了躺在地上", "120"),
        ("树枝断了压在高压线上", "95598"),
        ("我被困在电梯里", "119"),
        ("电线断了横在马路上", "110"),
    ],
)
def test_further_numbers_follow(text: str, also: str) -> None:
    assert also in assess(text).numbers


def test_a_local_gas_line_is_named_by_its_key() -> None:
    assert assess("厨房煤气漏了").lines == ("gas_repair",)


@pytest.mark.parametrize(
    "text",
    [
        "没有漏气",
        "不是着火",
        "上次着火烧的墙",
        "去年塌过一回",
        "火已经灭了",
        "万一着火咋办",
        "气炸了",
        "热得要着火",
        "井盖早补上了",
    ],
)
def test_denied_past_supposed_and_figurative_hazards_are_negated(text: str) -> None:
    verdict = assess(text)
    assert not verdict.is_now
    assert verdict.negated


@pytest.mark.parametrize(
    "text",
    ["没漏气，但是电线掉下来了", "上次着火没事，这次又着火了", "去年井盖就丢了，到现在没人补", "关了阀门还有煤气味"],
)
def test_one_standing_hazard_is_enough(text: str) -> None:
    assert assess(text).is_now


def test_spans_are_offsets_in_the_text_as_received() -> None:
    text = "\u2060你好\u200b，三楼\u200b着\u200b火了"
    start, end = assess(text).spans[0]
    assert text[start:end].replace("\u200b", "") == "着火"


def test_traditional_characters_are_read() -> None:
    assert assess("廚房瓦斯漏氣").kind == "gas"


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_gets_a_verdict(text: str) -> None:
    verdict = assess(text)
    assert verdict.is_now == (verdict.kind is not None)
    assert all(0 <= start < end <= len(text) for start, end in verdict.spans)
    assert bool(verdict.numbers) == verdict.is_now


@given(st.lists(st.sampled_from("没不是井盖电线树路着火煤气味掉断倒,。了人车水孩子万一去年a 1"), max_size=60))
def test_any_mix_of_hazard_words_gets_a_verdict(pieces: list[str]) -> None:
    assess("".join(pieces))


@pytest.mark.parametrize("unit", ["井盖", "电线没", "树路", "人在水里", "a", "着火了吗", "车"])
def test_long_texts_are_judged_in_time(unit: str) -> None:
    text = (unit * 5000)[:5000]
    started = time.perf_counter()
    assess(text)
    assert time.perf_counter() - started < 20
