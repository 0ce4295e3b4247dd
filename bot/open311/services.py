"""Services and their definitions: which kinds there are, and a value put as the definition wants it. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.open311.documents import Document, Row, text_of

TYPES = ("realtime", "batch", "blackbox")
DATATYPES = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class Unfit(ValueError):
    """The value cannot be said in the definition's datatype."""


@dataclass(frozen=True)
class Attribute:
    """`variable` False: a text to show, never to be sent. `values` are (key, name) pairs of a list datatype."""

    code: str
    datatype: str = "string"
    required: bool = False
    variable: bool = True
    description: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Service:
    """`type` says what POST requests answers: an id, a token, or neither for ever."""

    code: str
    name: str = ""
    type: str = "realtime"
    metadata: bool = False


def services_of(rows: list[Row]) -> list[Service]:
    """Rows without a code are left out; an unknown type is kept as it came."""
    return [
        Service(
            code=code,
            name=text_of(row.get("service_name")) or "",
            type=(text_of(row.get("type")) or "realtime").strip().lower(),
            metadata=truth(row.get("metadata")),
        )
        for row in rows
        if (code := text_of(row.get("service_code"))) is not None
    ]


def definition_of(document: Document) -> list[Attribute]:
    """The attributes of GET services/{code}, in their order. `attributes` has stood inside and outside a wrapper."""
    rows = document.rows
    if len(rows) == 1 and "attributes" in rows[0]:
        rows = _rows(rows[0]["attributes"])
    elif len(rows) == 1 and "code" not in rows[0]:
        rows = []
    found = [attribute for row in rows if (attribute := _attribute(row)) is not None]
    order = {attribute.code: _order(row) for attribute, row in zip(found, rows, strict=False)}
    return sorted(found, key=lambda attribute: order.get(attribute.code, 0))


def truth(value: Any) -> bool:
    """true, "true", "True", 1 and "1" are true; everything else, "false" too, is not."""
    return value is True or (text_of(value) or "").strip().lower() in ("true", "1", "yes")


def put(attribute: Attribute, values: list[str]) -> list[tuple[str, str]]:
    """The form fields that say `values` in this attribute's datatype. Raises Unfit.

    A list's value may be told by key or by name; the key is sent. `variable=false` sends nothing.
    """
    if not attribute.variable or not values:
        return []
    if attribute.datatype == "multivaluelist":
        return [(f"attribute[{attribute.code}][]", _key(attribute, value)) for value in values]
    if len(values) > 1:
        raise Unfit(f"attribute[{attribute.code}] takes one value only")
    return [(f"attribute[{attribute.code}]", _single(attribute, values[0]))]


def _single(attribute: Attribute, value: str) -> str:
    match attribute.datatype:
        case "singlevaluelist":
            return _key(attribute, value)
        case "string":
            return " ".join(value.split())
        case "number":
            return _number(attribute.code, value)
        case "datetime":
            return _moment(attribute.code, value)
        case _:
            return value


def _key(attribute: Attribute, value: str) -> str:
    wanted = value.strip().casefold()
    for key, name in attribute.values:
        if wanted in (key.casefold(), name.casefold()):
            return key
    if not attribute.values:
        return value
    allowed = ", ".join(key for key, _ in attribute.values)
    raise Unfit(f"attribute[{attribute.code}] has no value '{value}'; allowed: {allowed}")


def _number(code: str, value: str) -> str:
    text = value.strip()
    if not NUMBER.fullmatch(text):
        raise Unfit(f"attribute[{code}] takes a number")
    return text


def _moment(code: str, value: str) -> str:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise Unfit(f"attribute[{code}] takes a date and time") from error
    if moment.tzinfo is None:
        raise Unfit(f"attribute[{code}] takes a date and time with an offset")
    return moment.isoformat()


def _attribute(row: Row) -> Attribute | None:
    code = text_of(row.get("code"))
    if code is None:
        return None
    pairs = [(text_of(v.get("key")), text_of(v.get("name"))) for v in _rows(row.get("values"))]
    return Attribute(
        code=code,
        datatype=(text_of(row.get("datatype")) or "string").strip().lower(),
        required=truth(row.get("required")),
        variable="variable" not in row or truth(row["variable"]),
        description=text_of(row.get("description")) or "",
        values=tuple((key, name or key) for key, name in pairs if key is not None),
    )


def _rows(value: Any) -> list[Row]:
    """A list of rows; also where it is one row bare, or a list inside a list's own name."""
    if isinstance(value, dict):
        inner = [held for held in value.values() if isinstance(held, list | dict)]
        if len(value) == 1 and inner:
            return _rows(inner[0])
        return [value]
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _order(row: Row) -> int:
    text = text_of(row.get("order")) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
