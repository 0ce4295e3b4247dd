"""Outbursts that name no matter, and questions that want no ticket."""

import pytest

from bot.intake import hints


@pytest.mark.parametrize("text", ["😤😤😤", "？？？", "恁们到底管不管", "城管干啥吃的", "do you guys ever work"])
def test_venting(text: str) -> None:
    assert hints.only_vents(text)


@pytest.mark.parametrize("text", ["今天天气真好", "帮我写首诗", "城管来过了可是东头那家烧饼铺的棚子还在那儿支着"])
def test_not_venting(text: str) -> None:
    assert not hints.only_vents(text)


@pytest.mark.parametrize("text", ["我就是问问", "只是咨询一下", "随便问问而已。", "just asking"])
def test_only_asking(text: str) -> None:
    assert hints.only_asks(text)


@pytest.mark.parametrize("text", ["问问啥时候修", "就在路口", "just behind the school"])
def test_an_answer_is_no_idle_question(text: str) -> None:
    assert not hints.only_asks(text)
