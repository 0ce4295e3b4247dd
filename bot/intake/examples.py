"""What people decided about messages, kept as examples to learn from. Texts are masked on the way in.

`decide` adds examples in its own transaction and withdraws them when a decision is undone; training reads them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bot.intake import audit
from bot.intake.exchange import Row
from bot.intake.ids import new_id
from bot.intake.learningtables import Example
from bot.intake.people import Person
from language.pii import mask

REPORT = "report"
DISPUTED, SUPERSEDED = "disputed", "superseded"


def add_example(
    session: Session,
    text: str,
    service_code: str | None,
    now: datetime,
    *,
    intent: str = REPORT,
    source: str = "decision",
    origin: str = "",
    account_id: str | None = None,
    review_id: str | None = None,
    inbox_id: int | None = None,
) -> Example:
    """Keeps one text with its meaning: a service for a report, else the act's intent. Raises ValueError."""
    masked = mask(text).strip()
    if not masked:
        raise ValueError("an example needs a text")
    if (intent == REPORT) != (service_code is not None):
        raise ValueError("a report needs a service, other intents have none")
    example = Example(
        id=new_id(),
        text=masked,
        intent=intent,
        service_code=service_code,
        source=source,
        origin=origin,
        account_id=account_id,
        review_id=review_id,
        inbox_id=inbox_id,
        created_at=now,
    )
    session.add(example)
    session.flush()
    return example


def import_rows(session: Session, rows: Iterable[Row], origin: str, person: Person, now: datetime) -> int:
    """Keeps rows that came in a file; how many were new. The same file again adds nothing. Writes the audit line."""
    query = select(Example.text, Example.intent, Example.service_code).where(Example.withdrawn_at.is_(None))
    known = {tuple(row) for row in session.execute(query)}
    new = 0
    for row in rows:
        meaning = (mask(row.text).strip(), row.intent, row.service)
        if meaning not in known:
            known.add(meaning)
            add_example(
                session,
                row.text,
                row.service,
                now,
                intent=row.intent,
                source="import",
                origin=origin,
                account_id=person.id,
            )
            new += 1
    audit.append(session, person, "examples.import", f"import:{origin}"[:128], {"new": new}, now)
    return new


def exported(rows: Iterable[Example]) -> list[Row]:
    """For the formats of bot.intake.exchange."""
    return [
        Row(
            row.text, row.intent, row.service_code, row.id, author_of(row), row.created_at.isoformat(timespec="seconds")
        )
        for row in rows
    ]


def withdraw_examples(session: Session, review_id: str, now: datetime) -> int:
    """Takes back what a decision taught; how many examples that were. Twice does no harm."""
    query = update(Example).where(Example.review_id == review_id, Example.withdrawn_at.is_(None))
    return session.execute(query.values(withdrawn_at=now)).rowcount  # type: ignore[attr-defined, no-any-return]


def standing(session: Session) -> list[Example]:
    """Every example that was not withdrawn, oldest first."""
    query = select(Example).where(Example.withdrawn_at.is_(None)).order_by(Example.created_at, Example.id)
    return list(session.scalars(query))


def count_since(session: Session, moment: datetime | None) -> int:
    """How many decisions have come after a moment."""
    query = select(func.count()).select_from(Example).where(Example.withdrawn_at.is_(None))
    return session.scalar(query.where(Example.created_at > moment) if moment else query) or 0


@dataclass(frozen=True)
class Choice:
    """What training may learn from, and why the rest is held back."""

    kept: tuple[Example, ...]
    held_back: dict[str, str]  # id -> disputed, superseded


def choose(rows: Sequence[Example]) -> Choice:
    """One example for each text. Pure.

    Whoever decides the same words again corrects himself: his last word counts. Where people differ, the majority's
    word counts; without one the text teaches nothing until somebody settles it.
    """
    by_text: dict[str, list[Example]] = {}
    for row in sorted(rows, key=lambda row: (row.created_at, row.id)):
        by_text.setdefault(_plain(row.text), []).append(row)
    kept: list[Example] = []
    held_back: dict[str, str] = {}
    for group in by_text.values():
        last_words = {author_of(row): row for row in group}
        held_back |= {row.id: SUPERSEDED for row in group if row is not last_words[author_of(row)]}
        winner = _majority(last_words.values())
        for row in last_words.values():
            if winner is None or _label(row) != _label(winner):
                held_back[row.id] = DISPUTED
            elif row is not winner:
                held_back[row.id] = SUPERSEDED
        if winner is not None:
            kept.append(winner)
    return Choice(tuple(kept), held_back)


def _majority(rows: Iterable[Example]) -> Example | None:
    """The newest row of the label that more than half of the authors chose."""
    votes: dict[tuple[str, str | None], list[Example]] = {}
    for row in rows:
        votes.setdefault(_label(row), []).append(row)
    best = max(votes.values(), key=len)
    return best[-1] if 2 * len(best) > sum(map(len, votes.values())) else None


def _label(row: Example) -> tuple[str, str | None]:
    return row.intent, row.service_code


def author_of(row: Example) -> str:
    """Whose word it is: the account's, or the file's that was brought in, whoever brought it."""
    return f"import:{row.origin}" if row.source == "import" or not row.account_id else row.account_id


def _plain(text: str) -> str:
    return "".join(text.split()).lower()
