"""Three servers as their documents describe them, behind httpx.MockTransport: what our profiles are proved against.

They are strict where the documents are: a form that lacks what they insist on is refused.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qs

import httpx

PICTURE = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@dataclass
class Case:
    number: int
    form: dict[str, list[str]]
    status: str = "open"
    finer: str = "PENDING"
    notes: list[dict[str, list[str]]] = field(default_factory=list)
    changed: str = "2026-05-04T06:00:00+02:00"


@dataclass
class Emulation:
    """`cases` by number. `lost`: so many of the next POSTs are taken and their answers lost."""

    cases: dict[int, Case] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    lost: int = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix("/v2/")
        answer = self.answer(request.method, path.rpartition(".")[0], form_of(request), dict(request.url.params))
        if request.method == "POST" and self.lost:
            self.lost -= 1
            raise httpx.ReadTimeout("lost", request=request)
        return answer

    def answer(self, method: str, path: str, form: dict[str, list[str]], query: dict[str, str]) -> httpx.Response:
        raise NotImplementedError

    def take(self, form: dict[str, list[str]]) -> Case:
        case = Case(4711 + len(self.cases), form)
        self.cases[case.number] = case
        return case

    def named(self, query: dict[str, str]) -> list[Case]:
        ids = query.get("service_request_id")
        return [c for c in self.cases.values() if ids is None or str(c.number) in ids.split(",")]


class FixMyStreet(Emulation):
    """XML like open311-adapter's; e-mail wanted; updates with update_id and FixMyStreet's own states."""

    def answer(self, method: str, path: str, form: dict[str, list[str]], query: dict[str, str]) -> httpx.Response:
        if query.get("jurisdiction_id", form.get("jurisdiction_id", [""])[0]) != "council.example.org":
            return xml("errors", [{"code": 404, "description": "jurisdiction_id not found"}], 404)
        match method, path:
            case "POST", "requests":
                lacking = [n for n in ("api_key", "service_code", "description", "email", "lat") if n not in form]
                if lacking:
                    return xml("errors", [{"code": 400, "description": f"{n} is required"} for n in lacking], 400)
                return xml("service_requests", [{"service_request_id": self.take(form).number}])
            case "POST", "servicerequestupdates":
                wanted = ("update_id", "service_request_id", "updated_datetime", "status", "description", "email")
                if any(name not in form for name in wanted):
                    return xml("errors", [{"code": 400, "description": "incomplete"}], 400)
                self.cases[int(form["service_request_id"][0])].notes.append(form)
                return xml("service_request_updates", [{"update_id": 1}])
            case "GET", "requests":
                rows = [c for c in self.named(query) if c.form["service_code"][0] == query["service_code"]]
                return xml("service_requests", [row(c) for c in rows])
            case "GET", "servicerequestupdates":
                news = [
                    {
                        "update_id": 100 + case.number,
                        "service_request_id": case.number,
                        "status": case.status,
                        "updated_datetime": case.changed,
                        "description": "已安排",
                    }
                    for case in self.cases.values()
                ]
                return xml("service_request_updates", news)
        return xml("errors", [{"code": 404, "description": "not found"}], 404)


class Klarschiff(Emulation):
    """CitySDK: numbers as ids, e-mail and description wanted, base64 pictures, PATCH and comments, open by default."""

    def answer(self, method: str, path: str, form: dict[str, list[str]], query: dict[str, str]) -> httpx.Response:
        number = int(found[0]) if (found := re.findall(r"\d+$", path)) else 0
        if method in ("POST", "PATCH") and form.get("api_key") != ["key"]:
            return told(401, "api_key invalid")
        match method, path.removesuffix(f"/{number}"):
            case "POST", "requests":
                lacking = {"email", "service_code", "description"} - set(form)
                if lacking or not ({"lat", "long"} <= set(form) or "address_string" in form):
                    return told(422, "incomplete")
                return rows([{"service_request_id": self.take(form).number}])
            case "POST", "requests/comments" if {"author", "comment"} <= set(form):
                self.cases[number].notes.append(form)
                return httpx.Response(200, json=[{"id": 1, "comment": form["comment"][0]}])
            case "PATCH", "requests" if {"email", "service_code", "lat", "long"} <= set(form):
                self.cases[number].finer = form.get("detailed_status", [self.cases[number].finer])[0]
                self.cases[number].notes.append(form)
                return rows([{"service_request_id": number}])
            case "GET", "requests":
                status = query.get("status", None if "service_request_id" in query else "open")
                cases = [c for c in self.named(query) if status in (None, c.status)]
                extended = query.get("extensions") == "true"
                return rows(
                    [
                        row(c) | ({"extended_attributes": {"detailed_status": c.finer}} if extended else {})
                        for c in cases
                    ]
                )
        return told(404, "not found")


class SeeClickFix(Emulation):
    """Numbers as ids, a point wanted, cases around a point unless an id is asked for, no updates."""

    def answer(self, method: str, path: str, form: dict[str, list[str]], query: dict[str, str]) -> httpx.Response:
        match method, path:
            case "POST", "requests":
                if not {"lat", "long", "api_key"} <= set(form):
                    return told(400, "lat and long are required")
                return rows([{"service_request_id": self.take(form).number}])
            case "GET", "requests":
                cases = self.named(query)
                if "lat" in query and "service_request_id" not in query:
                    cases = [c for c in cases if abs(float(c.form["lat"][0]) - float(query["lat"])) < 0.007]
                return rows([row(c) for c in cases])
        return told(404, "not found")


def row(case: Case) -> dict[str, Any]:
    form = {name: values[-1] for name, values in case.form.items()}
    return {
        "service_request_id": case.number,
        "status": case.status,
        "service_code": form["service_code"],
        "description": form["description"],
        "requested_datetime": case.changed,
        "updated_datetime": case.changed,
        "lat": form.get("lat"),
        "long": form.get("long"),
    }


def rows(found: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, json=found)


def told(status: int, said: str) -> httpx.Response:
    return httpx.Response(status, json=[{"code": status, "description": said}])


def xml(root: str, found: list[dict[str, Any]], status: int = 200) -> httpx.Response:
    member = {"errors": "error", "service_requests": "request"}.get(root, "request_update")
    body = "".join(
        f"<{member}>{''.join(f'<{k}>{v}</{k}>' for k, v in each.items() if v is not None)}</{member}>" for each in found
    )
    text = f'<?xml version="1.0" encoding="utf-8"?><{root}>{body}</{root}>'
    return httpx.Response(status, content=text.encode(), headers={"content-type": "text/xml; charset=utf-8"})


def form_of(request: httpx.Request) -> dict[str, list[str]]:
    """The fields by name; a file stands as base64 of its content."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return parse_qs(request.read().decode())
    found: dict[str, list[str]] = {}
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.read())
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        text = base64.b64encode(content).decode() if part.get_filename() else content.decode()
        found.setdefault(name, []).append(text)
    return found


def services_answer(kind: str = "realtime") -> httpx.Response:
    return rows([{"service_code": "L1", "service_name": "路灯", "metadata": "true", "type": kind}])


def definition_answer() -> httpx.Response:
    """All six datatypes, and a text that is only shown."""
    lists = [{"key": "b1", "name": "三盏"}, {"key": "b2", "name": "普通"}]
    kinds = ("string", "number", "datetime", "text", "singlevaluelist", "multivaluelist")
    attributes = [
        {"code": kind, "datatype": kind, "variable": True, "required": False, "order": n, "values": lists * (n > 4)}
        for n, kind in enumerate(kinds, 1)
    ]
    shown = {"code": "shown", "datatype": "string", "variable": "false", "required": "false", "order": 7}
    return httpx.Response(200, content=json.dumps({"service_code": "L1", "attributes": [*attributes, shown]}))
