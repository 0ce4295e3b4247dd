"""A backend as a whole: whether it is paused, and how it has answered lately.

Each backend has a circuit. Failures in a row open it: nothing is claimed for that backend until a short pause is over,
then one item goes ahead as a probe; its success closes the circuit and pulls waiting retries forward.
"""

from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.intake.tables import BackendState, OutboxItem

THRESHOLD = 5  # failures in a row that open the circuit
FIRST_PAUSE = timedelta(seconds=5)  # doubles with every further failure …
LONGEST_PAUSE = timedelta(seconds=30)  # … up to this, so that flow returns within it
REASON_LIMIT = 500  # characters


def pause_after(failures: int, now: datetime) -> datetime | None:
    """Until when a backend is left alone after `failures` in a row; None while it is not. Pure."""
    if failures < THRESHOLD:
        return None
    doublings: int = min(failures - THRESHOLD, 10)
    return now + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


def find_state(session: Session, backend: str) -> BackendState | None:
    return session.get(BackendState, backend)


def paused_until(session: Session, backend: str, now: datetime) -> datetime | None:
    """The end of the pause; None where the backend may be used."""
    state = find_state(session, backend)
    ends = state.paused_until if state is not None else None
    return ends if ends is not None and ends > now else None


def allowance(session: Session, backend: str, now: datetime, wanted: int) -> int:
    """How many of `wanted` items may go out now: none in a pause, one (the probe) after it, then all."""
    state = find_state(session, backend)
    if state is None:
        return wanted
    if state.paused_until is not None and state.paused_until > now:
        return 0
    return wanted if state.failures < THRESHOLD else min(wanted, 1)


def take_probe(session: Session, backend: str, now: datetime, lease: timedelta) -> bool:
    """Whether one more item may go out. While the circuit is open only one worker gets True for each pause."""
    state = find_state(session, backend)
    if state is None or state.failures < THRESHOLD:
        return True
    over = or_(BackendState.paused_until.is_(None), BackendState.paused_until <= now)
    taken = session.execute(
        update(BackendState).where(BackendState.name == backend, over).values(paused_until=now + lease, updated_at=now)
    )
    return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def record_success(session: Session, backend: str, now: datetime) -> bool:
    """The backend answers. True where it had been away: its waiting retries are due at once then."""
    state = find_state(session, backend)
    if state is None or (state.failures == 0 and state.reason is None):
        return False
    was_away = state.failures >= THRESHOLD
    state.failures, state.reason, state.updated_at = 0, None, now
    state.paused_until = None if was_away else state.paused_until
    if was_away:
        session.flush()
        # What another worker has in its hands is skipped: waiting for it with the backend's row held could never end.
        waiting = select(OutboxItem.id).where(
            OutboxItem.backend == backend,
            OutboxItem.state == "waiting",
            OutboxItem.next_attempt_at > now,
            OutboxItem.token.is_(None),
        )
        pulled = update(OutboxItem).where(OutboxItem.id.in_(waiting.with_for_update(skip_locked=True)))
        session.execute(pulled.values(next_attempt_at=now))
    return was_away


def record_failure(session: Session, backend: str, reason: str, now: datetime) -> None:
    """One more failure in a row; from THRESHOLD on each opens the circuit for a pause."""
    state = _locked(session, backend, now)
    state.failures += 1
    state.reason, state.updated_at = reason[:REASON_LIMIT], now
    state.paused_until = pause_after(state.failures, now) or state.paused_until


def hold(session: Session, backend: str, until: datetime, now: datetime, reason: str | None = None) -> None:
    """Leaves the backend alone until `until`: it asked for that. With a `reason` the door is shut: afterwards only one
    item at a time goes ahead until one is taken."""
    state = _locked(session, backend, now)
    state.paused_until = max(until, state.paused_until or until)
    state.updated_at = now
    if reason is not None:
        state.failures, state.reason = max(state.failures, THRESHOLD), reason[:REASON_LIMIT]


def _locked(session: Session, backend: str, now: datetime) -> BackendState:
    query = select(BackendState).where(BackendState.name == backend).with_for_update()
    state = session.scalar(query)
    if state is not None:
        return state
    try:
        with session.begin_nested():
            state = BackendState(name=backend, failures=0, updated_at=now)
            session.add(state)
            session.flush()
    except IntegrityError:  # another worker made it at the same moment
        return session.scalars(query).one()
    return state
