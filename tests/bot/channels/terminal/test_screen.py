"""How a message looks."""

import io

from rich.console import Console

from bot.channels.terminal.screen import words_of


def shown(width: int = 20, **given: object) -> str:
    plain = {"text": "", "buttons": [], "ticket": None, "emergency": False}
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=True, color_system="standard").print(words_of({**plain, **given}))
    return out.getvalue()


def test_chinese_lines_break_where_the_terminal_ends() -> None:
    """A Chinese character is two columns wide."""
    lines = shown(width=20, text="路" * 25).splitlines()
    assert [line.count("路") for line in lines] == [10, 10, 5]


def test_danger_is_loud_and_a_number_stands_out() -> None:
    assert "\x1b[1;31m" in shown(text="立即拨打 119", emergency=True)
    assert "\x1b[1;32mXH-7" in shown(width=60, text="编号 XH-7 好", ticket={"number": "XH-7", "service_code": "UM-G02"})


def test_words_that_look_like_markup_are_shown_as_they_are() -> None:
    assert "[bold]" in shown(width=60, text="[bold]x[/bold]", buttons=[{"title": "[red]好", "payload": "p"}])
    assert "[red]好" in shown(width=60, buttons=[{"title": "[red]好", "payload": "p"}])
