"""One step in the making: collects the new draft, the replies and the effects. Lives only inside `step`."""

from dataclasses import replace
from typing import Any

from bot.intake.conversation.heard import Effect, Heard, Outcome, World
from bot.intake.draft import Draft, Line
from bot.intake.hints import Facts, read_facts
from bot.intake.say import Button, Say


class Turn:
    def __init__(self, draft: Draft, heard: Heard, world: World) -> None:
        self.draft = draft
        self.heard = heard
        self.world = world
        self.says: list[Say] = []
        self.effects: list[Effect] = []
        self.facts = read_facts(heard.text) if heard.text else Facts()

    @property
    def text(self) -> str:
        return self.heard.text

    def say(self, key: str, *buttons: Button, expects: str | None = None, **params: Any) -> None:
        self.says.append(Say(key, params, buttons, expects))

    def do(self, effect: Effect) -> None:
        self.effects.append(effect)

    def change(self, **values: Any) -> None:
        """Changes the draft. A changed draft makes the buttons of the cards before it stale."""
        self.draft = replace(self.draft, **values)

    def change_line(self, index: int, **values: Any) -> None:
        self.draft = self.draft.with_line(index, replace(self.draft.lines[index], **values))

    def add_lines(self, lines: tuple[Line, ...]) -> None:
        self.change(lines=(*self.draft.lines, *lines))

    def ask(self, what: str, key: str, *buttons: Button, about: int = 0, **params: Any) -> None:
        """Asks the one open question of this turn and remembers that it was asked."""
        self.change(expects=what, about=about, asked=(*self.draft.asked, mark(what, about)))
        self.say(key, *buttons, expects=what, **params)

    def was_asked(self, what: str, about: int = 0) -> bool:
        return mark(what, about) in self.draft.asked

    def outcome(self) -> Outcome:
        return Outcome(self.draft, tuple(self.says), tuple(self.effects))


def mark(what: str, about: int) -> str:
    return f"{what}#{about}"
