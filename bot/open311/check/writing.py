"""What can only be told by filing cases. Every case says in its words that it is a test."""

import base64
import secrets
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from bot.open311.check import judging
from bot.open311.check.findings import Finding, Level, quirk, rule
from bot.open311.check.reading import NOBODY, Known, request_rows
from bot.open311.check.server import Files, Pairs, Seen, Server
from bot.open311.documents import text_of
from bot.open311.services import Attribute, Service

WORDS = "测试，请忽略 / a test of this interface, please ignore"
MAIL = "open311-check@example.org"
ADDRESS = "测试地址 / test address"
POLLS = 4  # questions about a token
PAUSE = 0.5  # seconds between them, and before a new case is looked for again
DUPLICATE = ("duplicate", "already exist", "重复")
SOME_DATE = "2026-01-01T00:00:00Z"
# One grey pixel; its metadata-free PNG is the smallest picture that every server takes.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")


@dataclass(frozen=True)
class Ground:
    """Where and as what the test cases are filed."""

    service: Service
    lat: float
    long: float
    attributes: tuple[Attribute, ...] = ()

    def form(self, *without: str, **instead: str) -> Pairs:
        """A good form with other words each time, less the fields named in `without`."""
        values = {
            "service_code": self.service.code,
            "lat": f"{self.lat:.6f}",
            "long": f"{self.long:.6f}",
            "description": f"{WORDS} ({secrets.token_hex(4)})",
        }
        told = {name: value for name, value in (values | instead).items() if name not in without}
        return [*told.items(), *(pair for attribute in self.attributes for pair in _filled(attribute))]


def ground_for(known: Known, service_code: str | None, at: tuple[float, float]) -> Ground | None:
    """The named service, or the first that asks for nothing; None where there is none. `at`: degrees."""
    named = [service for service in known.services if service_code in (None, service.code)]
    asking = {code: [a for a in found if a.required and a.variable] for code, found in known.definitions.items()}
    service = min(named, key=lambda each: len(asking.get(each.code, [])), default=None)
    if service is None:
        return None
    return Ground(service, *at, tuple(asking.get(service.code, [])))


def write_all(server: Server, known: Known, ground: Ground) -> Iterator[Finding]:
    """About ten cases are filed; fewer where the server refuses."""
    needs_mail = yield from _filing(server, known, ground)
    always: dict[str, str] = {"email": MAIL} if needs_mail else {}
    yield from _refusals(server, known, ground, always)
    yield from _repeat(server, known, ground, always)
    yield from _places(server, known, ground, always)
    yield from _pictures(server, known, ground, always)
    yield from _updates(server, known, ground, always)


def _filing(server: Server, known: Known, ground: Ground) -> Generator[Finding, None, bool]:
    """Files one case and follows it. Returns whether the server insists on an e-mail address."""
    seen = server.post("requests", ground.form(), known.form)
    needs_mail = seen.status == 400 and "mail" in judging.said(seen).lower()
    yield quirk("post.needs_email", needs_mail, judging.said(seen), "extra: {email: …}")
    if needs_mail:
        seen = server.post("requests", ground.form(email=MAIL), known.form)
    row = seen.rows[0] if seen.rows else {}
    case, token = text_of(row.get("service_request_id")), text_of(row.get("token"))
    none = ground.service.type == "blackbox"
    yield rule("post.accepts", "must", seen.ok, judging.said(seen) or seen.brief)
    if not seen.ok:
        return needs_mail
    yield rule("post.names_one", "must", none or (case is None) != (token is None), _named(case, token))
    odd = seen.document is not None and "bare" in seen.document.oddities
    yield rule("post.list", "must", len(seen.rows) == 1 and not odd, seen.brief)
    if token is not None and case is None:
        case = yield from _token(server, known, token)
    if case is not None:
        yield from _read_back(server, known, case)
    return needs_mail


def _token(server: Server, known: Known, token: str) -> Generator[Finding, None, str | None]:
    """Returns the id, None where the token does not resolve while we ask."""
    case, seen = None, Seen(0)
    for turn in range(POLLS):
        time.sleep(PAUSE if turn else 0)
        seen = server.get(f"tokens/{quote(token, safe='')}", known.form)
        case = text_of(seen.rows[0].get("service_request_id")) if seen.rows else None
        if case is not None:
            break
    yield rule("token.answers", "must", seen.ok or seen.status == 404, seen.brief)
    yield quirk("token.slow", case is None, f"no id after {POLLS} questions", "token_schedule: […]")
    return case


def _read_back(server: Server, known: Known, case: str) -> Iterator[Finding]:
    seen = server.get(f"requests/{quote(case, safe='')}", known.form)
    if not seen.rows:
        time.sleep(PAUSE)
        seen = server.get(f"requests/{quote(case, safe='')}", known.form)
    there = judging.ids_of(seen.rows) == [case]
    yield rule("post.found_again", "must", there, f"{case}: {seen.brief}")
    if there and not known.cases:  # nothing could be looked at before
        yield from request_rows(seen, known)


