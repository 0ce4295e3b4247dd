"""Buttons and split texts."""

from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.keyboards import MAX_DATA, MAX_TEXT, data_of, markup_of, payload_of, split


def body(*payloads: str, title: str = "好") -> dict:
    return {"text": "?", "buttons": [{"title": title, "payload": payload} for payload in payloads]}


@given(st.text(min_size=1, max_size=200))
def test_a_payload_of_any_length_fits_and_comes_back(payload: str) -> None:
    try:
        payload.encode()
    except UnicodeEncodeError:
        return
    data = data_of(payload)
    assert 1 <= len(data.encode()) <= MAX_DATA
    assert payload_of(data, [body("other"), body("x", payload)]) == payload


def test_a_digest_nobody_was_sent_stays_what_it_is() -> None:
    assert payload_of("#abc", [body("x")]) == "#abc"


@given(st.text(alphabet="路灯坏了。\n abc🙂", max_size=400), st.integers(20, 60))
def test_split_parts_fit_and_hold_every_character_that_is_not_blank(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < len(part.encode("utf-16-le")) // 2 <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_short_text_is_not_touched_and_emoji_count_double() -> None:
    assert split("  您好 \n") == ["  您好 \n"]
    assert len(split("🙂" * MAX_TEXT)) == 2
    assert split("") == []


def test_two_short_buttons_share_a_row_and_long_ones_do_not() -> None:
    markup = markup_of(
        {
            "buttons": [
                {"title": title, "payload": title}
                for title in ("满意", "基本满意", "不满意", "西华营镇后石羊村委会对面")
            ]
        }
    )
    rows = [[button["text"] for button in row] for row in markup.to_dict()["inline_keyboard"]]
    assert rows == [["满意", "基本满意"], ["不满意"], ["西华营镇后石羊村委会对面"]]


def test_a_position_key_among_other_buttons_is_an_ordinary_button() -> None:
    assert "inline_keyboard" in markup_of(body("pin", "cancel")).to_dict()
