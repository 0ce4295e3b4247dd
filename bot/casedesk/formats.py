"""One structure, two formats: plain Python values become JSON with native types, or XML after the Spark mapping."""

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from starlette.requests import Request
from starlette.responses import Response

from bot.casedesk.problems import Problem

JSON_TYPE = "application/json; charset=utf-8"
XML_TYPE = "text/xml; charset=utf-8"

# What one member of a list is called in XML; JSON needs no such name.
MEMBERS = {
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
    "media_urls": "media_url",
}


@dataclass(frozen=True)
class Shape:
    """The root of a document in XML and, where the document is a list, the name of its members."""

    root: str
    member: str | None = None


SERVICES = Shape("services", "service")
DEFINITION = Shape("service_definition")
REQUESTS = Shape("service_requests", "request")
UPDATES = Shape("service_request_updates", "request_update")
DISCOVERY = Shape("discovery")
ERRORS = Shape("errors", "error")


def wanted_format(path: str, accept: str) -> str:
    """ "json" or "xml": the suffix of the path decides; without one the Accept header; JSON when that is open too."""
    for suffix in ("json", "xml"):
        if path.endswith(f".{suffix}"):
            return suffix
    weights = {"json": 0.0, "xml": 0.0}
    for part in accept.lower().split(","):
        media, _, rest = part.partition(";")
        kind = media.strip().rpartition("/")[2].rpartition("+")[2]
        if kind in weights:
            weights[kind] = max(weights[kind], _weight(rest))
    return "xml" if weights["xml"] > weights["json"] else "json"


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def answer(
    request: Request, shape: Shape, data: Any, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The document in the format this request asked for."""
    form = wanted_format(request.url.path, request.headers.get("accept", ""))
    body = to_xml(shape, data) if form == "xml" else to_json(data)
    kind = XML_TYPE if form == "xml" else JSON_TYPE
    return Response(body, status, headers, media_type=kind)


def error_answer(request: Request, problems: tuple[Problem, ...], headers: dict[str, str] | None = None) -> Response:
    data = [{"code": problem.code, "description": problem.description} for problem in problems]
    return answer(request, ERRORS, data, problems[0].code, headers)


def to_json(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, allow_nan=False).encode()


def to_xml(shape: Shape, data: Any) -> bytes:
    root = ElementTree.Element(shape.root)
    _fill(root, data, shape.member)
    body: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'.encode()


def _fill(element: ElementTree.Element, value: Any, member: str | None = None) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _fill(ElementTree.SubElement(element, key), inner, MEMBERS.get(key))
    elif isinstance(value, list):
        for inner in value:
            _fill(ElementTree.SubElement(element, member or "value"), inner)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = str(value)
