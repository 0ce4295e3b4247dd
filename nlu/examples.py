"""Training examples of a city and of the acts, read from YAML; used by Rasa's importer and by the comparisons.

A city's services bring their names and phrases as examples too: they lift accuracy where few messages exist.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPORT = "report"
CITY_VARIABLE = "YIZHAN_CITY"
DEFAULT_CITY = Path("cities/xihua")
ACTS_FOLDER = Path("data/acts")
# The catalogue's rows that no ticket follows belong to intents; their phrases help the intents.
INTENT_OF_NT = {
    "NT-01": "greet",
    "NT-02": "thanks",
    "NT-03": "status",
    "NT-04": "ask",
    "NT-05": "praise",
    "NT-06": "suggest",
    "NT-07": "complain",
    "NT-08": "handoff",
    "NT-10": "out_of_scope",
}
TICKET_GROUPS = ("UM", "TR", "EM")


class ExamplesError(ValueError):
    """A file of examples cannot be used; the message names the file and what to correct."""


@dataclass(frozen=True)
class Example:
    """One training text. `service` is set for reports only; `source` is example, phrase or name."""

    text: str
    intent: str
    service: str | None
    source: str


def city_folder() -> Path:
    """The city to learn: the environment's choice, else the first city."""
    return Path(os.environ.get(CITY_VARIABLE) or DEFAULT_CITY)


def load_services(city: Path) -> list[dict[str, Any]]:
    """The rows of a city's catalogue, as written."""
    services = _read(city / "services.yml").get("services")
    if not isinstance(services, list) or not services:
        raise ExamplesError(f"{city / 'services.yml'} lists no services; write them under the key `services`.")
    return services


def load_examples(city: Path, acts: Path = ACTS_FOLDER) -> list[Example]:
    """All examples, without doubles, in a fixed order (so that a seed gives the same model)."""
    services = load_services(city)
    known = {str(service["code"]) for service in services}
    found: list[Example] = []
    for service in services:
        found += _from_catalogue(service)
    for path in sorted((city / "examples").glob("*.yml")):
        found += _from_service_file(path, known)
    for path in sorted(acts.glob("*.yml")):
        found += _from_act_file(path)
    return _without_doubles(found)


def digest(examples: list[Example]) -> str:
    """sha256 over the training data: the same data gives the same digest."""
    lines = sorted(f"{e.intent}\t{e.service or ''}\t{e.source}\t{e.text}" for e in examples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def counts(examples: list[Example]) -> dict[str, int]:
    """How many examples there are for each service and each intent."""
    return dict(sorted(Counter(e.service or e.intent for e in examples).items()))


def _from_catalogue(service: dict[str, Any]) -> list[Example]:
    code = str(service["code"])
    phrases = [str(phrase) for phrase in service.get("phrases") or []]
    if not code.startswith(TICKET_GROUPS):
        intent = INTENT_OF_NT.get(code)  # NT-09 mixes withdrawing, correcting and supplementing: left out
        return [Example(phrase, intent, None, "phrase") for phrase in phrases] if intent else []
    names = [service[key][language] for key in ("name", "short") for language in ("zh", "en")]
    parts = [part for name in names for part in str(name).replace("（", "、").replace("）", "").split("、")]
    return [Example(text, REPORT, code, "phrase") for text in phrases] + [
        Example(text, REPORT, code, "name") for text in dict.fromkeys([*map(str, names), *parts]) if len(text) > 1
    ]


def _from_service_file(path: Path, known: set[str]) -> list[Example]:
    content = _read(path)
    code = str(content.get("service"))
    if code not in known:
        raise ExamplesError(f"{path}: service {code!r} is not in services.yml; correct the key `service`.")
    if not code.startswith(TICKET_GROUPS):
        raise ExamplesError(f"{path}: {code} makes no ticket; its examples belong to {ACTS_FOLDER}.")
    return [Example(text, REPORT, code, "example") for text in _texts(path, content)]


def _from_act_file(path: Path) -> list[Example]:
    content = _read(path)
    intent = content.get("intent")
    if not isinstance(intent, str) or intent == REPORT:
        raise ExamplesError(f"{path}: the key `intent` must name an act's intent, not {intent!r}.")
    return [Example(text, intent, None, "example") for text in _texts(path, content)]


def _texts(path: Path, content: dict[str, Any]) -> list[str]:
    texts: list[str] = []
    for language in ("zh", "en"):
        for item in content.get(language) or []:
            if not isinstance(item, str | int | float) or isinstance(item, bool) or not str(item).strip():
                raise ExamplesError(f"{path}: {language} holds {item!r}; every item must be a text (quote it).")
            texts.append(str(item).strip())
    return texts


def _without_doubles(examples: list[Example]) -> list[Example]:
    """The first of equal texts stays: a catalogue's phrase that someone also wrote as an example counts once."""
    seen: dict[tuple[str, str | None], Example] = {}
    for example in examples:
        seen.setdefault((example.text, example.service or example.intent), example)
    return list(seen.values())


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ExamplesError(f"{path} is missing; choose a city folder that holds it.") from error
    except yaml.YAMLError as error:
        raise ExamplesError(f"{path} is no valid YAML: {error}. Quote texts that hold ': ' or '#'.") from error
    if not isinstance(content, dict):
        raise ExamplesError(f"{path} must hold keys and values at its top.")
    return content
