"""The outbox: ticket events on their way to the backend, each delivered once in effect.

waiting → (claimed | sending) → accepted | dead | waiting again | unknown (may have arrived: look before sending again)

`sending` is committed before the request goes out. A lease that runs out in `sending` therefore means unknown; one that
runs out in `claimed` (looking up, asking about a token) puts the item back. Events of one ticket leave in order; other
tickets never wait. The caller holds the transaction.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from bot.intake import circuits
from bot.intake.ids import new_id
from bot.intake.orders import CREATED, SNAPSHOT, Order, order_of, snapshot
from bot.intake.tables import Delivery, OutboxItem, Ticket, TicketEvent

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # an unknown item that waits for a person
OPEN = ("waiting", "claimed", "sending", "unknown")
REASON_LIMIT = 500  # characters
DETAIL_LIMIT = 2048  # characters of an answer that are kept

Kind = Literal["send", "look_up", "resume"]
# look_up: the backend can be searched; send: it keeps our key, so sending again is harmless; person: neither
OnUnknown = Literal["look_up", "send", "person"]


@dataclass(frozen=True)
class Rules:
    """How a backend's items are handled. `lease` is longer than any request to it, `settle` longer than one request.

    `ticket_unknown` and `change_unknown` say what follows when a ticket, or a later event of one, may have arrived.
    """

    lease: timedelta
    settle: timedelta
    ticket_unknown: OnUnknown
    change_unknown: OnUnknown

    def on_unknown(self, event_type: str) -> "OnUnknown":
        return self.ticket_unknown if event_type == CREATED else self.change_unknown


@dataclass(frozen=True)
class Claim:
    """An item in hand. `attempts` counts the sends, this one included; `tries` those of the same kind."""

    item_id: str
    lease_token: str
    kind: Kind
    attempts: int
    tries: int
    delivery_id: int
    token: str | None
    order: Order


@dataclass(frozen=True)
class Ending:
    """What a try came to. `at` None with state unknown: a person has to decide."""

    state: Literal["accepted", "waiting", "unknown", "dead"]
    reason: str | None = None
    at: datetime | None = None
    case_id: str | None = None
    token: str | None = None
    free: bool = False  # costs the item no attempt


def enqueue(session: Session, ticket: Ticket, event: TicketEvent, now: datetime) -> tuple[OutboxItem, bool]:
    """Puts the event on its way to the ticket's backend; (item, False) where it is on its way already."""
    query = select(OutboxItem).where(OutboxItem.event_id == event.id, OutboxItem.backend == ticket.backend)
    found = session.scalar(query)
    if found is not None:
        return found, False
    if event.type == CREATED and SNAPSHOT not in event.data:
        event.data = {**event.data, SNAPSHOT: snapshot(ticket)}
    item = OutboxItem(
        id=new_id(),
        backend=ticket.backend,
        ticket_id=ticket.id,
        event_id=event.id,
        seq=event.seq,
        state="waiting",
        attempts=0,
        next_attempt_at=now,
        created_at=now,
    )
    session.add(item)
    session.flush()
    return item, True


def claim_next(session: Session, backend: str, now: datetime, worker: str, rules: Rules) -> Claim | None:
    """Leases the backend's next due item; None where nothing is due or the backend is paused.

    Items that may have arrived come first. A claim of kind `send` is in state sending when this transaction commits.
    Call `expire_leases` before, to get back what a dead worker held.
    """
    if circuits.paused_until(session, backend, now) is not None:
        return None
    item = _first_due(session, backend, "unknown", now) or _first_due(session, backend, "waiting", now)
    if item is None or not circuits.take_probe(session, backend, now, rules.lease):
        return None
    kind = _kind(item, rules.on_unknown(_event_type(session, item)))
    values: dict[str, Any] = {
        "state": "sending" if kind == "send" else "claimed",
        "lease_token": f"{worker}:{secrets.token_hex(6)}"[-32:],
        "lease_until": now + rules.lease,
        "attempts": item.attempts + (kind == "send"),
        "sent_at": now if kind == "send" else item.sent_at,
    }
    unchanged = (OutboxItem.id == item.id, OutboxItem.state == item.state, OutboxItem.attempts == item.attempts)
    taken = session.execute(
        update(OutboxItem).where(*unchanged).values(values).execution_options(synchronize_session=False)
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]
        return None
    return _claim(session, item, kind, values, now)


