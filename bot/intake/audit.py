"""The audit: an append-only chain of what people did, each line sealed with the hash of the one before.

`append` inside the transaction of the deed, as its last step: the line is there if and only if the deed is, and the lock
on the chain's end is held as briefly as can be.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.intake.accounttables import AuditHead, AuditLine
from bot.intake.people import Person

NOTHING_BEFORE = "0" * 64
BATCH = 1000  # lines read at a time
HEAD = 1


@dataclass(frozen=True)
class Finding:
    """The first place where the chain does not hold."""

    seq: int
    what: str  # changed, missing, not_chained, cut_off


def append(
    session: Session, person: Person | None, action: str, subject: str, data: dict[str, Any], now: datetime
) -> AuditLine:
    """Adds a line; `person` None is the service itself.

    `subject` is kind:id. `data` holds ids, codes and figures that JSON can carry, never words of residents: the line can
    not be taken back.
    """
    seq, previous = _locked_head(session)
    line = AuditLine(
        seq=seq + 1,
        at=now.astimezone(UTC),
        person_id=person.id if person else None,
        person_name=person.name if person else None,
        action=action,
        subject=subject,
        data=data,
        previous=previous,
        hash="",
    )
    line.hash = seal(line)
    session.add(line)
    session.execute(update(AuditHead).where(AuditHead.id == HEAD).values(seq=line.seq, hash=line.hash))
    session.flush()
    return line


def saw(session: Session, person: Person, subject: str, what: str, now: datetime) -> None:
    """Notes that personal data was shown; `what` names the kinds, such as "phone" or "name,phone"."""
    append(session, person, "saw", subject, {"what": what}, now)


def seal(line: AuditLine) -> str:
    """The hash of a line: SHA-256 over its canonical JSON, the former hash included."""
    text = json.dumps(document(line), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def document(line: AuditLine) -> dict[str, Any]:
    """What the hash of a line is taken of."""
    return {
        "seq": line.seq,
        "at": line.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "person_id": line.person_id,
        "person_name": line.person_name,
        "action": line.action,
        "subject": line.subject,
        "data": line.data,
        "previous": line.previous,
    }


def verify(session: Session) -> Finding | None:
    """The first broken line of the chain, None where it holds."""
    seq, previous = 0, NOTHING_BEFORE
    for line in lines(session):
        if line.seq != seq + 1:
            return Finding(seq + 1, "missing")
        if line.previous != previous:
            return Finding(line.seq, "not_chained")
        if line.hash != seal(line):
            return Finding(line.seq, "changed")
        seq, previous = line.seq, line.hash
    head = session.execute(select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == HEAD)).one_or_none()
    if (head.seq, head.hash) != (seq, previous) if head else seq > 0:
        return Finding(seq + 1, "cut_off")
    return None


def lines(session: Session, after: int = 0) -> Iterator[AuditLine]:
    """All lines in order, a batch in memory at a time."""
    while True:
        query = select(AuditLine).where(AuditLine.seq > after).order_by(AuditLine.seq).limit(BATCH)
        batch = session.scalars(query).all()
        for line in batch:
            yield line
            after = line.seq
            session.expunge(line)
        if len(batch) < BATCH:
            return


def _locked_head(session: Session) -> tuple[int, str]:
    """Number and hash of the last line; nobody else adds one until this transaction ends."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    query = select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == HEAD).with_for_update()
    head = session.execute(query).one_or_none()
    if head is None:
        first = insert(AuditHead).values(id=HEAD, seq=0, hash=NOTHING_BEFORE)
        session.execute(first.on_conflict_do_nothing())
        head = session.execute(query).one()
    return head.seq, head.hash
