"""How a ticket event is wrapped: as it is, or as a CloudEvent (structured JSON) for receivers that route by its attributes."""

from dataclasses import dataclass

from cloudevents.core.bindings.http import to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bot.forwarding.backends.webhook.schema import TicketEvent

SOURCE = "/yizhan"  # with the id it names an event in the world; the receiver knows whose service it talks to


@dataclass(frozen=True)
class Enveloped:
    body: str
    content_type: str


def plain(event: TicketEvent) -> Enveloped:
    return Enveloped(event.model_dump_json(), "application/json")


def cloud_event(event: TicketEvent) -> Enveloped:
    """CloudEvents 1.0: `data` is the event's own, `subject` the ticket's number, `id` the same on every try."""
    attributes = {
        "id": event.id,
        "source": SOURCE,
        "type": event.type,
        "time": event.timestamp,
        "subject": event.data.ticket_number,
        "datacontenttype": "application/json",
        "eventversion": event.version,
    }
    message = to_structured(CloudEvent(attributes, event.data.model_dump(mode="json")), JSONFormat())
    return Enveloped(message.body.decode(), "application/cloudevents+json")