def expire_leases(session: Session, backend: str, now: datetime, rules: Rules) -> Sequence[OutboxItem]:
    """Takes items back from workers that did not finish. What may have been sent becomes unknown."""
    items = session.scalars(_LEASES_OVER, {"backend": backend, "now": now}).all()
    for item in items:
        if item.state == "sending":
            kind = rules.on_unknown(_event_type(session, item))
            item.state, item.reason = "unknown", "the worker stopped in the middle of sending"
            # From now, not from when it was sent: the clock may have jumped while the request is on the wire.
            item.next_attempt_at = NEVER if kind == "person" else now + rules.settle
        else:
            item.state = "waiting" if item.token is not None else "unknown"  # asking again does no harm
        item.lease_token = item.lease_until = None
    session.flush()
    return items


def finish(session: Session, claim: Claim, ending: Ending, now: datetime) -> OutboxItem | None:
    """Writes down what the try came to. None where another worker has the item by now: nothing is changed then,
    except that an acceptance settles an item nobody holds, since it is the truth."""
    item = session.scalar(select(OutboxItem).where(OutboxItem.id == claim.item_id).with_for_update())
    if item is None:
        return None
    orphan = item.state == "unknown" and item.lease_token is None and ending.state == "accepted"
    if item.lease_token != claim.lease_token and not orphan:
        return None
    item.state, item.reason = ending.state, _storable(ending.reason, REASON_LIMIT)
    item.lease_token = item.lease_until = None
    item.token = ending.token if ending.token is not None else item.token
    item.attempts -= int(ending.free and claim.kind == "send")
    if ending.state in ("waiting", "unknown"):
        item.next_attempt_at = ending.at or NEVER
    else:
        item.done_at = now
    if ending.state == "accepted" and ending.case_id and claim.order.event_type == CREATED:
        session.execute(update(Ticket).where(Ticket.id == item.ticket_id).values(case_id=ending.case_id))
    return item


def record_attempt(
    session: Session, claim: Claim, outcome: str, http_status: int | None, detail: str | None, now: datetime
) -> None:
    """Completes the line that the claim opened: what came back."""
    session.execute(
        update(Delivery)
        .where(Delivery.id == claim.delivery_id)
        .values(outcome=outcome, http_status=http_status, detail=_storable(detail, DETAIL_LIMIT), finished_at=now)
    )


def next_due(session: Session, backend: str, now: datetime) -> datetime | None:
    """When there will be something to do for the backend (perhaps in the past); None where nothing is on its way."""
    states = [session.scalar(_NEXT, {"backend": backend, "state": state}) for state in ("unknown", "waiting")]
    moments = [moment for moment in states if moment is not None and moment < NEVER]
    paused = circuits.paused_until(session, backend, now)
    if paused is not None:
        moments = [max(moment, paused) for moment in moments]
    leases = select(func.min(OutboxItem.lease_until)).where(
        OutboxItem.backend == backend, OutboxItem.state.in_(("claimed", "sending"))
    )
    lease = session.scalar(leases)
    return min([*moments, *([lease] if lease is not None else [])], default=None)


def send_again(session: Session, item_id: str, now: datetime) -> bool:
    """A person's decision on a dead or unknown item: it goes out anew, with the same key. False where it is neither."""
    values = {"state": "waiting", "next_attempt_at": now, "attempts": 0, "token": None, "done_at": None}
    return _decide_by_hand(session, item_id, values)


def settle_by_hand(session: Session, item_id: str, case_id: str | None, now: datetime) -> bool:
    """A person found the case at the backend. False where the item is neither dead nor unknown."""
    if not _decide_by_hand(session, item_id, {"state": "accepted", "done_at": now}):
        return False
    item = session.get_one(OutboxItem, item_id)
    if case_id and session.get_one(TicketEvent, item.event_id).type == CREATED:
        session.get_one(Ticket, item.ticket_id).case_id = case_id
    return True


def count_by_state(session: Session) -> dict[tuple[str, str], int]:
    """(backend, state) → how many, for the metrics; accepted ones are left out (they only grow)."""
    query = (
        select(OutboxItem.backend, OutboxItem.state, func.count())
        .where(OutboxItem.state != "accepted")
        .group_by(OutboxItem.backend, OutboxItem.state)
    )
    return {(backend, state): number for backend, state, number in session.execute(query)}


