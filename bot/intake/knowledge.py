"""The city's answers to questions: found by how much of a question's wording is shared. Pure after loading."""

import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.intake.conversation.heard import Answer
from bot.intake.errors import CityError
from bot.intake.phrases import Both

THRESHOLD = 0.40  # cosine; below it we say openly that we do not know
_NOISE = re.compile(r"[\s，,。.、！!？?“”\"'（）()…~～]+|请问|你好|您好|恁好|麻烦问|我想问|问一下|想问")


@dataclass(frozen=True)
class Entry:
    id: str
    questions: tuple[str, ...]
    answer: Both
    article: str | None


class Knowledge:
    """Weighted character pairs (English: words), compared by cosine with every wording of every question."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self.entries = entries
        grams = [(entry, _grams(question)) for entry in entries for question in entry.questions]
        seen: Counter[str] = Counter(gram for _, counts in grams for gram in counts)
        self._weight = {gram: math.log((1 + len(grams)) / (1 + n)) + 1 for gram, n in seen.items()}
        self._unseen = max(self._weight.values(), default=1.0)  # weight of pairs that stand in no question
        self._vectors = [(entry, self._vector(counts)) for entry, counts in grams]

    @classmethod
    def load(cls, folder: Path) -> "Knowledge":
        """Reads knowledge/*.yml below the city's folder; none at all is an empty knowledge. Raises CityError."""
        entries: list[Entry] = []
        for path in sorted((folder / "knowledge").glob("*.yml")):
            try:
                document = yaml.safe_load(path.read_text(encoding="utf-8"))
                items = document["entries"] if isinstance(document, dict) else document
                entries += [
                    Entry(
                        id=item["id"],
                        questions=(*item["questions"]["zh"], *item["questions"]["en"]),
                        answer=Both(item["answer"]),
                        article=item.get("article"),
                    )
                    for item in items
                ]
            except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError) as error:
                raise CityError(f"{path} cannot be read: {error!r}") from error
        return cls(tuple(entries))

    def find(self, question: str) -> Answer | None:
        """The answer whose question is worded most alike; None where none is alike enough."""
        asked = self._vector(_grams(question))
        best, score = None, 0.0
        for entry, vector in self._vectors:
            likeness = sum(weight * vector.get(gram, 0.0) for gram, weight in asked.items())
            if likeness > score:
                best, score = entry, likeness
        if best is None or score < THRESHOLD:
            return None
        return Answer(best.answer, best.article)

    def _vector(self, counts: Counter[str]) -> dict[str, float]:
        raw = {gram: count * self._weight.get(gram, self._unseen) for gram, count in counts.items()}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {gram: value / length for gram, value in raw.items()}


def _grams(text: str) -> Counter[str]:
    plain = _NOISE.sub(" ", text.lower()).strip()
    if plain.isascii():
        return Counter(plain.split())
    joined = plain.replace(" ", "")
    return Counter(joined[i : i + 2] for i in range(len(joined) - 1))
