"""The request being written: an immutable, versioned document."""

from dataclasses import asdict, dataclass, replace
from typing import Any

VERSION = 1


@dataclass(frozen=True)
class Place:
    """Where. `text` is what goes on the ticket; `candidates` are codes between which only the resident can choose."""

    text: str = ""
    code: str | None = None
    candidates: tuple[str, ...] = ()
    lat: float | None = None  # WGS-84
    lon: float | None = None
    vague: bool = False  # only "at my door": not enough to go there, unless the resident has nothing better

    @property
    def has_pin(self) -> bool:
        return self.lat is not None

    @property
    def enough(self) -> bool:
        """Whether somebody could find it."""
        return self.has_pin or (bool(self.text) and not self.vague)


NOWHERE = Place()


@dataclass(frozen=True)
class Line:
    """One problem on the card, to become one ticket."""

    text: str
    service_code: str | None = None  # None: not known yet what the matter is
    confidence: float = 0.0
    ranking: tuple[tuple[str, float], ...] = ()
    settled: bool = False  # the resident chose or corrected the service: not to be asked or guessed again
    place: Place = NOWHERE


@dataclass(frozen=True)
class Draft:
    """`expects` is the open question, `about` the line it is about; `asked` keeps every question from coming twice."""

    lines: tuple[Line, ...] = ()
    expects: str | None = None
    about: int = 0
    asked: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()
    pin: tuple[float, float] | None = None  # sent before it was known what for
    place: Place = NOWHERE  # named before any problem was
    occurred: str | None = None
    name: str | None = None
    phone: str | None = None
    no_contact: bool = False  # declined: never asked again
    anonymous: bool = False
    confidential: bool = False
    warned: tuple[str, ...] = ()  # kinds of danger answered already
    revision: int = 0  # part of the confirm button's payload, so that an old card cannot file a changed one
    joinable: str | None = None  # number of the open ticket that was offered for joining
    declined: tuple[str, ...] = ()  # numbers of offered tickets that it is not
    survey: str | None = None  # number of the ticket that is being rated
    greeted: bool = False  # the notice was given
    offered: bool = False  # left for a day or more and offered again: not a second time
    recent: tuple[str, ...] = ()  # numbers of the tickets filed last, newest first

    @property
    def empty(self) -> bool:
        """Whether nothing would be lost by dropping it."""
        return not (self.lines or self.photos or self.pin or self.place.text)

    def with_line(self, index: int, line: Line) -> "Draft":
        return replace(self, lines=(*self.lines[:index], line, *self.lines[index + 1 :]))

    def fresh(self) -> "Draft":
        """What remains of it when the request is filed or dropped."""
        return Draft(greeted=self.greeted, recent=self.recent, revision=self.revision + 1)

    def to_document(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_document(cls, version: int, document: dict[str, Any]) -> "Draft":
        """Raises ValueError where the document is of a version, or has a shape, that this code does not know."""
        if version != VERSION:
            raise ValueError(f"draft version {version} is not {VERSION}")
        try:
            lines = tuple(
                Line(
                    **{
                        **line,
                        "ranking": tuple((code, share) for code, share in line["ranking"]),
                        "place": _place(line["place"]),
                    }
                )
                for line in document["lines"]
            )
            rest: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in document.items()}
            rest |= {"lines": lines, "place": _place(document["place"])}
            return cls(**rest)
        except (KeyError, TypeError) as error:
            raise ValueError(f"the draft cannot be read: {error!r}") from error


def _place(document: dict[str, Any]) -> Place:
    return Place(**{**document, "candidates": tuple(document["candidates"])})