def get_oldest_open(session: Session, backend: str) -> datetime | None:
    """When the oldest item that is still on its way was made; None where none is."""
    query = select(func.min(OutboxItem.created_at)).where(OutboxItem.backend == backend, OutboxItem.state.in_(OPEN))
    return session.scalar(query)


def list_stuck(session: Session, limit: int = 100) -> Sequence[OutboxItem]:
    """Dead items and unknown ones that wait for a person, oldest first."""
    person = (OutboxItem.state == "unknown") & (OutboxItem.next_attempt_at >= NEVER)
    query = select(OutboxItem).where(or_(OutboxItem.state == "dead", person)).order_by(OutboxItem.created_at)
    return session.scalars(query.limit(limit)).all()


def _first_due(session: Session, backend: str, state: str, now: datetime) -> OutboxItem | None:
    item: OutboxItem | None = session.scalar(_DUE, {"backend": backend, "state": state, "now": now})
    return item


def _held_back() -> ColumnElement[bool]:
    """An earlier event of the ticket is still on its way, or the ticket never arrived (then nothing can follow)."""
    earlier = aliased(OutboxItem)
    birth = select(TicketEvent.id).where(TicketEvent.id == earlier.event_id, TicketEvent.type == CREATED).exists()
    return (
        select(earlier.id)
        .where(
            earlier.ticket_id == OutboxItem.ticket_id,
            earlier.seq < OutboxItem.seq,
            earlier.backend == OutboxItem.backend,
            or_(earlier.state.in_(OPEN), (earlier.state == "dead") & birth),
        )
        .exists()
    )


def _storable(text: str | None, limit: int) -> str | None:
    """PostgreSQL takes no NUL in a text."""
    return text.replace("\x00", "")[:limit] or None if text else None


def _event_type(session: Session, item: OutboxItem) -> str:
    return session.get_one(TicketEvent, item.event_id).type


def _kind(item: OutboxItem, on_unknown: OnUnknown) -> Kind:
    if item.state == "unknown":
        return "send" if on_unknown == "send" and item.token is None else "look_up"
    return "resume" if item.token is not None else "send"


def _claim(session: Session, item: OutboxItem, kind: Kind, taken: dict[str, Any], now: datetime) -> Claim:
    """`taken`: what the claim has just written over the item's row."""
    tries = (session.scalar(_TRIES, {"item": item.id, "kind": kind}) or 0) + 1
    delivery = Delivery(outbox_id=item.id, kind=kind, started_at=now)
    session.add(delivery)
    session.flush()
    ticket = session.get_one(Ticket, item.ticket_id)
    event = session.get_one(TicketEvent, item.event_id)
    return Claim(
        item_id=item.id,
        lease_token=taken["lease_token"],
        kind=kind,
        attempts=taken["attempts"],
        tries=tries,
        delivery_id=delivery.id,
        token=item.token,
        order=order_of(item, ticket, event),
    )


def _decide_by_hand(session: Session, item_id: str, values: dict[str, Any]) -> bool:
    stuck = (OutboxItem.id == item_id, OutboxItem.state.in_(("dead", "unknown")))
    done = session.execute(update(OutboxItem).where(*stuck).values(**values, reason=None))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


# Made once: putting these together anew for every claim would cost more than running them.
_QUEUE = (
    select(OutboxItem)
    .where(OutboxItem.backend == bindparam("backend"), OutboxItem.state == bindparam("state"), ~_held_back())
    .order_by(OutboxItem.next_attempt_at)
    .limit(1)
)
_NEXT = _QUEUE.with_only_columns(OutboxItem.next_attempt_at)
_DUE = _QUEUE.where(OutboxItem.next_attempt_at <= bindparam("now")).with_for_update(skip_locked=True, of=OutboxItem)
_LEASES_OVER = (
    select(OutboxItem)
    .where(
        OutboxItem.state.in_(("claimed", "sending")),
        OutboxItem.backend == bindparam("backend"),
        OutboxItem.lease_until < bindparam("now"),
    )
    .with_for_update(skip_locked=True, of=OutboxItem)
)
_TRIES = select(func.count()).where(Delivery.outbox_id == bindparam("item"), Delivery.kind == bindparam("kind"))
