"""The linter of a city's folder: what is wrong (errors) and what nobody has confirmed yet (notes)."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.intake.calendar import Calendar
from bot.intake.catalogue import TICKET_PREFIXES
from bot.intake.city import City
from bot.intake.errors import CityError
from bot.intake.knowledge import Knowledge
from bot.intake.phrases import LANGUAGES, placeholders

FEW = 15  # examples a service needs at least before it can be told from others
URGENCIES = ("normal", "urgent", "emergency")
KINDS = ("township", "village", "community", "road", "poi", "compound")


@dataclass(frozen=True)
class Finding:
    severity: str  # error: must be mended; note: works, but is not confirmed or is thin
    where: str
    what: str


def check_city(folder: Path) -> list[Finding]:
    """Everything that is wrong, errors first. A file that cannot be read at all ends the check with one error."""
    try:
        city = City.load(folder)
        Knowledge.load(folder)
        Calendar.load(folder, city.timezone)
    except CityError as error:
        return [Finding("error", str(folder), str(error))]
    findings = [
        *_whole("services.yml", _services(folder)),
        *_whole("examples", _examples(folder, city)),
        *_whole("places.csv", _places(folder, city)),
        *_whole("phrases", _phrases(folder)),
        *_hotlines(city),
    ]
    return sorted(findings, key=lambda finding: finding.severity)


def _whole(where: str, found: Iterator[Finding]) -> Iterator[Finding]:
    """The findings; a file of a shape that the check cannot go through is one more."""
    try:
        yield from found
    except (OSError, ValueError, TypeError, AttributeError, LookupError, yaml.YAMLError) as error:
        yield Finding("error", where, f"cannot be checked to its end: {error!r}; mend this first")


def _services(folder: Path) -> Iterator[Finding]:
    document = yaml.safe_load((folder / "services.yml").read_text(encoding="utf-8"))
    where = "services.yml"
    codes = Counter(entry["code"] for entry in document["services"])
    for code, count in codes.items():
        if count > 1:
            yield Finding("error", where, f"{code} stands {count} times; a code names one service")
    for entry in document["services"]:
        yield from _service(entry, where)
    unverified = sum(not e["limit_verified"] for e in document["services"] if e["limit_hours"])
    if unverified:
        yield Finding("note", where, f"{unverified} time limits are not confirmed by the bureau")


def _service(entry: dict[str, Any], where: str) -> Iterator[Finding]:
    code = entry["code"]
    for part in ("name", "short", "group", "department"):
        for language in LANGUAGES:
            if not (entry.get(part) or {}).get(language):
                yield Finding("error", where, f"{code} has no {part} in '{language}'")
    if entry["urgency"] not in URGENCIES:
        yield Finding("error", where, f"{code}: urgency '{entry['urgency']}' is none of {', '.join(URGENCIES)}")
    if not isinstance(entry["limit_hours"], int) or entry["limit_hours"] < 0:
        yield Finding("error", where, f"{code}: limit_hours must be a whole number of hours, 0 for no clock")


def _examples(folder: Path, city: City) -> Iterator[Finding]:
    present = {path.stem: path for path in (folder / "examples").glob("*.yml")}
    for code in city.catalogue.services:
        if not code.startswith(TICKET_PREFIXES):
            continue
        if code not in present:
            yield Finding("error", f"examples/{code}.yml", "is missing; a service without examples is never recognised")
            continue
        document = yaml.safe_load(present[code].read_text(encoding="utf-8"))
        if document.get("service") != code:
            yield Finding("error", f"examples/{code}.yml", f"says it is for {document.get('service')}")
        for language, least in (("zh", FEW), ("en", 1)):
            count = len(document.get(language) or ())
            if count < least:
                yield Finding("error", f"examples/{code}.yml", f"has {count} examples in '{language}', needs {least}")
    for code in sorted(set(present) - set(city.catalogue.services)):
        yield Finding("error", f"examples/{code}.yml", "is for a service that services.yml does not hold")


def _places(folder: Path, city: City) -> Iterator[Finding]:
    where = "places.csv"
    with (folder / where).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        yield Finding("error", where, "holds no places")
    names = {row["name"] for row in rows} | {city.name["zh"], f"{city.name['zh']}城区"}
    codes = Counter(row["code"] for row in rows if row["code"])
    for code, count in codes.items():
        if count > 1:
            yield Finding("error", where, f"code {code} stands {count} times")
    for row in rows:
        if row["kind"] not in KINDS:
            yield Finding("error", where, f"{row['name']}: kind '{row['kind']}' is none of {', '.join(KINDS)}")
        if row["parent"] not in names:
            yield Finding("error", where, f"{row['name']}: the unit above it, {row['parent']}, is not in the file")
        if row["lat"] or row["lon"]:
            yield from _position(row, city, where)
    unverified = sum(row["confidence"] == "unverified" for row in rows)
    if unverified:
        yield Finding("note", where, f"{unverified} places are not verified")


def _position(row: dict[str, str], city: City, where: str) -> Iterator[Finding]:
    try:
        inside = city.bounds.holds(float(row["lat"]), float(row["lon"]))
    except ValueError:
        yield Finding("error", where, f"{row['name']}: its position must be two numbers, lat and lon, or neither")
        return
    if not inside:
        yield Finding("error", where, f"{row['name']}: its position is not within the city's bounds")


def _phrases(folder: Path) -> Iterator[Finding]:
    tables = {
        language: yaml.safe_load((folder / "phrases" / f"{language}.yml").read_text(encoding="utf-8"))
        for language in LANGUAGES
    }
    every = {key for table in tables.values() for key in table}
    for key in sorted(every):
        lacking = [language for language, table in tables.items() if key not in table]
        for language in lacking:
            yield Finding("error", f"phrases/{language}.yml", f"lacks '{key}'")
        if not lacking and len({frozenset(placeholders(str(table[key]))) for table in tables.values()}) > 1:
            yield Finding("error", "phrases", f"'{key}' has different {{placeholders}} in its languages")


def _hotlines(city: City) -> Iterator[Finding]:
    for name, number in city.hotlines.local.items():
        if not number:
            yield Finding("note", "hotlines.yml", f"{name} is not known; {city.hotlines.fallback} is given instead")
