"""Personal data is found with exact offsets, and masked so that nothing of it can be read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.pii import find, is_valid_id_card, mask, passes_luhn

FOUND = [
    ("电话13800000000", "phone", "13800000000"),
    ("电话 138 0000 0000 谢谢", "phone", "138 0000 0000"),
    ("打138-0000-0000", "phone", "138-0000-0000"),
    ("手机１３８００００００００", "phone", "１３８００００００００"),
    ("号码是幺三八零零零零零零零零", "phone", "幺三八零零零零零零零零"),
    ("+86 13800000000", "phone", "+86 13800000000"),
    ("座机0394-2500000", "phone", "0394-2500000"),
    ("打电话2500000找我", "phone", "2500000"),
    ("身份证411622199001010006", "id_card", "411622199001010006"),
    ("身份证号：41162219900101000X", "id_card", "41162219900101000X"),
    ("车牌豫P12A45", "plate", "豫P12A45"),
    ("豫P·00A12堵门", "plate", "豫P·00A12"),
    ("豫P D00123 新能源", "plate", "豫P D00123"),
    ("卡号6222000000000000000", "bank", "6222000000000000000"),
    ("卡号 6222 0000 0000 0000 000", "bank", "6222 0000 0000 0000 000"),
    ("加我微信 test_abc123", "wechat", "test_abc123"),
    ("微信号是abc_123456", "wechat", "abc_123456"),
    ("V信：hello2024", "wechat", "hello2024"),
    ("VX xyz_9988", "wechat", "xyz_9988"),
    ("我叫张三丰", "name", "张三丰"),
    ("俺是李四，住后街", "name", "李四"),
    ("联系人：欧阳明月", "name", "欧阳明月"),
    ("业主王建国反映漏水", "name", "王建国"),
    ("老板叫赵铁柱，跑了", "name", "赵铁柱"),
    ("路灯坏了 刘小花 13800000000", "name", "刘小花"),
    ("My name is John Smith, the light is out", "name", "John Smith"),
    ("姓名:孙悦，电话在下面", "name", "孙悦"),
]


@pytest.mark.parametrize(("text", "kind", "value"), FOUND)
def test_found(text: str, kind: str, value: str) -> None:
    assert (kind, value) in [(item.kind, item.text) for item in find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "路灯坏了三天",
        "单号XH-20250102-0099办得如何",
        "王大爷家门口有坑",
        "一共花了12345678元",
        "打了12345没人接",
        "2026年11月24日晚上8点",
        "我是业主",
        "联系电话没有",
        "俺叫不动他",
        "在人民路128号",
        "老板说不归他管",
        "119 110 120",
    ],
)
def test_not_personal_data(text: str) -> None:
    assert find(text) == []


def test_masking_keeps_the_sentence_readable() -> None:
    assert mask("我叫张三丰，电话13800000000") == "我叫张**，电话138****0000"
    assert mask("豫P12A45堵在人民路") == "豫P***5堵在人民路"


@pytest.mark.parametrize(("text", "kind", "value"), FOUND)
def test_nothing_masked_can_be_read(text: str, kind: str, value: str) -> None:
    assert value not in mask(text)


def test_check_digits() -> None:
    assert is_valid_id_card("11010519491231002X")
    assert not is_valid_id_card("110105194912310021")
    assert passes_luhn("4111111111111111")
    assert not passes_luhn("4111111111111112")


@given(st.text(alphabet=st.characters(), max_size=80))
def test_offsets_are_exact_and_nothing_overlaps(text: str) -> None:
    items = find(text)
    for item in items:
        assert text[item.start : item.end] == item.text
    assert all(left.end <= right.start for left, right in zip(items, items[1:], strict=False))
    mask(text)


@given(st.lists(st.sampled_from("1380 -我叫王小明豫PA电话微信wx_身份证\u200b,。x"), max_size=60))
def test_any_mix_of_cues_is_read(pieces: list[str]) -> None:
    text = "".join(pieces)
    for item in find(text):
        assert text[item.start : item.end] == item.text
