"""The city's official places, under every name that residents may use for them."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import yaml

from language.fold import fold
from nlu.places.homophones import HomophoneIndex

_OFFICIAL_TAILS = ("居民委员会", "村民委员会", "社区生活区", "行政村生活区", "生活区")
_TOWNSHIP_TAILS = ("街道", "镇", "乡")
_FAMILY_ENDING = "那"


@dataclass(frozen=True)
class Entry:
    """One official place."""

    name: str
    kind: str
    parent: str
    code: str | None


@dataclass(frozen=True)
class Hit:
    """A name of the gazetteer found in a text."""

    start: int
    end: int
    entries: tuple[Entry, ...]
    score: float
    explicit: bool


class Gazetteer:
    """Names of a city's places with fast longest-match lookup. Build with `load`; immutable afterwards."""

    def __init__(self, entries: list[Entry], aliases: dict[str, list[str]], city: dict) -> None:
        self.entries = entries
        self.by_code = {entry.code: entry for entry in entries if entry.code}
        self.townships = {entry.name: entry for entry in entries if entry.kind == "township"}
        self.city_name: str = (city.get("name") or {}).get("zh", "")
        self.names: dict[str, tuple[Entry, ...]] = _index(entries, aliases)
        self.outside: dict[str, str] = _outside_names(city)
        self.outside_roads: frozenset[str] = frozenset(city.get("outside_roads") or ())
        self._lengths: dict[str, tuple[int, ...]] = _lengths_by_first(self.names)
        self._outside_lengths = _lengths_by_first(self.outside)
        self.homophones = HomophoneIndex(name for name in self.names if len(name) >= 2)

    @classmethod
    def load(cls, folder: Path | str) -> Gazetteer:
        """Read places.csv, aliases.yml (optional) and city.yml (optional) of a city folder.

        Raises FileNotFoundError where places.csv is missing, ValueError where a column or a kind is wrong.
        """
        base = Path(folder)
        with (base / "places.csv").open(encoding="utf-8", newline="") as handle:
            entries = [_entry(row, number) for number, row in enumerate(csv.DictReader(handle), start=2)]
        aliases = _read_yaml(base / "aliases.yml").get("aliases") or {}
        return cls(entries, aliases, _read_yaml(base / "city.yml"))

    def longest_at(self, text: str, start: int) -> tuple[int, tuple[Entry, ...]] | None:
        """The longest name of the list that begins at start: its end and the places it may mean."""
        for length in self._lengths.get(text[start], ()):
            found = self.names.get(text[start : start + length])
            if found is not None:
                return start + length, found
        return None

    def outside_at(self, text: str, start: int) -> int | None:
        """End of the longest name of a place outside the county that begins at start."""
        for length in self._outside_lengths.get(text[start], ()):
            if text[start : start + length] in self.outside:
                return start + length
        return None


def _read_yaml(path: Path) -> dict:
    if not path.exists():
        return {}
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def _entry(row: dict[str, str], number: int) -> Entry:
    missing = {"name", "kind", "parent", "code"} - row.keys()
    if missing:
        raise ValueError(f"places.csv: column {sorted(missing)[0]} is missing")
    if row["kind"] not in {"township", "village", "community", "road", "poi", "compound"}:
        raise ValueError(f"places.csv line {number}: unknown kind {row['kind']!r}")
    return Entry(row["name"].strip(), row["kind"], row["parent"].strip(), row["code"].strip() or None)


def bare_name(entry: Entry) -> str:
    """The name without its official ending: 蒋庄居民委员会 -> 蒋庄, 址坊镇 -> 址坊."""
    name = entry.name.split("（")[0]
    if entry.kind == "township":
        for tail in _TOWNSHIP_TAILS:
            if name.endswith(tail) and len(name) - len(tail) >= 2:
                return name[: -len(tail)]
        return name
    for tail in _OFFICIAL_TAILS:
        if name.endswith(tail) and len(name) > len(tail):
            return name[: -len(tail)]
    return name


def spoken_names(entry: Entry) -> list[str]:
    """Every form residents use for a place, the official one included."""
    bare = bare_name(entry)
    full = entry.name.split("（")[0]
    if entry.kind == "township":
        forms = [full, bare, bare + "街道办", bare + "街道办事处", bare + "办事处", bare + "镇", bare + "乡"]
        if full.endswith(("镇", "乡")):
            forms += [full + "政府", bare + "街上"]
        return forms if not full.endswith("农场") else [full]
    if entry.kind == "village":
        forms = [full, bare, bare + "村", bare + "行政村", bare + "村委会", bare + "村委", bare + "大队"]
        if bare.endswith("村"):
            forms.append(bare[:-1])
        if bare.endswith(_FAMILY_ENDING):
            forms += [bare[:-1] + "家", bare[:-1] + "家村"]
        return [form for form in forms if len(form) >= 2]
    if entry.kind == "community":
        return [full, bare, bare + "社区", bare + "居委会", bare + "小区", bare + "村", bare + "生活区"]
    return [full]


def _index(entries: list[Entry], aliases: dict[str, list[str]]) -> dict[str, tuple[Entry, ...]]:
    table: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        forms = dict.fromkeys(spoken_names(entry) + list(aliases.get(entry.name, ())))
        for form in forms:
            table[fold(form).text].append(entry)
    return {name: tuple(found) for name, found in table.items()}


def _outside_names(city: dict) -> dict[str, str]:
    table: dict[str, str] = {}
    for neighbour in city.get("neighbours") or ():
        name = neighbour["name"]["zh"]
        for form in [name, *(neighbour.get("aliases") or ())]:
            table[form] = name
    return table


def _lengths_by_first(names: dict) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in names:
        lengths[name[0]].add(len(name))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
