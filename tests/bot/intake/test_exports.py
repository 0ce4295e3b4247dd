"""What leaves the house in files: complete, masked, and harmless to spreadsheets."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake import exports
from bot.intake.exports import FACTS, Format, Wanted
from tests.bot.forwarding.house import House

pytest_plugins = ["tests.bot.forwarding.fixtures"]

PHONE = "13712345678"


def written(house: House, kind: Format, wanted: Wanted | None = None, with_contact: bool = False) -> str:
    pieces: list[str] = []
    with house.database.reading() as session:
        exports.write(session, kind, wanted or Wanted(), pieces.append, with_contact)
    return "".join(pieces)


def rows(house: House, **options: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(house, "jsonl", **options).splitlines()]


def test_every_ticket_is_there_once_however_many_there_are(either_house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "BATCH", 2)
    for _ in range(5):
        either_house.file()  # all at the same moment
    assert sorted(row["number"] for row in rows(either_house)) == [f"XH-20260504-000{n}" for n in range(1, 6)]
    assert written(either_house, "csv").count("\r\n") == 6
    assert len(json.loads(written(either_house, "geojson"))["features"]) == 5


def test_contact_stays_at_home_unless_it_is_asked_for(house: House) -> None:
    house.file(contact_name="王建国", contact_phone=PHONE, text=f"灯坏了，打我电话{PHONE}")
    house.file(contact_name="李四", contact_phone="13800000000", anonymous=True)
    for kind in exports.FORMATS:
        assert PHONE not in written(house, kind) and "王建国" not in written(house, kind)
    known, anonymous = rows(house, with_contact=True)
    assert (known["contact_name"], known["contact_phone"]) == ("王建国", PHONE)
    assert PHONE not in known["text"], "what stands in the words is masked all the same"
    assert (anonymous["contact_name"], anonymous["contact_phone"]) == (None, None)


def test_filters(house: House) -> None:
    house.file()
    house.clock.forward(days=1)
    house.file(service_code="UM-A11", status="closed")
    day = house.clock()
    assert [row["service_code"] for row in rows(house, wanted=Wanted(since=day))] == ["UM-A11"]
    assert [row["service_code"] for row in rows(house, wanted=Wanted(until=day))] == ["UM-G02"]
    assert [row["status"] for row in rows(house, wanted=Wanted(service="UM-A11"))] == ["closed"]
    assert rows(house, wanted=Wanted(status="rejected")) == []


def test_geojson_has_longitude_first_and_no_geometry_without_a_place(house: House) -> None:
    """RFC 7946, 3.1.1 and 3.2."""
    house.file(lat=33.79, lon=114.52)
    house.file(lat=None, lon=None)
    document = json.loads(written(house, "geojson"))
    assert document["type"] == "FeatureCollection"
    here, nowhere = document["features"]
    assert here["geometry"] == {"type": "Point", "coordinates": [114.52, 33.79]} and nowhere["geometry"] is None
    assert here["type"] == "Feature" and "lat" not in here["properties"]
    assert json.loads(written(house, "geojson", Wanted(status="rejected")))["features"] == []


def test_csv_reads_back_and_starts_no_formula(house: House) -> None:
    house.file(text='=HYPERLINK("http://x.test","点我")', address='一行\n两行,"引号"')
    text = written(house, "csv")
    assert text.startswith("\ufeff")
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert set(row) == set(FACTS)
    assert row["text"].startswith("'=HYPERLINK") and row["address"] == '一行\n两行,"引号"'


@given(st.text())
def test_no_cell_begins_like_a_formula(text: str) -> None:
    cell = exports.safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize("value", [None, 1, -1.5, True])
def test_cells_that_are_no_text_stay_as_they_are(value: Any) -> None:
    assert exports.safe_cell(value) is value
