"""The desk's OpenAPI document: every address, parameter, form and answer, in JSON and XML. Served at /openapi.json.

Written by hand, since the handlers read forms and queries with the standard's own rules. tests/bot/casedesk/
test_openapi.py holds it against the running desk.
"""

from typing import Any

from bot.casedesk.city import City
from bot.casedesk.faults import PATHS, Fault
from bot.casedesk.filters import MAX_PAGE, MAX_ROWS
from bot.casedesk.settings import MAX_FILES
from bot.casedesk.validation import LENGTHS, REPORTER_STATUS

Doc = dict[str, Any]

VERSION = "2.0.0"
MOMENT: Doc = {"type": "string", "format": "date-time", "example": "2026-01-31T08:00:00+08:00"}
# What a parameter of time takes: years that the desk knows, an offset, also with a "+" that a client forgot to encode.
ASKED_MOMENT: Doc = {"type": "string", "example": "2026-01-31T08:00:00+08:00"}
TEXT: Doc = {"type": "string"}
MAYBE: Doc = {"type": ["string", "null"]}
WORDS = {
    200: "known already, or the answer to a question",
    201: "taken down",
    400: "something is missing or wrong; all faults are named",
    401: "the signature is missing or wrong",
    403: "api_key is missing or unknown",
    404: "an unknown id, service_code, token or jurisdiction_id",
    405: "this address does not take that method",
    409: "the ticket is not here yet: send it again later",
    413: "too large",
    422: "the Idempotency-Key came before with other fields",
    503: "no secret is set at the desk",
}


