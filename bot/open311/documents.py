"""An answer of a GeoReport v2 server as plain rows, from JSON or XML, in whichever dress it comes. Pure.

XML is read after the Spark mapping: elements that only hold text are text, empty ones None, and everything that the
standard calls a list is a list, also with one member.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

Row = dict[str, Any]
Form = Literal["json", "xml"]

WEB_PAGE = re.compile(rb"[\xef\xbb\xbf\s]*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE)
MAX_DEPTH = 40  # of a document; the standard needs six
# What the members of a list are called in XML.
MEMBERS = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "media_urls": "media_url",
    "comments": "comment",
    "notes": "note",
    "discovery": None,
}
# Other names that servers give to the same thing.
ROOTS = {"requests": "service_requests", "servicerequestupdates": "service_request_updates", "error": "errors"}


class Unreadable(ValueError):
    """The body is neither a GeoReport document in JSON nor one in XML."""


@dataclass(frozen=True)
class Document:
    """`rows` is the list that the document holds. `oddities` tell how it departs from the standard's dress."""

    form: Form
    rows: list[Row]
    whole: Any = field(repr=False)  # the document before rows were taken out of it
    root: str | None = None  # of XML
    oddities: tuple[str, ...] = ()


def read_document(content: bytes, content_type: str = "") -> Document:
    """Raises Unreadable. What the content says counts for more than what its type claims."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if WEB_PAGE.match(content):
        raise Unreadable("it is a web page")
    if start == b"<":
        return _from_xml(content)
    if start in (b"[", b"{"):
        return _from_json(content, content_type)
    raise Unreadable("it begins neither like JSON nor like XML")


def _from_json(content: bytes, content_type: str) -> Document:
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no valid JSON") from error
    odd = () if "json" in content_type.lower() else ("content_type",)
    if isinstance(whole, list):
        return Document("json", _checked(whole), whole, None, odd)
    lists = [value for value in whole.values() if isinstance(value, list)]
    if len(lists) == 1 and len(whole) == 1:  # {"service_requests": [...]}
        return Document("json", _checked(lists[0]), whole, None, (*odd, "wrapped"))
    return Document("json", [whole], whole, None, (*odd, "bare"))


def _from_xml(content: bytes) -> Document:
    try:
        root = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Unreadable("its XML declares entities or a document type") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable("it is no well-formed XML") from error
    name = _local(root)
    whole = _value(root, 0)
    odd: tuple[str, ...] = ()
    if isinstance(whole, list):
        rows = whole
    else:
        rows = [whole] if isinstance(whole, dict) else []
        odd = ("bare",)
    return Document("xml", _checked(rows), whole, name, odd)


def _checked(rows: list[Any]) -> list[Row]:
    if not all(isinstance(row, dict) for row in rows):
        raise Unreadable("its list holds other things than objects")
    return rows


def _value(element: Element, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise Unreadable("its XML is nested too deeply")
    name, children = _local(element), list(element)
    name = ROOTS.get(name, name) if depth == 0 else name
    if not children:
        if name in MEMBERS and depth == 0:
            return []
        text = (element.text or "").strip()
        return text or ([] if MEMBERS.get(name) else None)
    member = MEMBERS.get(name)
    if member is not None and (depth > 0 or all(_local(child) == _local(children[0]) for child in children)):
        return [_value(child, depth + 1) for child in children]
    found: dict[str, Any] = {}
    for child in children:
        key, value = _local(child), _value(child, depth + 1)
        found[key] = [*found[key], value] if isinstance(found.get(key), list) else value
    return found


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def text_of(value: Any) -> str | None:
    """Numbers and strings alike as text (ids come as either); None for nothing and for what is neither."""
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def problems_of(document: Document) -> list[tuple[str, str]]:
    """The (code, description) pairs of an error document; empty where it is none."""
    pairs = [(text_of(row.get("code")), text_of(row.get("description"))) for row in document.rows]
    return [(code or "", said or "") for code, said in pairs if code or said]
