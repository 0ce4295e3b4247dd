"""What the chat API takes, checked strictly: unknown names are refused, nothing is converted or cut."""

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bot.channels.web.refusals import Refused, refused_from
from bot.intake.inbox import MAX_TEXT
from language.clean import clean

MAX_ID = 128  # characters
MAX_PAYLOAD = 200  # characters of a button's payload
MAX_UPLOADS = 10  # pictures in one message


def _cleaned(value: Any) -> Any:
    """NUL, control characters and halves of an emoji would not survive storing; they are replaced, not refused."""
    return clean(value) if isinstance(value, str) else value


def _plain(value: str) -> str:
    if clean(value) != value or "\n" in value or "\t" in value:
        raise ValueError("control characters are not allowed here")
    return value


Id = Annotated[str, Field(min_length=1, max_length=MAX_ID), AfterValidator(_plain)]
Text = Annotated[str, BeforeValidator(_cleaned)]
Payload = Annotated[str, Field(min_length=1, max_length=MAX_PAYLOAD), AfterValidator(_plain)]
Language = Literal["zh", "en"]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Location(_Strict):
    """WGS-84 degrees; whether it lies in the county is the conversation's matter."""

    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)


class SessionBody(_Strict):
    language: Language | None = None


class MessageBody(_Strict):
    id: Id
    text: Text | None = None
    button: Payload | None = None
    location: Location | None = None
    uploads: Annotated[list[Id], Field(max_length=MAX_UPLOADS)] | None = None
    language: Language | None = None

    @model_validator(mode="after")
    def says_something(self) -> "MessageBody":
        words = bool(self.text and self.text.strip())
        if not (words or self.button or self.location or self.uploads):
            raise ValueError("the message is empty; send text, a button, a location or uploads")
        if self.button and (words or self.location or self.uploads):
            raise ValueError("a button comes alone; send the rest as a message of its own")
        return self


Body = TypeVar("Body", bound=_Strict)


def read_body(kind: type[Body], raw: bytes) -> Body:
    """The body as `kind`; an empty body counts as {}. Raises Refused (400, or 413 for a text that is too long)."""
    try:
        document = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the body is not JSON; send a JSON object in UTF-8") from error
    if isinstance(document, dict) and isinstance(document.get("text"), str) and len(document["text"]) > MAX_TEXT:
        raise Refused(413, f"the text is longer than {MAX_TEXT} characters; send it in parts")
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise refused_from(error) from error
