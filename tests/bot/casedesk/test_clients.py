"""An independent GeoReport client reads the desk, in JSON and in XML."""

import pytest
from georeport import GeoReport

from tests.bot.casedesk.running import RunningDesk


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_georeport_reads_services_definitions_and_requests(desk: RunningDesk, form: str, slash: str) -> None:
    first = desk.filed(lat="33.79", long="114.52", description="路灯坏了\n第二行")
    second = desk.filed(service_code="UM-A01")
    desk.status(second, "closed", "已清运")
    client = GeoReport(f"{desk.base}/open311/v2{slash}", output_format=form)
    services = client.get_service_list()
    assert len(services) == len(desk.http.get("/open311/v2/services.json").json())
    definition = client.get_service_definition("UM-G02")
    assert definition["service_code"] == "UM-G02"
    assert [row["service_request_id"] for row in client.get_service_requests()] == [second, first]
    one = client.get_service_request(first)
    assert one["description"] == "路灯坏了\n第二行"
    assert float(one["lat"]) == 33.79
    closed = client.get_service_requests(status="closed")
    row = closed if isinstance(closed, dict) else closed[0]  # its XML reader gives one member bare
    assert (row["service_request_id"], row["status_notes"]) == (second, "已清运")


def test_georeport_narrows_by_jurisdiction(desk: RunningDesk) -> None:
    client = GeoReport(f"{desk.base}/open311/v2", jurisdiction="411622")
    assert client.get_service_list()
    assert client.get_service_requests(start_date="2026-01-01T00:00:00Z", end_date="2026-02-01T00:00:00Z") == []
