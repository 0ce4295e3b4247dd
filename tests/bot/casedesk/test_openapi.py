"""The desk does what its own OpenAPI document says, whatever is sent: property tests made from the document."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from bot.casedesk.city import load_city
from bot.casedesk.georeport import SUFFIXES
from bot.casedesk.openapi import document
from bot.casedesk.settings import Settings
from tests.bot.casedesk.running import CITY, RunningDesk, running
from tests.bot.casedesk.test_hooks import NEW

DOCUMENT = document(load_city(CITY))
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
# Faults would hit the other tests of this desk; they have tests of their own.
schema = schemathesis.openapi.from_dict(DOCUMENT).exclude(path="/desk/api/faults")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    data = tmp_path_factory.mktemp("described")
    with running(Settings(data=data, city=CITY, hook_secrets=(NEW,))) as started:
        started.status(started.filed(lat="33.79", long="114.52", media_url="http://a.test/1.jpg"), "closed", "已修")
        yield started


@schema.parametrize()
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_document_promises(case: Any, desk: RunningDesk) -> None:
    case.call_and_validate(base_url=desk.base, checks=CHECKS, timeout=10)


def test_the_document_is_valid_and_served(desk: RunningDesk) -> None:
    schema.validate()
    assert desk.http.get("/openapi.json").json() == DOCUMENT


def test_every_route_of_the_interface_stands_in_the_document() -> None:
    """And nothing in it leads nowhere."""
    from bot.casedesk import deskapi, discovery, georeport, hooks, requestupdates

    routes = {
        (route.path, method.lower())
        for room in (georeport, requestupdates, discovery, deskapi, hooks)
        for route in room.router.routes
        for method in getattr(route, "methods", ())
    }
    told = {(path, method) for path, item in DOCUMENT["paths"].items() for method in item}
    assert told == routes and len(told) == 9 * len(SUFFIXES) + 6


@pytest.mark.parametrize("path", ["services", "services/UM-G02", "requests", "servicerequestupdates"])
def test_xml_and_json_say_the_same_fields(desk: RunningDesk, path: str) -> None:
    from defusedxml import ElementTree

    from tests.bot.casedesk.spark import values_of

    told = desk.http.get(f"/open311/v2/{path}.json").json()
    read = values_of(ElementTree.fromstring(desk.http.get(f"/open311/v2/{path}.xml").content))
    first, same = (told[0], read[0]) if isinstance(told, list) else (told, read)
    assert set(first) == set(same)


@pytest.mark.parametrize(("email", "status"), [("a@b.test", 201), ("no address", 400), ("a@b@c", 400)])
def test_an_email_that_cannot_be_written_to_is_refused(desk: RunningDesk, email: str, status: int) -> None:
    assert desk.post({"email": email}).status_code == status
