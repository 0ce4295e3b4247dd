"""Figures for Prometheus: how much waits, how old it is, how it ended. Read from the database when asked for."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.intake import handovers, outbox, reviews
from bot.intake.clock import Clock
from bot.intake.database import Database
from bot.intake.tables import BackendState, InboxItem, Message, OutboxItem, Ticket


class Figures:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.registry = CollectorRegistry()
        self._inbox = Gauge("yizhan_inbox_waiting", "Messages of residents not handled yet", registry=self.registry)
        self._inbox_age = Gauge("yizhan_inbox_oldest_seconds", "Age of the oldest of them", registry=self.registry)
        self._messages = Gauge("yizhan_messages_waiting", "Messages to residents not sent yet", registry=self.registry)
        self._tickets = Gauge("yizhan_tickets", "Tickets by status", ["status"], registry=self.registry)
        self._outbox = Gauge(
            "yizhan_outbox", "Deliveries by backend and state", ["backend", "state"], registry=self.registry
        )
        self._outbox_age = Gauge(
            "yizhan_outbox_oldest_seconds", "Age of the oldest open delivery", registry=self.registry
        )
        self._ended = Gauge(
            "yizhan_outbox_ended",
            "Deliveries that are over, by backend and ending",
            ["backend", "ending"],
            registry=self.registry,
        )
        self._paused = Gauge(
            "yizhan_backend_paused", "1 while a backend is left alone", ["backend"], registry=self.registry
        )
        self._reviews = Gauge("yizhan_reviews_open", "Items waiting for a person", registry=self.registry)
        self._calls = Gauge(
            "yizhan_handovers",
            "Residents who asked for a person: all, and how they stand",
            ["kind"],
            registry=self.registry,
        )
        self._call_age = Gauge(
            "yizhan_handovers_oldest_seconds", "How long the first in the queue has waited", registry=self.registry
        )

    async def refresh(self) -> None:
        await self._database.read(self._read)

    def _read(self, session: Session) -> None:
        now = self._clock()
        waiting = select(func.count(), func.min(InboxItem.received_at)).where(InboxItem.state != "done")
        count, oldest = session.execute(waiting).one()
        self._inbox.set(count)
        self._inbox_age.set(_age(oldest, now))
        unsent = select(func.count()).select_from(Message).where(Message.state.in_(("waiting", "claimed")))
        self._messages.set(session.scalar(unsent) or 0)
        self._tickets.clear()  # what has fallen to nothing must not keep its last figure
        for status, number in session.execute(select(Ticket.status, func.count()).group_by(Ticket.status)):
            self._tickets.labels(status).set(number)
        self._outbox.clear()
        for (backend, state), number in outbox.count_by_state(session).items():
            self._outbox.labels(backend, state).set(number)
        open_items = select(func.min(OutboxItem.created_at)).where(OutboxItem.state.not_in(("accepted", "dead")))
        self._outbox_age.set(_age(session.scalar(open_items), now))
        self._ended.clear()
        for (backend, ending), number in outbox.count_ended(session).items():
            self._ended.labels(backend, ending).set(number)
        self._paused.clear()
        for one in session.scalars(select(BackendState)):
            self._paused.labels(one.name).set(one.paused_until is not None and one.paused_until > now)
        self._reviews.set(reviews.count_open(session))
        calls = handovers.figures(session)
        for kind in ("offered", "waiting", "taken", "missed"):
            self._calls.labels(kind).set(getattr(calls, kind))
        self._call_age.set(_age(calls.oldest_waiting, now))


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
