"""Updates in the database, read back in order. Plain functions on a Session."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.casedesk.filters import UpdateFilter
from bot.casedesk.tables import Case, Update, key_of


def list_updates(session: Session, wanted: UpdateFilter) -> list[tuple[Update, str | None]]:
    """Each update with its case's own number, oldest first."""
    query = select(Update, Case.ticket_number).join(Case, Case.id == Update.case_id)
    if wanted.ids:
        keys = [key for number in wanted.ids if (key := key_of(number)) is not None]
        query = query.where(Update.case_id.in_(keys))
    if wanted.start is not None:
        query = query.where(Update.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(Update.at <= wanted.end)
    if wanted.origin is not None:
        query = query.where(Update.origin == wanted.origin)
    rows = session.execute(query.order_by(Update.at, Update.id).limit(wanted.page.size).offset(wanted.page.offset))
    return [(update, number) for update, number in rows]


def list_of_cases(session: Session, cases: Iterable[Case]) -> dict[int, Sequence[Update]]:
    """The updates of these cases by the case's key, oldest first."""
    keys = [case.id for case in cases]
    found: dict[int, list[Update]] = {key: [] for key in keys}
    for update in session.scalars(select(Update).where(Update.case_id.in_(keys)).order_by(Update.id)):
        found[update.case_id].append(update)
    return dict(found)