def document(city: City) -> Doc:
    """The document of this city's desk."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Case desk {city.name['en']} (GeoReport v2)",
            "version": VERSION,
            "description": "GeoReport v2 with servicerequestupdates; the suffix .json or .xml picks the format, without "
            "one the Accept header does. docs/reference/case-desk.md says what was decided where the standard is open.",
        },
        "paths": {**_georeport(city), **_for_people()},
        "components": {"schemas": SCHEMAS},
    }


def _georeport(city: City) -> Doc:
    code = _path("service_code", enum=sorted(city.services))
    number, token = _path("service_request_id", pattern="^D[0-9]{6,15}$"), _path("token", pattern="^[0-9a-f]{1,64}$")
    calls: list[tuple[str, str, Doc]] = [
        ("/open311/discovery", "get", _call("Service discovery", "Discovery", jurisdiction=False)),
        ("/open311/v2/services", "get", _call("All services", "Services")),
        ("/open311/v2/services/{service_code}", "get", _call("A definition", "Definition", [code], (404,))),
        ("/open311/v2/requests", "get", _call("Cases", "Requests", _case_filters(), (400,))),
        ("/open311/v2/requests", "post", _write("File a case", "Created", _case_form(city))),
        ("/open311/v2/requests/{service_request_id}", "get", _call("A case", "Requests", [number], (404,))),
        ("/open311/v2/tokens/{token}", "get", _call("The id behind a token", "Tokens", [token], (404,))),
        ("/open311/v2/servicerequestupdates", "get", _call("News", "Updates", _update_filters(), (400,))),
        ("/open311/v2/servicerequestupdates", "post", _write("Add to a case", "UpdateTaken", _update_form(city))),
    ]
    paths: Doc = {}
    for path, method, call in calls:
        for suffix in ("", ".json", ".xml"):
            types = [kind for kind in ("json", "xml") if suffix in ("", f".{kind}")]
            paths.setdefault(path + suffix, {})[method] = _in_formats(call, types, path + suffix, method)
    return paths


def _for_people() -> Doc:
    fault = Fault.model_json_schema()
    status = _body({"type": "object", "properties": {"status": TEXT, "note": MAYBE}, "required": ["status"]})
    plan = _body({"type": "object", "properties": {"plan": {"type": "array", "items": fault}}, "required": ["plan"]})
    event = _body({"type": "object", "properties": {"type": TEXT, "data": {"type": "object"}}})
    number = _path("number", pattern="^D[0-9]{6,15}$")
    return {
        "/desk/api/cases": {"get": _json("All cases, oldest first", "Cases", ())},
        "/desk/api/cases/{number}/status": {
            "post": _json("The desk's own word on a case", "Update", (400, 403, 404, 413), [number], status)
        },
        "/desk/api/faults": {
            "get": _json("What is left of the fault plan", "Plan", ()),
            "post": _json(f"Replaces the plan; it may hit {', '.join(PATHS)}", "Plan", (400, 403, 413), (), plan),
            "delete": _json("Ends the plan", "Plan", (403,)),
        },
        "/hooks/tickets": {
            "post": _json("A signed ticket event", "Received", (400, 401, 404, 409, 413, 503), (), event)
        },
    }


def _in_formats(call: Doc, types: list[str], path: str, method: str) -> Doc:
    """The same call with its answers in these formats."""
    answers = {
        status: {"description": WORDS[int(status)], "content": {_type(kind): _content(ref, kind) for kind in types}}
        for status, ref in call["responses"].items()
    }
    return {**call, "operationId": f"{method} {path}", "responses": answers}


def _type(kind: str) -> str:
    return {"json": "application/json", "xml": "text/xml"}[kind]


def _content(ref: str, kind: str) -> Doc:
    """In XML the same document after the Spark mapping; there is no JSON schema to hold it against."""
    return {"schema": _ref(ref)} if kind == "json" else {"schema": {"type": "string", "description": f"as {ref}"}}


def _ref(name: str) -> Doc:
    return {"$ref": f"#/components/schemas/{name}"}


def _call(
    summary: str,
    ref: str,
    parameters: list[Doc] | None = None,
    refusals: tuple[int, ...] = (),
    jurisdiction: bool = True,
) -> Doc:
    known = [_query("jurisdiction_id", "this city's division code, or nothing")] if jurisdiction else []
    failing = {*refusals, *([404] if jurisdiction else [])}
    responses = {"200": ref, **{str(status): "Errors" for status in sorted(failing)}}
    return {"summary": summary, "parameters": [*(parameters or []), *known], "responses": responses}


def _write(summary: str, ref: str, form: Doc) -> Doc:
    call = _call(summary, ref)
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255}}
    refusals = {str(status): "Errors" for status in (400, 403, 404, 413, 422)}
    file = {"type": "array", "maxItems": MAX_FILES, "items": {"type": "string", "contentMediaType": "image/png"}}
    with_files = {**form, "properties": {**form["properties"], "media": file}}
    content = {"application/x-www-form-urlencoded": {"schema": form}, "multipart/form-data": {"schema": with_files}}
    return {
        **call,
        "parameters": [*call["parameters"], key],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": ref, "201": ref, **refusals},
    }


def _json(summary: str, ref: str, refusals: tuple[int, ...], parameters: Any = (), body: Doc | None = None) -> Doc:
    responses = {"200": ref, **{str(status): "Errors" for status in refusals}}
    call = {"summary": summary, "parameters": list(parameters), "responses": responses}
    answered = _in_formats(call, ["json"], summary, "")
    return {**answered, "operationId": summary, **({"requestBody": body} if body else {})}


def _body(schema: Doc) -> Doc:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _path(name: str, **schema: Any) -> Doc:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", **schema}}


def _query(name: str, description: str, **schema: Any) -> Doc:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string", **schema}}


def _paging() -> list[Doc]:
    sizes = {"page": MAX_PAGE, "page_size": MAX_ROWS}
    return [
        {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": most}}
        for name, most in sizes.items()
    ]


def _case_filters() -> list[Doc]:
    moments = ("start_date", "end_date", "updated_after", "updated_before", "updated_datetime")
    return [
        _query("service_request_id", "ids with commas; everything else but paging is then ignored"),
        _query("service_code", "codes with commas; an unknown one finds nothing"),
        _query("status", "open, closed, or both with a comma"),
        *[_query(name, "a moment with an offset", **ASKED_MOMENT) for name in moments],
        _query("ticket_number", "the sender's own number"),
        _query("attribute[ticket_number]", "the same"),
        _query("account_id", "the sender"),
        *_paging(),
    ]


def _update_filters() -> list[Doc]:
    return [
        _query("service_request_id", "ids with commas"),
        *[_query(name, "a moment with an offset", **ASKED_MOMENT) for name in ("start_date", "end_date")],
        _query("origin", "who spoke", enum=["desk", "reporter"]),
        *_paging(),
    ]


def _common_fields(city: City) -> Doc:
    limited = {name: {"type": "string", "maxLength": limit} for name, limit in LENGTHS.items()}
    degrees = {
        "lat": {"type": "number", "minimum": -90, "maximum": 90},
        "long": {"type": "number", "minimum": -180, "maximum": 180},
    }
    code = {"service_code": {"type": "string", "enum": sorted(city.services)}}
    keys = {"api_key": TEXT, "jurisdiction_id": TEXT, "attribute[ticket_number]": {"type": "string", "maxLength": 255}}
    urls = {"media_url": {"type": "array", "items": {"type": "string", "format": "uri", "maxLength": 2000}}}
    return {**code, **limited, **degrees, **keys, **urls}


def _case_form(city: City) -> Doc:
    fields = {name: schema for name, schema in _common_fields(city).items() if name != "update_id"}
    more = {"patternProperties": {r"^attribute\[[^\[\]]{1,100}\](\[\])?$": {"type": "string", "maxLength": 1000}}}
    return {"type": "object", "properties": fields, "required": ["service_code"], **more}


def _update_form(city: City) -> Doc:
    more = {
        "service_request_id": {"type": "string"},
        "status": {"type": "string", "enum": sorted(REPORTER_STATUS)},
        "updated_datetime": ASKED_MOMENT,
    }
    return {"type": "object", "properties": {**_common_fields(city), **more}, "required": ["service_request_id"]}


def _object(properties: Doc, *optional: str) -> Doc:
    """All properties are always there and there are no others, but for the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(item: Doc) -> Doc:
    return {"type": "array", "items": item}


