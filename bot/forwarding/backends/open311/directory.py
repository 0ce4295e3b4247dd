"""What a server says of its services, asked once an hour: which never give an id, and what their attributes are."""

from datetime import datetime, timedelta
from urllib.parse import quote

from bot.forwarding.backends.open311.wire import Wire
from bot.intake.clock import Clock
from bot.open311.services import Attribute, Service, definition_of, services_of

FRESH = timedelta(hours=1)


class Directory:
    def __init__(self, wire: Wire, clock: Clock) -> None:
        self._wire = wire
        self._clock = clock
        self._services: tuple[datetime, dict[str, Service]] | None = None
        self._definitions: dict[str, tuple[datetime, list[Attribute]]] = {}

    async def service(self, code: str) -> Service:
        """An unknown code is taken for a realtime service without attributes. Raises BackendError."""
        if self._services is None or not self._fresh(self._services[0]):
            document = await self._wire.read("services")
            found = services_of(document.rows) if document else []
            self._services = (self._clock(), {service.code: service for service in found})
        return self._services[1].get(code, Service(code))

    async def attributes(self, service: Service) -> list[Attribute]:
        """Raises BackendError."""
        if not service.metadata:
            return []
        known = self._definitions.get(service.code)
        if known is None or not self._fresh(known[0]):
            document = await self._wire.read(f"services/{quote(service.code, safe='')}")
            known = (self._clock(), definition_of(document) if document else [])
            self._definitions[service.code] = known
        return known[1]

    def _fresh(self, at: datetime) -> bool:
        return timedelta() <= self._clock() - at < FRESH
