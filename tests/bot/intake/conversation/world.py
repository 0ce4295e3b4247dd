"""A small world for conversation tests: the real city, understanding written by hand, a player for several turns."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from bot.intake.city import City
from bot.intake.conversation import Draft, Heard, Outcome, World, step
from bot.intake.say import Say
from bot.intake.understanding import Mention, Request, Understanding
from language.danger import assess

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # ten in the morning in Xihua
REPOSITORY = Path(__file__).parents[4]


@cache
def city() -> City:
    return City.load(REPOSITORY / "cities" / "xihua")


def world(**values: object) -> World:
    return replace(World(city=city(), now=NOW), **values)  # type: ignore[arg-type]


def request(
    text: str, part: str, code: str, confidence: float = 0.9, others: tuple[tuple[str, float], ...] = ()
) -> Request:
    start = text.index(part)
    rest = others or (("UM-A11", round((1 - confidence) / 2, 3)), ("UM-B02", round((1 - confidence) / 4, 3)))
    return Request(code, confidence, ((code, confidence), *rest), part, start, start + len(part))


def place(
    text: str,
    words: str,
    kind: str = "road",
    code: str | None = None,
    candidates: tuple[str, ...] = (),
    inside: bool = True,
) -> Mention:
    start = text.index(words)
    return Mention(words, start, start + len(words), kind, code, candidates, inside)


def understood(
    act: str = "request",
    requests: tuple[Request, ...] = (),
    places: tuple[Mention, ...] = (),
    intent: str = "",
    language: str = "zh",
    danger: str | None = None,
    ranking: tuple[tuple[str, float], ...] = (),
) -> Understanding:
    return Understanding(act, intent or act, language, requests, places, danger, ranking)


class Talk:
    """Plays turns against `step`, keeping the draft."""

    def __init__(self, **values: object) -> None:
        self.world = world(**values)
        self.draft = Draft()
        self.outcome: Outcome | None = None

    def text(self, text: str, meant: Understanding, **heard: object) -> Outcome:
        danger = assess(text)
        return self.hear(
            Heard(text=text, understood=meant, danger=(danger.kind if danger.is_now else None) or meant.danger, **heard)  # type: ignore[arg-type]
        )

    def press(self, payload: str) -> Outcome:
        return self.hear(Heard(button=payload))

    def hear(self, heard: Heard) -> Outcome:
        self.outcome = step(self.draft, heard, self.world)
        self.draft = self.outcome.draft
        return self.outcome

    @property
    def last(self) -> Say:
        assert self.outcome is not None
        return self.outcome.says[-1]

    @property
    def keys(self) -> list[str]:
        assert self.outcome is not None
        return [say.key for say in self.outcome.says]