_NUMBER: Doc = {"type": ["number", "null"]}
_FREE: Doc = {"type": "object"}
_CASE_ID: Doc = {"type": "string", "pattern": "^D[0-9]{6,15}$"}
_UPDATE_ID: Doc = {"type": "string", "pattern": "^U[0-9]{6,15}$"}
_BASIC: Doc = {"type": "string", "enum": ["open", "closed"]}
_SEVERAL: Doc = {"type": ["string", "array", "null"]}

_SERVICE = {
    **dict.fromkeys(("service_code", "service_name", "description", "keywords", "group"), TEXT),
    "metadata": {"type": "boolean"},
    "type": {"type": "string", "enum": ["realtime", "batch", "blackbox"]},
}
_ATTRIBUTE = {
    "variable": {"type": "boolean"},
    "code": TEXT,
    "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
    "required": {"type": "boolean"},
    "datatype_description": MAYBE,
    "order": {"type": "integer", "minimum": 1},
    "description": TEXT,
    "values": _list(_object({"key": TEXT, "name": TEXT})),
}
_REQUEST = {
    "service_request_id": _CASE_ID,
    "status": _BASIC,
    "status_notes": MAYBE,
    "service_name": TEXT,
    "service_code": TEXT,
    **dict.fromkeys(("description", "agency_responsible", "service_notice", "address", "address_id", "zipcode"), MAYBE),
    "requested_datetime": MOMENT,
    "updated_datetime": MOMENT,
    "expected_datetime": MAYBE,
    "lat": _NUMBER,
    "long": _NUMBER,
    "media_url": MAYBE,
    "media_urls": _list(TEXT),
    "detailed_status": TEXT,
    "ticket_number": MAYBE,
    "place_code": _SEVERAL,
    "grid": _SEVERAL,
}
_UPDATE = {
    "update_id": _UPDATE_ID,
    "service_request_id": _CASE_ID,
    "status": TEXT,
    "updated_datetime": MOMENT,
    "description": MAYBE,
    "media_url": MAYBE,
    "origin": {"type": "string", "enum": ["desk", "reporter"]},
    "ticket_number": MAYBE,
}
_CREATED = {"service_request_id": _CASE_ID, "token": TEXT, "service_notice": MAYBE, "account_id": MAYBE}
_DESK_CASE = {
    "id": _CASE_ID,
    **dict.fromkeys(("service_code", "description", "status", "status_note", "source"), TEXT),
    **dict.fromkeys(("ticket_number", "idempotency_key", "address", "account_id"), MAYBE),
    "lat": _NUMBER,
    "long": _NUMBER,
    "attributes": _FREE,
    "contact": _FREE,
    "media": _list(TEXT),
    "posted": {"type": "integer", "minimum": 1},
    "received_at": MOMENT,
    "updated_at": MOMENT,
}
_ENDPOINT = {**dict.fromkeys(("specification", "url", "changeset", "type"), TEXT), "formats": _list(TEXT)}

SCHEMAS: Doc = {
    "Errors": {**_list(_object({"code": {"type": "integer"}, "description": TEXT})), "minItems": 1},
    "Discovery": _object(
        {**dict.fromkeys(("changeset", "contact", "key_service"), TEXT), "endpoints": _list(_object(_ENDPOINT))}
    ),
    "Services": _list(_object(_SERVICE)),
    "Definition": _object({"service_code": TEXT, "attributes": _list(_object(_ATTRIBUTE))}),
    "Requests": _list(_object(_REQUEST)),
    # An id or a token, never both.
    "Created": {
        **_list({**_object(_CREATED, "service_request_id", "token"), "oneOf": [
            {"required": ["service_request_id"]}, {"required": ["token"]},
        ]}),
        "minItems": 1,
        "maxItems": 1,
    },
    "Tokens": {**_list(_object({"service_request_id": MAYBE, "token": TEXT})), "minItems": 1, "maxItems": 1},
    "Updates": _list(_object(_UPDATE)),
    "Update": _object(_UPDATE),
    "UpdateTaken": {**_list(_object({"update_id": _UPDATE_ID})), "minItems": 1, "maxItems": 1},
    "Cases": _object({"cases": _list(_object(_DESK_CASE))}),
    "Plan": _object({"plan": _list(_FREE)}),
    "Received": _object({"received": {"const": True}, "service_request_id": MAYBE}),
}  # fmt: skip
