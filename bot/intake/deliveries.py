"""Deliveries as people see and decide them: lists, one item's whole story, and what can be done by hand.

Every decision writes its audit line in the same transaction, as its last step, and closes the review items that asked for
it. The outbox itself (outbox.py) knows nothing of people.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from bot.intake import audit, outbox
from bot.intake.lineup import hold_tickets, line_up
from bot.intake.outbox import NEVER
from bot.intake.people import Person
from bot.intake.tables import BackendState, Delivery, OutboxItem, Review, Ticket, TicketEvent

State = Literal["stuck", "open", "waiting", "claimed", "sending", "unknown", "accepted", "dead"]
STATES: tuple[State, ...] = get_args(State)
Action = Literal["look_again", "send_again", "settle", "give_up"]
GIVEN_UP = "given up by hand"
PAUSED_BY_HAND = "paused by hand"
ASKED_FOR = ("refused", "unknown_delivery")  # reasons of the review items that such a decision answers


@dataclass(frozen=True)
class Row:
    """One item of the list."""

    item: OutboxItem
    number: str  # the ticket's
    service_code: str
    event_type: str

    @property
    def waits_for_person(self) -> bool:
        return waits_for_person(self.item)


@dataclass(frozen=True)
class BackendFigures:
    """How one backend stands."""

    name: str
    counts: dict[str, int]  # by state, accepted ones left out
    oldest: datetime | None  # when the oldest item that is still on its way was made
    paused_until: datetime | None
    is_paused_by_hand: bool
    failures: int  # in a row
    reason: str | None  # of the last failure

    @property
    def backlog(self) -> int:
        return sum(self.counts.get(state, 0) for state in outbox.OPEN)


def waits_for_person(item: OutboxItem) -> bool:
    """Whether nothing will happen to the item unless somebody decides."""
    if item.state == "dead":
        return item.reason != GIVEN_UP
    return item.state == "unknown" and item.next_attempt_at >= NEVER


def possible(item: OutboxItem) -> tuple[Action, ...]:
    """What can be decided about an item in its present state. Pure."""
    if item.state == "unknown":
        return ("look_again", "send_again", "settle", "give_up")
    if item.state == "dead":
        return ("send_again", "settle") if item.reason == GIVEN_UP else ("send_again", "settle", "give_up")
    if item.state == "waiting":
        return ("send_again", "give_up")
    return ()


def list_items(
    session: Session,
    state: State | None = None,
    backend: str = "",
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """Newest first; `before` is the place (created_at, id) of the last one seen. `stuck` waits for a person, `open` for
    its delivery."""
    query = select(OutboxItem, Ticket.number, Ticket.service_code, TicketEvent.type).join(
        Ticket, Ticket.id == OutboxItem.ticket_id
    )
    query = query.join(TicketEvent, TicketEvent.id == OutboxItem.event_id)
    if state == "stuck":
        query = query.where(_stuck())
    elif state == "open":
        query = query.where(OutboxItem.state.in_(outbox.OPEN))
    elif state is not None:
        query = query.where(OutboxItem.state == state)
    if backend:
        query = query.where(OutboxItem.backend == backend)
    if before is not None:
        at, id_ = before
        query = query.where(or_(OutboxItem.created_at < at, and_(OutboxItem.created_at == at, OutboxItem.id < id_)))
    query = query.order_by(OutboxItem.created_at.desc(), OutboxItem.id.desc()).limit(limit)
    return [Row(*row) for row in session.execute(query)]


def find_row(session: Session, item_id: str) -> Row | None:
    """By the item's id, whole or its beginning where that names one alone."""
    query = (
        select(OutboxItem, Ticket.number, Ticket.service_code, TicketEvent.type)
        .join(Ticket, Ticket.id == OutboxItem.ticket_id)
        .join(TicketEvent, TicketEvent.id == OutboxItem.event_id)
        .where(OutboxItem.id.startswith(item_id, autoescape=True))
        .limit(2)
    )
    rows = [Row(*row) for row in session.execute(query)]
    return rows[0] if len(rows) == 1 and item_id else None


def list_tries(session: Session, item_id: str) -> Sequence[Delivery]:
    """What was asked and what came back, in order."""
    return session.scalars(select(Delivery).where(Delivery.outbox_id == item_id).order_by(Delivery.id)).all()


def send_again(session: Session, person: Person, item_id: str, now: datetime) -> bool:
    """Out it goes anew with the same key; a waiting one at once. False where it is under way or accepted by now."""
    pulled = _change(session, item_id, ("waiting",), {"next_attempt_at": now})
    done = pulled or outbox.send_again(session, item_id, now)
    return _written(session, person, "outbox.send_again", item_id, {}, now) if done else False


def look_again(session: Session, person: Person, item_id: str, now: datetime) -> bool:
    """Has the backend searched for an unknown item once more. False where the item is not unknown."""
    done = _change(session, item_id, ("unknown",), {"next_attempt_at": now})
    return _written(session, person, "outbox.look_again", item_id, {}, now) if done else False


