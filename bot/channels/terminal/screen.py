"""Messages on a terminal; `rich` knows that a Chinese character is two columns wide."""

import threading
from typing import Any

from rich.console import Console
from rich.text import Text

PROMPT = "› "


class Screen:
    """Printed from two threads: the one that asks, and the one that brings news."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._asking = False
        self.buttons: list[dict[str, str]] = []  # the last ones shown

    def ask(self) -> str:
        """The line that is typed. Raises EOFError at the end of input."""
        with self._lock:
            self._asking = True
            self._console.print(PROMPT, end="", markup=False, highlight=False)
        try:
            return input()
        finally:
            self._asking = False

    def show(self, message: dict[str, Any]) -> None:
        with self._lock:
            if self._asking:
                self._console.print()
            self._console.print(words_of(message), highlight=False)
            if message["buttons"]:
                self.buttons = message["buttons"]
            if self._asking:
                self._console.print(PROMPT, end="", markup=False, highlight=False)

    def note(self, words: str, style: str = "dim") -> None:
        with self._lock:
            self._console.print(Text(words, style=style), highlight=False)


def words_of(message: dict[str, Any]) -> Text:
    """A message with its buttons numbered; danger in bold red, a ticket's number in bold green."""
    text = Text(str(message["text"]), style="bold red" if message.get("emergency") else "")
    ticket = message.get("ticket")
    if ticket:
        text.highlight_words([ticket["number"]], style="bold green")
    for number, button in enumerate(message["buttons"], start=1):
        text.append(f"\n  [{number}] ", style="bold cyan")
        text.append(button["title"], style="cyan")
    return text
