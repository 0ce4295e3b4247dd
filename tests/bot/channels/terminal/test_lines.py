"""What a typed line means."""

from pathlib import Path

import pytest

from bot.channels.terminal.lines import Nothing, Photo, Pin, Pressed, Quit, Words, Wrong, read_line

BUTTONS = [{"title": "确认提交", "payload": "confirm:1"}, {"title": "不报了", "payload": "cancel"}]


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("人民路路灯坏了", Words("人民路路灯坏了")),
        ("2", Pressed("不报了", "cancel")),
        ("３", Words("３")),
        ("0", Words("0")),
        ("3", Words("3")),
        ("13800000000", Words("13800000000")),
        ("/photo ~/a b.jpg", Photo(Path.home() / "a b.jpg")),
        ('/photo "a b.jpg"', Photo(Path("a b.jpg"))),
        ("/photo", Wrong("terminal_photo_how")),
        ("/pin 33.79 114.52", Pin(33.79, 114.52)),
        ("/pin 33.79, 114.52", Pin(33.79, 114.52)),
        ("/pin", Wrong("terminal_pin_how")),
        ("/pin 114.52 33.79", Wrong("terminal_pin_how")),
        ("/pin nan 1", Wrong("terminal_pin_how")),
        ("/pin 1 2 3", Wrong("terminal_pin_how")),
        ("/help", Words("/help")),
    ],
)
def test_lines(line: str, meaning: object) -> None:
    assert read_line(line, BUTTONS) == meaning


def test_leaving_and_saying_nothing() -> None:
    assert isinstance(read_line(" /quit ", BUTTONS), Quit)
    assert isinstance(read_line("   ", BUTTONS), Nothing)


def test_without_buttons_a_number_is_words() -> None:
    assert read_line("1", []) == Words("1")