def settle(session: Session, person: Person, item_id: str, case_id: str | None, now: datetime) -> bool:
    """Somebody found the case at the backend. False where the item is neither dead nor unknown."""
    done = outbox.settle_by_hand(session, item_id, case_id, now)
    return _written(session, person, "outbox.settle", item_id, {"case_id": case_id}, now) if done else False


def give_up(session: Session, person: Person, item_id: str, now: datetime) -> bool:
    """Nothing more is sent. What comes after a ticket that never arrived is held for ever then. False where the item is
    under way, or over."""
    item = session.get(OutboxItem, item_id)
    if item is None or "give_up" not in possible(item):
        return False
    values = {"state": "dead", "done_at": now, "reason": GIVEN_UP}
    done = _change(session, item_id, ("waiting", "unknown", "dead"), values)
    return _written(session, person, "outbox.give_up", item_id, {}, now) if done else False


def pause(session: Session, person: Person, backend: str, now: datetime) -> None:
    """Nothing goes to the backend until somebody resumes it; what is on the wire comes to its end."""
    state = _state(session, backend, now)
    state.paused_until, state.failures, state.reason, state.updated_at = NEVER, 0, PAUSED_BY_HAND, now
    audit.append(session, person, "backend.pause", f"backend:{backend}", {}, now)


def resume(session: Session, person: Person, backend: str, now: datetime) -> None:
    """Whatever paused it, the backend is used again, from now."""
    state = _state(session, backend, now)
    state.paused_until, state.failures, state.reason, state.updated_at = None, 0, None, now
    audit.append(session, person, "backend.resume", f"backend:{backend}", {}, now)


def bring_forward(session: Session, person: Person, backends: Sequence[str], now: datetime) -> int:
    """What waits for a later try of these backends is due at once; how many that are."""
    later = (OutboxItem.backend.in_(backends), OutboxItem.state == "waiting", OutboxItem.next_attempt_at > now)
    free = select(OutboxItem.id).where(*later).with_for_update(skip_locked=True)
    done = session.execute(
        update(OutboxItem)
        .where(OutboxItem.id.in_(free))
        .values(next_attempt_at=now)
        .execution_options(synchronize_session=False)
    )
    number: int = done.rowcount  # type: ignore[attr-defined]
    audit.append(session, person, "outbox.bring_forward", "outbox:waiting", {"items": number}, now)
    return number


def figures(session: Session, backends: Sequence[str], now: datetime) -> list[BackendFigures]:
    counted = outbox.count_by_state(session)
    names = dict.fromkeys([*backends, *(name for name, _ in counted)])
    return [_figures(session, name, counted, now) for name in names]


def count_stuck(session: Session) -> int:
    return session.scalar(select(func.count()).where(_stuck())) or 0


def _stuck() -> ColumnElement[bool]:
    """`waits_for_person`, as the database says it."""
    unclear = (OutboxItem.state == "unknown") & (OutboxItem.next_attempt_at >= NEVER)
    refused = (OutboxItem.state == "dead") & (func.coalesce(OutboxItem.reason, "") != GIVEN_UP)
    return or_(unclear, refused)


def _figures(session: Session, name: str, counted: dict[tuple[str, str], int], now: datetime) -> BackendFigures:
    state = session.get(BackendState, name)
    until = state.paused_until if state is not None else None
    return BackendFigures(
        name=name,
        counts={kind: number for (backend, kind), number in counted.items() if backend == name},
        oldest=outbox.get_oldest_open(session, name),
        paused_until=until if until is not None and until > now else None,
        is_paused_by_hand=until is not None and until >= NEVER,
        failures=state.failures if state else 0,
        reason=state.reason if state else None,
    )


def _state(session: Session, backend: str, now: datetime) -> BackendState:
    state = session.scalar(select(BackendState).where(BackendState.name == backend).with_for_update())
    if state is None:
        state = BackendState(name=backend, failures=0, updated_at=now)
        session.add(state)
        session.flush()
    return state


def _change(session: Session, item_id: str, states: tuple[str, ...], values: dict[str, object]) -> bool:
    """Changes the item where it is in one of the states, and puts its ticket's line in order."""
    item = session.get(OutboxItem, item_id)
    if item is None:
        return False
    hold_tickets(session, [item.ticket_id])
    done = session.execute(
        update(OutboxItem)
        .where(OutboxItem.id == item_id, OutboxItem.state.in_(states))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.expire(item)
    if done.rowcount != 1:  # type: ignore[attr-defined]
        return False
    line_up(session, [item.ticket_id])
    return True


def _written(
    session: Session, person: Person, action: str, item_id: str, data: dict[str, object], now: datetime
) -> bool:
    """The review items that asked for this decision are closed, and the audit line follows. Always True."""
    ours = [Review.dedup_key.startswith(f"{reason}:{item_id}:", autoescape=True) for reason in ASKED_FOR]
    session.execute(
        update(Review)
        .where(or_(*ours), Review.state != "decided")
        .values(state="decided", decided_at=now)
        .execution_options(synchronize_session=False)
    )
    item = session.get_one(OutboxItem, item_id)
    audit.append(session, person, action, f"outbox:{item_id}", {"ticket_id": item.ticket_id, **data}, now)
    return True
