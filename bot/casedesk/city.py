"""Which city the desk serves and which services it takes cases for, read from the city's folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

# The C loader reads the catalogue ten times faster and is missing where PyYAML was built without libyaml.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Rows of the catalogue that are talk, not cases; praise, suggestion and complaint (NT-05 to NT-07) are light records.
TALK_ONLY = frozenset({"NT-01", "NT-02", "NT-03", "NT-04", "NT-08", "NT-09", "NT-10"})


@dataclass(frozen=True)
class Attribute:
    """One row of a service definition. `values` are (key, name) pairs of a list datatype."""

    code: str
    datatype: str
    description: str
    hint: str = ""
    required: bool = False
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Service:
    """One service of the catalogue, names by language ("zh", "en")."""

    code: str
    name: dict[str, str]
    group: dict[str, str]
    department: dict[str, str]
    urgency: str
    needs_location: bool
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class City:
    """`jurisdiction` is the division code, the only jurisdiction_id this endpoint knows."""

    name: dict[str, str]
    jurisdiction: str
    timezone: ZoneInfo
    services: dict[str, Service]


COMMON_ATTRIBUTES = (
    Attribute("ticket_number", "string", "受理编号 / own number of the sender", "GET requests?ticket_number=…"),
    Attribute("place_code", "string", "统计用区划代码 / statistical code of the place"),
    Attribute("grid", "string", "网格编号 / grid cell"),
    Attribute("contact_name", "string", "联系人 / contact's name"),
    Attribute("contact_phone", "string", "联系电话 / contact's phone"),
    Attribute(
        "anonymous",
        "singlevaluelist",
        "是否匿名 / is the reporter anonymous",
        values=(("true", "匿名 / anonymous"), ("false", "实名 / named")),
    ),
    Attribute(
        "language",
        "singlevaluelist",
        "诉求语言 / language of the words",
        values=(("zh", "中文"), ("en", "English")),
    ),
)


def load_city(folder: Path) -> City:
    """Reads city.yml and services.yml. Raises ValueError naming the file when one is missing or lacks a part."""
    about = _read(folder / "city.yml")
    rows = _read(folder / "services.yml").get("services") or []
    try:
        services = [_service(row) for row in rows if str(row["code"]) not in TALK_ONLY]
        return City(
            name=dict(about["name"]),
            jurisdiction=str(about["division_code"]),
            timezone=ZoneInfo(about["timezone"]),
            services={service.code: service for service in services},
        )
    except KeyError as missing:
        raise ValueError(f"the city folder {folder} lacks the key {missing}: add it and start again") from missing


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ValueError(f"there is no {path}: name a city's folder with --city")
    content = yaml.load(path.read_text(encoding="utf-8"), LOADER)  # noqa: S506 - a safe loader either way
    if not isinstance(content, dict):
        raise ValueError(f"{path} is not a YAML mapping: mend it and start again")
    return content


def _service(row: dict[str, Any]) -> Service:
    return Service(
        code=str(row["code"]),
        name=dict(row["name"]),
        group=dict(row["group"]),
        department=dict(row["department"]),
        urgency=str(row["urgency"]),
        needs_location=bool(row["needs_location"]),
        attributes=COMMON_ATTRIBUTES + tuple(_questions(row.get("ask") or [])),
    )


def _questions(ask: Iterable[Any]) -> Iterable[Attribute]:
    """The catalogue's own questions, as optional text attributes; `location` is a field of the standard, not one."""
    for item in ask:
        code = str(item["code"] if isinstance(item, dict) else item)
        words = item.get("question") or item.get("name") if isinstance(item, dict) else None
        text = " / ".join(words.values()) if isinstance(words, dict) else str(words or code)
        if code != "location":
            yield Attribute(code, "text", text)