def _refusals(server: Server, known: Known, ground: Ground, always: dict[str, str]) -> Iterator[Finding]:
    cases = {
        "post.no_service": (ground.form("service_code", **always), (400, 404)),
        "post.unknown_service": (ground.form(service_code=NOBODY, **always), (400, 404)),
        "post.no_place": (ground.form("lat", "long", **always), (400,)),
        "post.half_a_place": (ground.form("long", **always), (400,)),
        "post.bad_place": (ground.form(lat="north", **always), (400,)),
    }
    for name, (form, wanted) in cases.items():
        seen = server.post("requests", form, known.form)
        level: Level = "must" if name in ("post.no_service", "post.unknown_service") else "should"
        yield rule(name, level, seen.status in wanted, judging.said(seen) or seen.brief)
        yield quirk(f"{name}_500", seen.status >= 500, "answers 500 to a mistake of the caller", _NOT_TAKEN)
        if seen.status in wanted:
            yield rule(f"{name}_told", "must", judging.is_error_list(seen), judging.said(seen) or seen.brief)
    wordless = server.post("requests", ground.form("description", **always), known.form)
    yield quirk("post.needs_words_or_photo", wordless.status == 400, judging.said(wordless))
    if server.api_key:
        seen = server.post("requests", ground.form(api_key=NOBODY, **always), known.form)
        yield rule("post.wrong_key", "must", seen.status == 403, seen.brief)


_NOT_TAKEN = "quirks: {server_error: not_taken} where nothing is filed then"


def _repeat(server: Server, known: Known, ground: Ground, always: dict[str, str]) -> Iterator[Finding]:
    """The same words at the same place twice."""
    form = ground.form(**always)
    first, second = (server.post("requests", form, known.form) for _ in range(2))
    words = judging.said(second).lower()
    refused = first.ok and second.status >= 400 and any(word in words for word in DUPLICATE)
    yield quirk("post.duplicate_refused", refused, judging.said(second), "quirks: {duplicate_words: […]}")
    same = bool(judging.ids_of(first.rows)) and judging.ids_of(first.rows) == judging.ids_of(second.rows)
    yield quirk("post.duplicate_known", same, "the same words at the same place give the same case")


def _places(server: Server, known: Known, ground: Ground, always: dict[str, str]) -> Iterator[Finding]:
    seen = server.post("requests", ground.form("lat", "long", address_string=ADDRESS, **always), known.form)
    refused = 400 <= seen.status < 500
    yield quirk("post.address_refused", refused, judging.said(seen) or seen.brief, "quirks: {needs_point: true}")


def _pictures(server: Server, known: Known, ground: Ground, always: dict[str, str]) -> Iterator[Finding]:
    """Each way of sending one, and whether the case has it afterwards."""
    address = "https://example.org/open311-check.png"
    encoded = base64.b64encode(PIXEL).decode()
    ways: tuple[tuple[str, Pairs, Files | None, str], ...] = (
        ("url", [("media_url", address)], None, "media: {way: url}"),
        ("multipart", [], {"media": ("test.png", PIXEL, "image/png")}, "media: {way: multipart}"),
        ("base64", [("media", encoded)], None, "media: {way: base64, field: media}"),
    )
    for name, more, files, advice in ways:
        seen = server.post("requests", [*ground.form(**always), *more], known.form, files)
        case = next(iter(judging.ids_of(seen.rows)), None)
        if case is None:
            taken = False if seen.status >= 400 else None
            yield quirk(f"media.{name}", taken, "the case cannot be read back", advice)
            continue
        back = server.get(f"requests/{quote(case, safe='')}", known.form)
        shown = any(text_of(row.get("media_url")) or judging.inner(row, "media_urls") for row in back.rows)
        yield quirk(f"media.{name}", shown, f"the case {case} has the picture", advice)


def _updates(server: Server, known: Known, ground: Ground, always: dict[str, str]) -> Iterator[Finding]:
    filed = server.post("requests", ground.form(**always), known.form)
    case = next(iter(judging.ids_of(filed.rows)), None)
    if case is None:
        return
    pairs = [("service_request_id", case), ("description", WORDS), ("updated_datetime", SOME_DATE), *always.items()]
    seen = server.post("servicerequestupdates", [*pairs, ("status", "open"), ("update_id", NOBODY)], known.form)
    yield quirk("updates.post", seen.ok, "POST servicerequestupdates is taken", "changes: {events: […]}")


def _filled(attribute: Attribute) -> Pairs:
    field = f"attribute[{attribute.code}]" + ("[]" if attribute.datatype == "multivaluelist" else "")
    plain = {"number": "1", "datetime": SOME_DATE}.get(attribute.datatype, "test")
    return [(field, attribute.values[0][0] if attribute.values else plain)]


def _named(case: str | None, token: str | None) -> str:
    told = [f"service_request_id {case}" * (case is not None), f"token {token}" * (token is not None)]
    return " and ".join(part for part in told if part) or "neither id nor token"
