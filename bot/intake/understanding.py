"""What the engine understood of one message, in our own types (the document of interfaces.md §2)."""

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import Any

from bot.intake.errors import EngineSilent


@dataclass(frozen=True)
class Request:
    """One problem. `ranking` is best first; `confidence` is calibrated."""

    service_code: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Mention:
    """One place as named; `code` only where exactly one official place is meant."""

    text: str
    start: int
    end: int
    kind: str
    code: str | None
    candidates: tuple[str, ...]
    inside: bool
    name: str | None = None  # the right characters where the resident wrote a homophone


@dataclass(frozen=True)
class Understanding:
    act: str
    intent: str
    language: str
    requests: tuple[Request, ...]
    places: tuple[Mention, ...]
    danger: str | None  # kind of danger that is present now
    ranking: tuple[tuple[str, float], ...] = ()  # services for the whole message, whatever its act
    overruled: bool = False  # the rules hear danger in the text, the engine's danger head is sure there is none

    def knowing(self, codes: Container[str]) -> "Understanding":
        """Without services that the city's folder does not hold, as an older model may name them."""
        requests = []
        for request in self.requests:
            ranking = tuple((code, share) for code, share in request.ranking if code in codes)
            if ranking:
                requests.append(replace(request, service_code=ranking[0][0], confidence=ranking[0][1], ranking=ranking))
        ranking = tuple((code, share) for code, share in self.ranking if code in codes)
        return replace(self, requests=tuple(requests), ranking=ranking)

    @classmethod
    def read(cls, document: dict[str, Any]) -> "Understanding":
        """Raises EngineSilent where a part is missing: an incomplete answer is no answer."""
        try:
            emergency = document["emergency"]
            return cls(
                act=document["act"],
                intent=document.get("intent") or document["act"],
                language=document["language"],
                requests=tuple(_request(entry) for entry in document["requests"]),
                places=tuple(_mention(entry) for entry in document["places"]),
                ranking=tuple((str(code), float(share)) for code, share in document.get("ranking", ())),
                danger=(emergency.get("kind") or "injury") if emergency["is"] else None,
                overruled=not emergency["is"] and emergency.get("reason") == "overruled",
            )
        except (KeyError, TypeError, ValueError) as error:
            raise EngineSilent(f"the engine's answer lacks a part: {error!r}") from error


def _request(entry: dict[str, Any]) -> Request:
    ranking = tuple((str(code), float(share)) for code, share in entry["ranking"])
    return Request(
        entry["service_code"], float(entry["confidence"]), ranking, entry["text"], entry["start"], entry["end"]
    )


def _mention(entry: dict[str, Any]) -> Mention:
    return Mention(
        text=entry["text"],
        start=entry["start"],
        end=entry["end"],
        kind=entry["kind"],
        code=entry["code"],
        candidates=tuple(candidate["code"] for candidate in entry["candidates"]),
        inside=entry["inside"],
        name=entry.get("name"),
    )
