"""A CloudEvent as its own library reads it, signed like any other webhook."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from bot.forwarding.backends.profiles import parse_profile
from bot.forwarding.backends.webhook.profile import Profile
from bot.forwarding.backends.webhook.schema import EventData
from bot.intake.errors import CityError
from tests.bot.forwarding.test_webhook import OLD, ORDER, sent, verify


async def test_the_library_reads_what_goes_out() -> None:
    request = await sent(envelope="cloudevents")
    assert request.headers["content-type"] == "application/cloudevents+json"
    event = from_structured(HTTPMessage(dict(request.headers), request.content), JSONFormat(), CloudEvent)
    assert (event.get_id(), event.get_source(), event.get_type()) == ("event1", "/yizhan", "ticket.created")
    assert event.get_subject() == "XH-1" and event.get_extension("eventversion") == "1"
    time = event.get_time()
    assert time is not None and abs(time - ORDER.happened_at) < timedelta(milliseconds=1)
    assert EventData.model_validate(event.get_data()).ticket.service_code == "UM-G02"
    assert verify(request, OLD)["specversion"] == "1.0"


async def test_without_it_nothing_changes() -> None:
    request: httpx.Request = await sent()
    assert request.headers["content-type"] == "application/json" and "specversion" not in verify(request, OLD)


def test_another_envelope_is_refused() -> None:
    document = {"kind": "webhook", "base_url": "http://x.test", "secrets_env": "X", "envelope": "soap"}
    with pytest.raises(CityError, match="envelope"):
        parse_profile(Profile, document, Path("hook.yml"))
