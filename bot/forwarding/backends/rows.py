"""Rows of a backend's answer as news: what GeoReport servers and webhook senders have in common. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any

from pydantic import AfterValidator

from bot.intake.states import STATUSES
from bot.intake.statuses import UNCHANGED, Update
from bot.open311.documents import text_of


def _ours(words: dict[str, str]) -> dict[str, str]:
    allowed = (*STATUSES, UNCHANGED)
    for word, status in words.items():
        if status not in allowed:
            raise ValueError(f"{word}: '{status}' is no status; use one of {', '.join(allowed)}")
    return {word.casefold(): status for word, status in words.items()}


# The backend's status words → ours; a word that is not there is kept as it came, never guessed.
StatusWords = Annotated[dict[str, str], AfterValidator(_ours)]


def read_update(
    row: Mapping[str, Any], words: Mapping[str, str], word: str | None, note: Any, zone: tzinfo = UTC
) -> Update | None:
    """None where the row lacks a word, a time, or any name of the case."""
    moment = parse_moment(text_of(row.get("updated_datetime")) or text_of(row.get("requested_datetime")), zone)
    case_id, number = text_of(row.get("service_request_id")), text_of(row.get("ticket_number"))
    if word is None or moment is None or (case_id is None and number is None):
        return None
    return Update(
        update_id=text_of(row.get("update_id")) or f"{case_id or number}@{moment.isoformat()}:{word}",
        case_id=case_id,
        ticket_number=number,
        word=word,
        status=words.get(word.casefold()),
        note=text_of(note),
        changed_at=moment,
    )


def parse_moment(text: str | None, zone: tzinfo = UTC) -> datetime | None:
    """An ISO 8601 moment in UTC, read in `zone` where it names none; None where it is none."""
    try:
        moment = datetime.fromisoformat(text or "")
        return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
