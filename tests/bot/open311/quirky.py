"""A small GeoReport v2 server with a switch for every peculiarity that has been met in the field.

Without switches it does what the standard says. It lives behind httpx.MockTransport and keeps its cases in memory.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

import httpx

BASE = "http://city.test/open311/v2"
HTML = "<!DOCTYPE html><html><body>Nothing here</body></html>"
SERVICES = [
    {"service_code": "LAMP", "service_name": "路灯", "description": "", "metadata": True, "type": "realtime"},
    {"service_code": "PIT", "service_name": "井盖", "description": "", "metadata": False, "type": "realtime"},
]
DEFINITION = [
    {"variable": True, "code": "NUMBER", "datatype": "string", "required": False, "order": 2, "description": "灯杆号"},
    {
        "variable": True,
        "code": "COLOUR",
        "datatype": "multivaluelist",
        "required": True,
        "order": 1,
        "description": "颜色",
        "values": [{"key": "1", "name": "白"}, {"key": "2", "name": "黄"}],
    },
]
MEMBERS = {
    "services": "service",
    "service_requests": "request",
    "service_request_updates": "request_update",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "comments": "comment",
    "formats": "format",
    "endpoints": "endpoint",
    "media_urls": "media_url",
}


@dataclass
class Quirky:
    """`on`: the switches that are set. `posted` counts what came to POST requests."""

    on: frozenset[str] = frozenset()
    cases: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, int] = field(default_factory=dict)
    posted: int = 0
    updates: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.cases:
            self.file({"service_code": "LAMP", "description": "灯不亮", "lat": "33.79", "long": "114.52"})
            self.file({"service_code": "PIT", "description": "井盖没了", "lat": "33.60", "long": "114.30"})
            self.cases[1]["status"] = "closed"

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, _, form = request.url.path.removeprefix("/open311/v2/").rpartition(".")
        if request.url.path.startswith("/open311/discovery"):
            return self.discovery(request.url.path.rpartition(".")[2])
        if f"no_{form}" in self.on or form not in ("json", "xml"):
            return httpx.Response(404, html=HTML)
        query = dict(request.url.params)
        if "redirect" in self.on:
            return httpx.Response(301, headers={"location": "https://elsewhere.test/"})
        if query.get("jurisdiction_id") == "no-such-thing-7f3a":
            return self.error(form, 404, "jurisdiction_id was not found")
        if request.method == "POST":
            return self.post(path, form, *fields_of(request))
        return self.get(path, form, query)

    def discovery(self, form: str) -> httpx.Response:
        if "no_discovery" in self.on:
            return httpx.Response(404, html=HTML)
        formats = ["text/xml", "application/json"]
        about = {"specification": "http://wiki.open311.org/GeoReport_v2", "url": f"{BASE}/", "type": "production"}
        return self.answer(form, "discovery", {"changeset": "1", "endpoints": [{**about, "formats": formats}]})

    def get(self, path: str, form: str, query: dict[str, str]) -> httpx.Response:
        what, _, name = path.partition("/")
        match what:
            case "services" if not name:
                return self.services(form, query)
            case "services":
                return self.definition(form, name)
            case "requests" if name.startswith("comments/") and "comments" in self.on:
                return self.answer(form, "comments", [{"id": 1, "comment": "已派单", "service_request_id": "1"}])
            case "requests" if name:
                found = [case for case in self.cases if case["service_request_id"] == name]
                return self.listed(form, found, query) if found else self.unknown(form)
            case "requests":
                return self.search(form, query)
            case "tokens":
                return self.token(form, name)
            case "servicerequestupdates" if "updates" in self.on:
                return self.answer(form, "service_request_updates", self.updates)
            case "coverage" if "coverage" in self.on:
                return self.answer(form, "hash", {"result": True})
        return self.error(form, 404, "there is nothing here")

    def services(self, form: str, query: dict[str, str]) -> httpx.Response:
        if "services_need_point" in self.on and "lat" not in query:
            return self.error(form, 400, "lat and long are required")
        rows = [dict(row) for row in SERVICES]
        for kind in ("batch", "blackbox", "weird_type"):
            if kind in self.on:
                rows[0]["type"] = kind
        return self.answer(form, "services", rows)

    def definition(self, form: str, code: str) -> httpx.Response:
        if code != "LAMP":
            return self.error(form, 500 if "unknown_500" in self.on else 404, "service_code was not found")
        rows = [dict(row) for row in DEFINITION]
        if "weird_datatype" in self.on:
            rows[0]["datatype"] = "textarea"
        if "text_only_attribute" in self.on:
            rows[0]["variable"] = False
        held: Any = {"attribute": rows} if "attributes_wrapped" in self.on else rows
        return self.answer(form, "service_definition", {"service_code": code, "attributes": held})

    def search(self, form: str, query: dict[str, str]) -> httpx.Response:
        if "start_date" in query and "T" not in query["start_date"]:
            return self.error(form, 400, "start_date is no date")
        if "just_count" in query and "just_count" in self.on:
            return self.answer(form, "service_requests", [{"count": len(self.cases)}])
        ids = query.get("service_request_id", "").split(",") if query.get("service_request_id") else None
        rows = [case for case in self.cases if ids is None or case["service_request_id"] in ids]
        status = query.get("status", "open" if "open_by_default" in self.on and ids is None else None)
        rows = [row for row in rows if status is None or "filters_ignored" in self.on or row["status"] == status]
        if code := query.get("service_code"):
            rows = [row for row in rows if "filters_ignored" in self.on or row["service_code"] == code]
        if query.get("end_date", "9") < "2026" and "filters_ignored" not in self.on:
            rows = []
        if "lat" in query and "area_filter" in self.on and ids is None:
            rows = [row for row in rows if abs(row["lat"] - float(query["lat"])) < 0.007]
        if "page_size" in query and "paging" in self.on:
            rows = rows[: int(query["page_size"])]
        return self.listed(form, rows, query)

    def listed(self, form: str, rows: list[dict[str, Any]], query: dict[str, str]) -> httpx.Response:
        return self.answer(form, "service_requests", [self.shown(row, query) for row in rows])

    def shown(self, row: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        told = {key: value for key, value in row.items() if not key.startswith("_")}
        if "numeric_ids" in self.on:
            told["service_request_id"] = int(told["service_request_id"])
        if "no_offset" in self.on:
            told["requested_datetime"] = "2026-05-04 12:00:00"
        if "own_status_words" in self.on:
            told["status"] = "in_progress"
        if "places_swapped" in self.on:
            told["lat"], told["long"] = told["long"], told["lat"]
        if "several_pictures" in self.on:
            told["media_urls"] = []
        if "detailed_status" in self.on and "extensions" not in self.on:
            told["detailed_status"] = "IN_PROCESS"
        if "extensions" in self.on and query.get("extensions") == "true":
            told["extended_attributes"] = {"detailed_status": "IN_PROCESS", "votes": 3}
        return told

    def unknown(self, form: str) -> httpx.Response:
        if "unknown_empty" in self.on:
            return self.answer(form, "service_requests", [])
        if "web_page_errors" in self.on:
            return httpx.Response(404, html=HTML)
        return self.error(form, 404, "service_request_id was not found")

    def post(self, path: str, form: str, told: dict[str, list[str]], files: int) -> httpx.Response:
        one = {name: values[-1] for name, values in told.items()}
        if path == "servicerequestupdates" and "updates" in self.on:
            self.updates.append(one)
            return self.answer(form, "service_request_updates", [{"update_id": str(len(self.updates))}])
        if path != "requests":
            return self.error(form, 404, "there is nothing here")
        self.posted += 1
        if (refusal := self.refusal(one, told)) is not None:
            return self.error(form, *refusal)
        case = self.file(one, files)
        return self.answer(form, "service_requests", [self.named(case)])

    def refusal(self, one: dict[str, str], told: dict[str, list[str]]) -> tuple[int, str] | None:
        bad = 500 if "server_error_for_mistakes" in self.on else 400
        code = one.get("service_code")
        point = re.fullmatch(r"-?[\d.]+", one.get("lat", "")) and re.fullmatch(r"-?[\d.]+", one.get("long", ""))
        if "wrong_key_refused" in self.on and one.get("api_key") != "right":
            return 403, "api_key was wrong"
        if "email_required" in self.on and "email" not in one:
            return 400, "email is required"
        if code is None:
            return bad, "service_code is missing"
        if code not in {row["service_code"] for row in SERVICES}:
            return 404, "service_code was not found"
        if code == "LAMP" and not told.get("attribute[COLOUR][]"):
            return 400, "attribute[COLOUR] is required"
        if not point and ("lat" in one or "long" in one or "address_string" not in one or "address_refused" in self.on):
            return bad, "a location is missing"
        if "words_or_photo_required" in self.on and "description" not in one:
            return 400, "description or media is required"
        same = [c for c in self.cases if (c["description"], c["_at"]) == (one.get("description", ""), place(one))]
        if same and "duplicate_400" in self.on:
            return 400, "base is a duplicate"
        return None

    def file(self, one: dict[str, str], files: int = 0) -> dict[str, Any]:
        number = str(len(self.cases) + 1)
        case: dict[str, Any] = {
            "service_request_id": number,
            "status": "open",
            "service_code": one["service_code"],
            "service_name": one["service_code"].lower(),
            "description": one.get("description", ""),
            "requested_datetime": "2026-05-04T12:00:00+08:00",
            "lat": float(one.get("lat") or 33.7),
            "long": float(one.get("long") or 114.5),
            "media_url": None,
            "_at": place(one),
        }
        if "media_url" in one and "no_media_url" not in self.on:
            case["media_url"] = one["media_url"]
        if files and "multipart_media" in self.on:
            case["media_url"] = f"{BASE}/pictures/{number}"
        if "media" in one and "base64_media" in self.on and base64.b64decode(one["media"]).startswith(b"\x89PNG"):
            case["media_url"] = f"{BASE}/pictures/{number}"
        self.cases.append(case)
        return case

    def named(self, case: dict[str, Any]) -> dict[str, Any]:
        number = case["service_request_id"]
        if "blackbox" in self.on:
            return {"service_notice": "谢谢", "account_id": None}
        if {"batch", "token_never"} & self.on:
            self.tokens[f"t{number}"] = 0
            return {"token": f"t{number}", "account_id": None}
        both = {"token": "t"} if "id_and_token" in self.on else {}
        return {"service_request_id": int(number) if "numeric_ids" in self.on else number, **both}

    def token(self, form: str, name: str) -> httpx.Response:
        if name not in self.tokens:
            return self.error(form, 404, "token was not found")
        self.tokens[name] += 1
        if "token_never" in self.on or self.tokens[name] < 2:
            return self.answer(form, "service_requests", [{"token": name, "service_request_id": None}])
        return self.answer(form, "service_requests", [{"token": name, "service_request_id": name[1:]}])

    def error(self, form: str, status: int, said: str) -> httpx.Response:
        if "plain_errors" in self.on:
            return httpx.Response(status, text=said)
        return self.answer(form, "errors", [{"code": status, "description": said}], status)

    def answer(self, form: str, root: str, data: Any, status: int = 200) -> httpx.Response:
        if form == "xml":
            declared = "text/plain" if "wrong_content_type" in self.on else "text/xml; charset=utf-8"
            text = f'<?xml version="1.0" encoding="utf-8"?>{xml_of(root, data)}'
            return httpx.Response(status, content=text.encode(), headers={"content-type": declared})
        wrap = isinstance(data, list) and "json_wrapped" in self.on
        text = json.dumps({root: data} if wrap else data, ensure_ascii=False)
        if "leading_zeros" in self.on:
            text = re.sub(r'"service_code": "\w+"', '"service_code": 001', text)
        declared = "text/html" if "wrong_content_type" in self.on else "application/json"
        encoded = text.encode("gb18030" if "not_utf8" in self.on else "utf-8")
        return httpx.Response(status, content=encoded, headers={"content-type": declared})


def xml_of(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml_of(key, inner) for key, inner in value.items())}</{name}>"
    if isinstance(value, list):
        return f"<{name}>{''.join(xml_of(MEMBERS[name], inner) for inner in value)}</{name}>"
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else escape(str(value))
    return f"<{name}>{text}</{name}>"


def place(one: dict[str, str]) -> tuple[str, ...]:
    return tuple(one.get(name, "") for name in ("lat", "long", "address_string"))


def fields_of(request: httpx.Request) -> tuple[dict[str, list[str]], int]:
    """The form's fields, and how many files came along."""
    kind, content = request.headers["content-type"], request.read()
    told: dict[str, list[str]] = {}
    files = 0
    if kind.startswith("multipart/"):
        message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
        for part in message.iter_parts():
            if part.get_filename():
                files += 1
            else:
                name = str(part.get_param("name", header="content-disposition"))
                told.setdefault(name, []).append(str(part.get_content()).rstrip("\r\n"))
    else:
        for name, value in parse_qsl(content.decode()):
            told.setdefault(name, []).append(value)
    return told, files
