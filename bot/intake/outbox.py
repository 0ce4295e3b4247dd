"""The outbox: ticket events on their way to the backend, each delivered once in effect.

waiting → (claimed | sending) → accepted | dead | waiting again | unknown (may have arrived: look before sending again)

`sending` is committed before the request goes out. A lease that runs out in `sending` therefore means unknown; one that
runs out in `claimed` (looking up, asking about a token) puts the item back. Events of one ticket leave in order
(lineup.py); other tickets never wait. Items are claimed and finished many at a time: a commit costs as much for one as for
fifty. The caller holds the transaction.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.intake import circuits
from bot.intake.ids import new_id
from bot.intake.lineup import hold_tickets, line_up
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
    ticket_id: str
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


@dataclass(frozen=True)
class Ended:
    """A try that is over, for its line in the deliveries and for its item."""

    claim: Claim
    ending: Ending
    outcome: str
    http_status: int | None = None
    detail: str | None = None


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
        ready=True,
        attempts=0,
        next_attempt_at=now,
        created_at=now,
    )
    if event.type != CREATED:  # a ticket that is just being made has nobody before it
        hold_tickets(session, [ticket.id])
    session.add(item)
    session.flush()
    if event.type != CREATED:
        line_up(session, [ticket.id])
    return item, True


def claim_due(
    session: Session, backend: str, now: datetime, worker: str, rules: Rules, limit: int = 1
) -> Sequence[Claim]:
    """Leases up to `limit` of the backend's due items; none where nothing is due or the backend is paused.

    Items that may have arrived come first. A claim of kind `send` is in state sending when this transaction commits.
    Call `expire_leases` before, to get back what a dead worker held.
    """
    allowed = min(limit, circuits.allowance(session, backend, now, limit))
    rows: list[Any] = []
    for state in ("unknown", "waiting"):
        if len(rows) < allowed:
            asked = {"backend": backend, "state": state, "now": now, "count": allowed - len(rows)}
            rows += session.execute(_DUE, asked).all()
    if not rows or not circuits.take_probe(session, backend, now, rules.lease):
        return []
    return _take(session, rows, f"{worker}:{secrets.token_hex(6)}"[-32:], now, rules)


def expire_leases(session: Session, backend: str, now: datetime, rules: Rules) -> Sequence[OutboxItem]:
    """Takes items back from workers that did not finish. What may have been sent becomes unknown."""
    items = session.scalars(_LEASES_OVER, {"backend": backend, "now": now}).all()
    for item in items:
        if item.state == "sending":
            kind = rules.on_unknown(session.get_one(TicketEvent, item.event_id).type)
            item.state, item.reason = "unknown", "the worker stopped in the middle of sending"
            # From now, not from when it was sent: the clock may have jumped while the request is on the wire.
            item.next_attempt_at = NEVER if kind == "person" else now + rules.settle
        else:
            item.state = "waiting" if item.token is not None else "unknown"  # asking again does no harm
        item.lease_token = item.lease_until = None
    session.flush()
    return items


def finish_all(session: Session, ended: Sequence[Ended], now: datetime) -> list[OutboxItem | None]:
    """Writes down what the tries came to, in the order given. None where another worker has the item by now: nothing
    of it is changed then, except that an acceptance settles an item nobody holds, since it is the truth."""
    hold_tickets(session, {one.claim.ticket_id for one in ended})
    query = select(OutboxItem).where(OutboxItem.id.in_([one.claim.item_id for one in ended])).order_by(OutboxItem.id)
    items = {item.id: item for item in session.scalars(query.with_for_update())}
    session.execute(update(Delivery), [_line(one, now) for one in ended])
    kept = [_finish(items.get(one.claim.item_id), one.claim, one.ending, now) for one in ended]
    cases = [
        {"id": item.ticket_id, "case_id": one.ending.case_id}
        for item, one in zip(kept, ended, strict=True)
        if item is not None
        and item.state == "accepted"
        and one.ending.case_id
        and one.claim.order.event_type == CREATED
    ]
    session.flush()
    if cases:
        session.execute(update(Ticket), cases)
    over = {item.ticket_id for item in kept if item is not None and item.state in ("accepted", "dead")}
    if over:
        line_up(session, over)
    return kept


def next_due(session: Session, backend: str, now: datetime) -> datetime | None:
    """When there will be something to do for the backend (perhaps in the past); None where nothing is on its way."""
    heads = [session.scalar(_NEXT, {"backend": backend, "state": state}) for state in ("unknown", "waiting")]
    moments = [moment for moment in heads if moment is not None and moment < NEVER]
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


def count_ended(session: Session) -> dict[tuple[str, str], int]:
    """(backend, accepted or dead) → how many there have been."""
    query = (
        select(OutboxItem.backend, OutboxItem.state, func.count())
        .where(OutboxItem.state.in_(("accepted", "dead")))
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


def _storable(text: str | None, limit: int) -> str | None:
    """PostgreSQL takes no NUL in a text."""
    return text.replace("\x00", "")[:limit] or None if text else None


def _kind(item: OutboxItem, on_unknown: OnUnknown) -> Kind:
    if item.state == "unknown":
        return "send" if on_unknown == "send" and item.token is None else "look_up"
    return "resume" if item.token is not None else "send"


def _take(session: Session, rows: Iterable[Any], lease_token: str, now: datetime, rules: Rules) -> list[Claim]:
    """Writes the leases and a line for each try. The rows are locked: (item, ticket, event)."""
    found = [(item, ticket, event, _kind(item, rules.on_unknown(event.type))) for item, ticket, event in rows]
    ids = [item.id for item, *_ in found]
    counted = session.execute(_TRIES, {"items": ids})
    tries = {(item_id, kind): number for item_id, kind, number in counted}
    lease = {"lease_token": lease_token, "lease_until": now + rules.lease}
    sends = [item.id for item, _, _, kind in found if kind == "send"]
    asks = [item.id for item, _, _, kind in found if kind != "send"]
    if sends:
        _update(session, sends, {**lease, "state": "sending", "sent_at": now, "attempts": OutboxItem.attempts + 1})
    if asks:
        _update(session, asks, {**lease, "state": "claimed"})
    lines = [{"outbox_id": item.id, "kind": kind, "started_at": now} for item, _, _, kind in found]
    opened = session.scalars(insert(Delivery).returning(Delivery.id, sort_by_parameter_order=True), lines).all()
    return [
        Claim(
            item_id=item.id,
            ticket_id=item.ticket_id,
            lease_token=lease_token,
            kind=kind,
            attempts=item.attempts + (kind == "send"),
            tries=tries.get((item.id, kind), 0) + 1,
            delivery_id=delivery_id,
            token=item.token,
            order=order_of(item, ticket, event),
        )
        for (item, ticket, event, kind), delivery_id in zip(found, opened, strict=True)
    ]


def _update(session: Session, ids: Sequence[str], values: dict[str, Any]) -> None:
    statement = update(OutboxItem).where(OutboxItem.id.in_(ids)).values(values)
    session.execute(statement.execution_options(synchronize_session=False))


def _line(one: Ended, now: datetime) -> dict[str, Any]:
    return {
        "id": one.claim.delivery_id,
        "outcome": one.outcome,
        "http_status": one.http_status,
        "detail": _storable(one.detail, DETAIL_LIMIT),
        "finished_at": now,
    }


def _finish(item: OutboxItem | None, claim: Claim, ending: Ending, now: datetime) -> OutboxItem | None:
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
    return item


def _decide_by_hand(session: Session, item_id: str, values: dict[str, Any]) -> bool:
    item = session.get(OutboxItem, item_id)
    if item is None:
        return False
    hold_tickets(session, [item.ticket_id])
    stuck = (OutboxItem.id == item_id, OutboxItem.state.in_(("dead", "unknown")))
    done = session.execute(update(OutboxItem).where(*stuck).values(**values, reason=None))
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return False
    line_up(session, [item.ticket_id])
    return True


# Made once: putting these together anew for every claim would cost more than running them.
_QUEUE = (
    select(OutboxItem, Ticket, TicketEvent)
    .join(Ticket, Ticket.id == OutboxItem.ticket_id)
    .join(TicketEvent, TicketEvent.id == OutboxItem.event_id)
    .where(
        OutboxItem.backend == bindparam("backend"), OutboxItem.state == bindparam("state"), OutboxItem.ready.is_(True)
    )
    .order_by(OutboxItem.next_attempt_at)
)
_DUE = (
    _QUEUE.where(OutboxItem.next_attempt_at <= bindparam("now"))
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True, of=OutboxItem)
)
_NEXT = (
    select(OutboxItem.next_attempt_at)
    .where(
        OutboxItem.backend == bindparam("backend"), OutboxItem.state == bindparam("state"), OutboxItem.ready.is_(True)
    )
    .order_by(OutboxItem.next_attempt_at)
    .limit(1)
)
_LEASES_OVER = (
    select(OutboxItem)
    .where(
        OutboxItem.state.in_(("claimed", "sending")),
        OutboxItem.backend == bindparam("backend"),
        OutboxItem.lease_until < bindparam("now"),
    )
    .with_for_update(skip_locked=True, of=OutboxItem)
)
_TRIES = (
    select(Delivery.outbox_id, Delivery.kind, func.count())
    .where(Delivery.outbox_id.in_(bindparam("items", expanding=True)))
    .group_by(Delivery.outbox_id, Delivery.kind)
)
