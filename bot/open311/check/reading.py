"""What can be told of an endpoint without writing anything."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from bot.open311.check import judging
from bot.open311.check.findings import Finding, quirk, rule
from bot.open311.check.server import Seen, Server
from bot.open311.discovery import choose, endpoints_of
from bot.open311.documents import Form, Row, text_of
from bot.open311.services import DATATYPES, TYPES, Attribute, Service, definition_of, services_of

NOBODY = "no-such-thing-7f3a"  # an id and a code that no server has
NEAR = 0.02  # degrees, about two kilometres


@dataclass
class Known:
    """What the walk has learnt so far; `form` is the format that works, JSON where both do."""

    form: Form = "json"
    services: list[Service] = field(default_factory=list)
    definitions: dict[str, list[Attribute]] = field(default_factory=dict)
    cases: list[Row] = field(default_factory=list)


def read_all(server: Server, known: Known) -> Iterator[Finding]:
    """Every rule that needs no writing, in the order in which a client meets them."""
    yield from discovery(server)
    yield from services(server, known)
    yield from definitions(server, known)
    yield from requests(server, known)
    yield from one_request(server, known)
    yield from unknowns(server, known)
    yield from filters(server, known)
    yield from extensions(server, known)


def discovery(server: Server) -> Iterator[Finding]:
    """Beside the endpoint or one folder above it: the standard does not say where."""
    for folder in (server.base, server.base.rpartition("/")[0]):
        seen = server.get("", at=f"{folder}/discovery.json")
        if not seen.ok or seen.document is None:
            seen = server.get("", at=f"{folder}/discovery.xml")
        if seen.ok and seen.document is not None:
            endpoint = choose(endpoints_of(seen.document))
            told = f"{folder}/discovery names {endpoint.url}" if endpoint else "it names no GeoReport v2 endpoint"
            yield rule("discovery.answers", "should", endpoint is not None, told)
            return
    yield rule("discovery.answers", "should", False, "no discovery document beside or above the endpoint")


def services(server: Server, known: Known) -> Iterator[Finding]:
    xml, json = server.get("services", "xml"), server.get("services", "json")
    zeros = not json.document and bool(judging.BARE_ZERO.search(json.content))
    yield rule("services.xml", "must", _is_list(xml, "xml"), xml.brief)
    yield rule("services.json", "should", _is_list(json, "json"), json.brief, "format: xml" if xml.ok else "")
    yield quirk("json.leading_zeros", zeros, "numbers such as 001, which no JSON reader takes", "format: xml")
    known.form = "json" if _is_list(json, "json") else "xml"
    chosen = json if known.form == "json" else xml
    yield quirk("services.need_a_point", _needs_point(chosen), judging.said(chosen), "services: {ours: theirs}")
    yield from dress(chosen)
    known.services = services_of(chosen.rows)
    if not chosen.ok:
        return
    lacking = judging.missing(chosen.rows, ("service_code", "service_name"))
    yield rule("services.fields", "must", not lacking, _list("some lack", lacking) or f"{len(chosen.rows)} services")
    yield rule("services.fields_all", "should", *_absent(chosen.rows, ("description", "metadata", "type", "group")))
    odd = sorted({service.type for service in known.services} - set(TYPES))
    yield rule("services.type", "must", not odd, _list("type", odd) or _counted(known.services))
    tokens = [service.code for service in known.services if service.type == "batch"]
    yield quirk("services.batch", bool(tokens), f"{len(tokens)} answer with a token")
    never = [service.code for service in known.services if service.type == "blackbox"]
    yield quirk("services.blackbox", bool(never), f"{len(never)} never give an id", "quirks: {no_id: true} if all do")
    yield rule("text.utf8", "must", judging.is_utf8(chosen), chosen.content_type)


def definitions(server: Server, known: Known) -> Iterator[Finding]:
    """Of the first services that say they have one."""
    told = [service for service in known.services if service.metadata][:3]
    if not told:
        yield rule("definition.answers", "must", None, "no service says metadata=true")
        return
    seen = [server.get(f"services/{quote(service.code, safe='')}", known.form) for service in told]
    broken = next((each for each in seen if not each.ok or each.document is None), None)
    yield rule("definition.answers", "must", broken is None, broken.brief if broken else f"{len(seen)} read")
    for service, each in zip(told, seen, strict=True):
        if each.document is not None:
            known.definitions[service.code] = definition_of(each.document)
    attributes = [attribute for found in known.definitions.values() for attribute in found]
    odd = sorted({attribute.datatype for attribute in attributes} - set(DATATYPES))
    yield rule("definition.datatypes", "must", not odd, _list("unknown", odd) or f"{len(attributes)} attributes")
    empty = [a.code for a in attributes if a.datatype.endswith("valuelist") and not a.values]
    yield rule("definition.values", "must", not empty, _list("lists without values:", empty))
    wrapped = any(_wrapped(each) for each in seen)
    yield quirk("definition.attributes_moved", wrapped, "attributes do not stand as a list in the definition")
    shown = [attribute.code for attribute in attributes if not attribute.variable]
    yield quirk("definition.text_only", bool(shown), _list("variable=false:", shown[:3]))


def requests(server: Server, known: Known) -> Iterator[Finding]:
    xml = server.get("requests", "xml")
    yield rule("requests.xml", "must", _is_list(xml, "xml"), xml.brief)
    seen = xml if known.form == "xml" else server.get("requests", "json")
    if known.form == "json":
        yield rule("requests.json", "should", _is_list(seen, "json"), seen.brief)
    yield from request_rows(seen, known)


def request_rows(seen: Seen, known: Known) -> Iterator[Finding]:
    rows = known.cases = seen.rows if seen.ok else []
    if not rows:
        yield rule("requests.fields", "must", None, "there are no cases to look at; try --write")
        return
    lacking = judging.missing(rows, ("service_request_id", "status"))
    yield rule("requests.fields", "must", not lacking, _list("some lack", lacking) or f"{len(rows)} cases")
    yield rule("requests.fields_all", "should", *_empty(rows, ("service_code", "service_name", "requested_datetime")))
    words = judging.bad_words(rows, "status", ("open", "closed"))
    yield rule("requests.status", "must", not words, _list("also", words) or "open, closed", "status: {words: …}")
    dates = judging.bad_dates(rows)
    yield rule("requests.dates", "must", not dates, _list("without offset:", dates), "timezone: …")
    points = judging.bad_points(rows)
    yield rule("requests.points", "must", not points, f"{points} with lat and long outside the earth" if points else "")
    numbers = seen.document is not None and seen.document.form == "json"
    numbers = numbers and any(isinstance(row.get("service_request_id"), int) for row in rows)
    yield quirk("ids.numbers", numbers, "service_request_id is a number, not a string")
    finer = any(judging.inner(row, "detailed_status") for row in rows)
    yield quirk("status.detailed", finer, "detailed_status beside status", "status: {field: detailed_status}")
    several = any(isinstance(judging.inner(row, "media_urls"), list) for row in rows)
    yield quirk("media.several", several, "media_urls beside media_url")


def one_request(server: Server, known: Known) -> Iterator[Finding]:
    ids = judging.ids_of(known.cases)
    if not ids:
        yield rule("request.answers", "must", None, "there are no cases to look at; try --write")
        return
    seen = server.get(f"requests/{quote(ids[0], safe='')}", known.form)
    yield rule("request.answers", "must", seen.ok and judging.ids_of(seen.rows) == ids[:1], seen.brief)
    pair = server.get("requests", known.form, service_request_id=",".join(ids[:2]))
    asked = set(judging.ids_of(pair.rows)) == set(ids[:2])
    yield rule("requests.by_ids", "must", asked, f"asked for {len(ids[:2])}, got {len(pair.rows)}")


def unknowns(server: Server, known: Known) -> Iterator[Finding]:
    """The standard: 404 with a list of code and description."""
    for name, path in (("service", f"services/{NOBODY}"), ("request", f"requests/{NOBODY}")):
        seen = server.get(path, known.form)
        yield rule(f"unknown.{name}", "must", seen.status == 404, seen.brief)
        listed = judging.is_error_list(seen) if seen.status >= 400 else None
        yield rule(f"unknown.{name}_told", "must", listed, judging.said(seen) or seen.brief)
    page = server.get(f"requests/{NOBODY}", known.form)
    html = page.content.lstrip()[:1] == b"<" and page.trouble == "it is a web page"
    yield quirk("errors.web_page", html, "an error is a web page")
    empty = page.ok and not page.rows
    yield quirk("unknown.empty_list", empty, "an unknown id is answered 200 with an empty list")
    seen = server.get("services", known.form, jurisdiction_id=NOBODY)
    yield rule("unknown.jurisdiction", "should", seen.status in (400, 404), seen.brief)


def filters(server: Server, known: Known) -> Iterator[Finding]:
    if not known.cases:
        return
    for word in ("open", "closed"):
        seen = server.get("requests", known.form, status=word)
        other = judging.bad_words(seen.rows, "status", (word,))
        yield rule(f"filter.status_{word}", "must", seen.ok and not other, _list("also", other) or seen.brief)
        if word == "closed":
            hidden = set(judging.ids_of(seen.rows)) - set(judging.ids_of(known.cases))
            yield quirk("filter.open_by_default", bool(hidden), "without status only open cases come", "status.params")
    code = text_of(known.cases[0].get("service_code"))
    if code:
        seen = server.get("requests", known.form, service_code=code)
        other = judging.bad_words(seen.rows, "service_code", (code,))
        yield rule("filter.service_code", "must", seen.ok and not other, _list("also", other) or seen.brief)
    seen = server.get("requests", known.form, start_date="2001-01-01T00:00:00Z", end_date="2001-02-01T00:00:00Z")
    old = len(seen.rows)
    yield rule("filter.dates", "must", seen.ok and not old, f"{old} cases from January 2001" if old else seen.brief)
    seen = server.get("requests", known.form, start_date="yesterday")
    yield rule("filter.bad_date", "should", seen.status == 400, seen.brief)


def extensions(server: Server, known: Known) -> Iterator[Finding]:
    """What many servers have beyond the standard. Nothing of it is promised."""
    cases = known.cases
    page = server.get("requests", known.form, page="1", page_size="1")
    few = len(page.rows) == 1 if len(cases) > 1 and page.ok else None
    yield quirk("paging", few, "page and page_size are obeyed")
    updates = server.get("servicerequestupdates", known.form)
    yield quirk("updates", _is_list(updates), "GET servicerequestupdates answers", "status: {way: updates}")
    count = server.get("requests", known.form, just_count="true")
    counted = count.ok and len(count.rows) == 1 and any("count" in key for key in count.rows[0])
    yield quirk("just_count", counted, "just_count=true gives a number")
    more = server.get("requests", known.form, extensions="true")
    plain = {key for row in cases for key in row}
    added = sorted({key for row in more.rows for key in row} - plain)
    yield quirk("extensions", bool(cases) and bool(added), _list("extensions=true adds", added), "status.params")
    point = next((found for row in cases if (found := judging.point_of(row))), None)
    if point is not None:
        yield _area(server, known, point)
        seen = server.get("coverage", known.form, lat=str(point[0]), long=str(point[1]))
        covered = seen.ok and any("result" in row or "hash" in row for row in seen.rows)
        yield quirk("coverage", covered, "GET coverage tells whether a point is inside")
    ids = judging.ids_of(cases)
    if ids:
        seen = server.get(f"requests/comments/{quote(ids[0], safe='')}", known.form)
        listed = _is_list(seen) and not judging.ids_of(seen.rows)[1:] and "comment" in _keys(seen)
        yield quirk("comments", listed, "GET requests/comments/{id} answers", "changes: {path: requests/comments/…}")


def dress(seen: Seen) -> Iterator[Finding]:
    odd = seen.document.oddities if seen.document else ()
    yield quirk("json.wrapped", "wrapped" in odd, "the list stands inside an object")
    yield quirk("json.content_type", "content_type" in odd, seen.content_type or "no content type")


def _area(server: Server, known: Known, point: tuple[float, float]) -> Finding:
    """Cases around a point; some servers only where no id is asked for."""
    far = [row for row in known.cases if (at := judging.point_of(row)) and _apart(at, point) > NEAR]
    seen = server.get("requests", known.form, lat=str(point[0]), long=str(point[1]))
    near = [row for row in seen.rows if (at := judging.point_of(row)) and _apart(at, point) > NEAR]
    there = bool(seen.ok and seen.rows and not near) if far else None
    return quirk("area_filter", there, "lat and long in GET requests give the cases around")


def _apart(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def _needs_point(seen: Seen) -> bool:
    words = judging.said(seen).lower()
    return seen.status == 400 and any(word in words for word in ("lat", "location", "address"))


def _wrapped(seen: Seen) -> bool:
    """In the standard `attributes` is a list inside the one definition."""
    rows = seen.rows
    if seen.document is None or len(rows) != 1 or "code" in rows[0]:
        return len(rows) > 1 or (len(rows) == 1 and "code" in rows[0])
    return "attributes" in rows[0] and isinstance(rows[0]["attributes"], dict)


def _keys(seen: Seen) -> set[str]:
    return {key for row in seen.rows for key in row} or {"comment"}


def _is_list(seen: Seen, form: str | None = None) -> bool:
    fits = seen.document is not None and form in (None, seen.document.form)
    return seen.ok and fits and "bare" not in (seen.document.oddities if seen.document else ())


def _absent(rows: list[Row], names: tuple[str, ...]) -> tuple[bool, str]:
    lacking = [name for name in names if any(name not in row for row in rows)]
    return not lacking, _list("some lack", lacking)


def _empty(rows: list[Row], names: tuple[str, ...]) -> tuple[bool, str]:
    lacking = judging.missing(rows, names)
    return not lacking, _list("some lack", lacking)


def _counted(found: list[Service]) -> str:
    return ", ".join(
        f"{sum(s.type == kind for s in found)} {kind}" for kind in TYPES if any(s.type == kind for s in found)
    )


def _list(word: str, items: list[str]) -> str:
    return f"{word} {', '.join(items)}" if items else ""
