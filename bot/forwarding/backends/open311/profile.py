"""The profile of a GeoReport v2 server: one YAML file says everything in which it differs from another.

Every key has a meaning of its own; an unknown one is refused with the allowed ones named. docs/reference/forwarding.md
lists them for the city's staff.
"""

from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from bot.forwarding.backends.durations import Span, parse
from bot.forwarding.backends.profiles import Common, Strict, parse_profile, read_document
from bot.forwarding.backends.rows import StatusWords

FACTS = (
    "ticket_number",
    "place_code",
    "grid",
    "language",
    "urgency",
    "occurred",
    "anonymous",
    "confidential",
)  # facts of a ticket that may go into a form field of the server's own
PLACEHOLDERS = ("ticket_number", "service_code", "since", "lat", "long")
Event = Literal["corrected", "supplemented", "withdrawn", "reopened", "rated"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


# One value or a list of them; a list is sent as a repeated field.
Several = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class LookUp(Strict):
    """How to find a case by our own number: GET requests with `params`, then `match` is compared in every row."""

    # Values may hold {ticket_number}, {service_code}, {since}, {lat}, {long}; what has no value is not asked.
    params: dict[str, str]
    match: str  # the field of the answer that holds our number; attributes.x reaches inside
    contains: bool = False  # the number stands somewhere in that field (a description)

    @field_validator("params")
    @classmethod
    def known_placeholders(cls, params: dict[str, str]) -> dict[str, str]:
        for name, template in params.items():
            try:
                template.format_map(dict.fromkeys(PLACEHOLDERS, ""))
            except (KeyError, ValueError, IndexError) as error:
                raise ValueError(f"{name} may only use {{{'}, {'.join(PLACEHOLDERS)}}}") from error
        return params


class OwnNumber(Strict):
    """Where our ticket number goes, so that it can be found again."""

    field: str | None = None  # a form field of its own, such as attribute[ticket_number]
    look_up: LookUp | None = None  # None: the server cannot be searched; an unclear answer waits for a person


class Contact(Strict):
    """Form fields for the resident's name and phone; None: not sent. Never for an anonymous or confidential ticket."""

    name: str | None = "first_name"
    phone: str | None = "phone"


class Media(Strict):
    field: str | None = "media_url"  # None: pictures are not sent
    # url: our signed address; multipart: the file itself; base64: the file as text in the form
    way: Literal["url", "multipart", "base64"] = "url"
    repeat: bool = False  # several pictures: repeat the field; otherwise only the first goes
    most: int = Field(default=5, ge=1, le=20)  # pictures of one request
    max_bytes: int = Field(default=10_000_000, ge=1000, le=50_000_000)  # of a file; a larger one stays behind


class Call(Strict):
    """One request that tells of a change. A name that is None is not sent."""

    method: Literal["POST", "PUT", "PATCH"] = "POST"
    path: str = "servicerequestupdates"  # below base_url, without suffix; {case_id} stands for the case's id
    id_field: str | None = "service_request_id"
    time_field: str | None = "updated_datetime"
    status_field: str | None = "status"
    text_field: str | None = "description"
    # Service, place and attributes: those that changed, or as they are now for servers that want them every time.
    facts: Literal["none", "changed", "present"] | None = None  # None: as changes.fields says
    extra: dict[str, Several] = Field(default_factory=dict)

    @field_validator("path")
    @classmethod
    def known_placeholder(cls, path: str) -> str:
        if path.replace("{case_id}", "").strip("/") == "" or "{" in path.replace("{case_id}", "") or ".." in path:
            raise ValueError("path is below base_url and may only use {case_id}")
        return path.strip("/")


class Changes(Strict):
    """What happens to a case after it was made: POST servicerequestupdates, or as `call` and `calls` say."""

    events: tuple[Event, ...] = ()
    call: Call = Call()
    calls: dict[Event, Call] = Field(default_factory=dict)  # for events that go another way
    key_field: str | None = "update_id"  # our own id of the update
    keeps_key: bool = False  # the server takes the same key only once: after an unclear answer it is sent again
    fields: bool = False  # the server takes service_code, address_string, lat, long and attributes here too
    status: dict[str, str] = Field(default_factory=lambda: {"withdrawn": "closed", "reopened": "open"})
    default_status: str | None = "unchanged"
    # What the description says, line by line: first the event's label, then each fact of the event that has a line.
    labels: dict[str, str] = Field(default_factory=dict)
    lines: dict[str, str] = Field(default_factory=lambda: dict.fromkeys(("text", "reason", "comment"), "{value}"))
    extra: dict[str, Several] = Field(default_factory=dict)  # form fields that are always sent


class Status(Strict):
    """How news comes back. `words` maps the server's status words to ours; a word that is not there is kept, never
    guessed."""

    # updates: GET servicerequestupdates; requests: our open cases by id; changed_requests: the cases that changed
    way: Literal["updates", "requests", "changed_requests", "push", "none"] = "updates"
    since_param: str = "start_date"  # with updates and changed_requests: says from when on
    poll: Span = parse("20s")
    overlap: Span = parse("10m")  # asked for again each time, for clocks that differ
    params: dict[str, str] = Field(default_factory=dict)
    skip: dict[str, str] = Field(default_factory=dict)  # rows with this value are our own and no news
    field: str = "status"
    words: StatusWords = Field(default_factory=dict)
    push_secrets_env: str | None = None  # whsec_… of POST /backend/webhooks/<name>, several with a blank between


class Quirks(Strict):
    server_error: Literal["ambiguous", "not_taken"] = "ambiguous"  # what a 500 means for the ticket
    duplicate_words: tuple[str, ...] = ()  # in a 400, 409 or 422: it says that it has this case already
    no_id: bool = False  # a blackbox: it never gives an id; an answer without one is an acceptance
    needs_point: bool = False  # an address alone is refused: such a ticket goes to a person at once


class Profile(Common):
    kind: Literal["open311"]
    format: Literal["json", "xml"] = "json"
    suffix: bool = True  # the format stands behind the path (.json); False: only in the Accept header
    discovery: bool = False  # base_url is the discovery document that names the endpoint
    definitions: bool = False  # ask for the services' types and definitions, and fit the attributes to them
    timezone: str | None = None  # of moments that come without an offset; None: UTC
    api_key_env: str | None = None
    api_key_header: str | None = None  # "Name: …{key}…" for servers that want the key there and not in the form
    jurisdiction_id: str | None = None
    idempotency_header: str | None = None  # the server keeps this key: the same one makes no second case
    account_id: str | None = None  # a fixed account; "{ticket_number}" puts our number there
    description_limit: int = Field(default=4000, ge=100, le=4000)  # characters
    services: dict[str, str] = Field(default_factory=dict)  # our code → theirs, where it differs
    attributes: dict[str, str] = Field(default_factory=dict)  # fact → form field
    # Fact → our value → theirs; a list is sent as several values of attribute[…][].
    values: dict[str, dict[str, Several]] = Field(default_factory=dict)
    # Facts that the server has no field for, as last lines of the description: fact → "发生时间：{value}"
    description_lines: dict[str, str] = Field(default_factory=dict)
    extra: dict[str, Several] = Field(default_factory=dict)  # form fields that are always sent
    own_number: OwnNumber
    contact: Contact = Contact()
    media: Media = Media()
    changes: Changes = Changes()
    status: Status = Status()
    quirks: Quirks = Quirks()

    @model_validator(mode="after")
    def number_goes_along(self) -> "Profile":
        if not self.own_number.field and "ticket_number" not in self.description_lines:
            raise ValueError("set own_number.field or description_lines.ticket_number: a ticket must carry its number")
        return self

    @field_validator("timezone")
    @classmethod
    def known_zone(cls, name: str | None) -> str | None:
        try:
            return name if name is None else ZoneInfo(name).key
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"{name!r} is no time zone; write it like Asia/Shanghai") from error

    @field_validator("api_key_header")
    @classmethod
    def whole_header(cls, template: str | None) -> str | None:
        name, _, value = (template or "").partition(":")
        if template is not None and (not name.strip() or "{key}" not in value or "\n" in template):
            raise ValueError('write it like "Authorization: Bearer {key}"')
        return template

    @field_validator("attributes", "description_lines", "values")
    @classmethod
    def known_facts(cls, attributes: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(attributes) - set(FACTS))
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; allowed: {', '.join(FACTS)}")
        return attributes


def load_profile(path: Path) -> Profile:
    """Raises CityError."""
    return parse_profile(Profile, read_document(path), path)
