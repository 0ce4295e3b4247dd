"""The profile of a GeoReport v2 server: one YAML file says everything in which it differs from another.

Every key has a meaning of its own; an unknown one is refused with the allowed ones named. docs/reference/forwarding.md
lists them for the city's staff.
"""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

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
PLACEHOLDERS = ("ticket_number", "service_code", "since")


class LookUp(Strict):
    """How to find a case by our own number: GET requests with `params`, then `match` is compared in every row."""

    params: dict[str, str]  # values may hold {ticket_number}, {service_code}, {since}
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
    repeat: bool = False  # several pictures: repeat the field; otherwise only the first goes


class Changes(Strict):
    """What happens to a case after it was made: POST servicerequestupdates."""

    events: tuple[Literal["corrected", "supplemented", "withdrawn", "reopened", "rated"], ...] = ()
    key_field: str | None = "update_id"  # our own id of the update
    keeps_key: bool = False  # the server takes the same key only once: after an unclear answer it is sent again
    fields: bool = False  # the server takes service_code, address_string, lat, long and attributes here too
    status: dict[str, str] = Field(default_factory=lambda: {"withdrawn": "closed", "reopened": "open"})
    default_status: str | None = "unchanged"
    # What the description says, line by line: first the event's label, then each fact of the event that has a line.
    labels: dict[str, str] = Field(default_factory=dict)
    lines: dict[str, str] = Field(default_factory=lambda: dict.fromkeys(("text", "reason", "comment"), "{value}"))
    extra: dict[str, str] = Field(default_factory=dict)  # form fields that are always sent


class Status(Strict):
    """How news comes back. `words` maps the server's status words to ours; a word that is not there is kept, never
    guessed."""

    way: Literal["updates", "requests", "push", "none"] = "updates"
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
    no_id: bool = False  # a blackbox: it never gives an id; an empty list is an acceptance


class Profile(Common):
    kind: Literal["open311"]
    format: Literal["json"] = "json"
    api_key_env: str | None = None
    jurisdiction_id: str | None = None
    idempotency_header: str | None = None  # the server keeps this key: the same one makes no second case
    account_id: str | None = None  # a fixed account; "{ticket_number}" puts our number there
    description_limit: int = Field(default=4000, ge=100, le=4000)  # characters
    services: dict[str, str] = Field(default_factory=dict)  # our code → theirs, where it differs
    attributes: dict[str, str] = Field(default_factory=dict)  # fact → form field
    # Facts that the server has no field for, as last lines of the description: fact → "发生时间：{value}"
    description_lines: dict[str, str] = Field(default_factory=dict)
    extra: dict[str, str] = Field(default_factory=dict)  # form fields that are always sent
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

    @field_validator("attributes", "description_lines")
    @classmethod
    def known_facts(cls, attributes: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(attributes) - set(FACTS))
        if unknown:
            raise ValueError(f"unknown {', '.join(unknown)}; allowed: {', '.join(FACTS)}")
        return attributes


def load_profile(path: Path) -> Profile:
    """Raises CityError."""
    return parse_profile(Profile, read_document(path), path)
