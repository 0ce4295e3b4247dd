"""A labelled text on its way in or out, and what is wrong with one that cannot come in."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

REPORT = "report"
META = ("id", "by", "at")  # kept beside the text where a format can carry them


@dataclass(frozen=True)
class Row:
    """`service` for reports only; `intent` as in domain.yml. `id`, `by` and `at` may be empty."""

    text: str
    intent: str
    service: str | None = None
    id: str = ""
    by: str = ""
    at: str = ""

    @property
    def label(self) -> str:
        """One word for both: the service's code, or the act's intent."""
        return self.service or self.intent

    def meta(self) -> dict[str, str]:
        return {key: getattr(self, key) for key in META}


@dataclass(frozen=True)
class Problem:
    """Why a line was not read. Lines count from 1."""

    line: int
    what: str


@dataclass(frozen=True)
class Labels:
    """What a text may mean in this city."""

    services: Collection[str]
    intents: Collection[str]

    def row(self, text: Any, label: Any, meta: dict[str, Any]) -> Row:
        """Raises ValueError saying what is wrong."""
        if not isinstance(text, str) or not text.strip():
            raise ValueError("the text is missing or empty")
        kept = {key: "" if meta.get(key) is None else str(meta[key]) for key in META}
        if label in self.services:
            return Row(text.strip(), REPORT, str(label), **kept)
        if label in self.intents and label != REPORT:
            return Row(text.strip(), str(label), None, **kept)
        raise ValueError(f"{label!r} is neither a service with tickets nor an act" if label else "the label is missing")


def gather(found: Iterable[tuple[int, Row | str]]) -> tuple[list[Row], list[Problem]]:
    """Splits what a format read into rows and problems."""
    rows: list[Row] = []
    problems: list[Problem] = []
    for line, item in found:
        if isinstance(item, Row):
            rows.append(item)
        else:
            problems.append(Problem(line, item))
    return rows, problems
