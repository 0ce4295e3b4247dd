"""An engine in a few lines: it fails when told to, and otherwise has the action complete the turn as Rasa would."""

from collections.abc import Callable
from typing import Any

from actions.intake_action import read_sender
from bot.dialogue.engine import EngineDown, EngineEmpty
from bot.intake.errors import IntakeError
from bot.intake.turns import complete_turn
from tests.bot.intake.home import Home, document

Meaning = Callable[[str], dict[str, Any]]


def smalltalk(text: str) -> dict[str, Any]:
    return document(text, "smalltalk")


class FakeEngine:
    """`meaning` makes the document; `down`, `silent` and `killed_before` say what goes wrong."""

    def __init__(self, home: Home, meaning: Meaning = smalltalk) -> None:
        self.home = home
        self.meaning = meaning
        self.down = False
        self.silent = False
        self.asked: list[str] = []
        self.bad: set[str] = set()  # texts over which the action raises

    async def turn(self, sender: str, text: str) -> None:
        self.asked.append(text)
        if self.down:
            raise EngineDown("nobody answers")
        if self.silent:
            raise EngineEmpty("[]")
        item_id, token = read_sender(sender)
        if text in self.bad:
            raise RuntimeError("the action raised")
        now = self.home.clock()
        try:
            await self.home.database.run(complete_turn, self.home.desk, item_id, token, self.meaning(text), now)
        except IntakeError as error:  # as the real action: it says nothing
            raise EngineEmpty("[]") from error
