"""The city's official places, under every name that residents may use for them."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from language.fold import fold
from nlu.places.english import EnglishNames
from nlu.places.entries import Entry, spoken_names
from nlu.places.homophones import HomophoneIndex

_KINDS = frozenset({"township", "village", "community", "road", "poi", "compound"})


class Gazetteer:
    """Names of a city's places with fast longest-match lookup. Build with `load`; immutable afterwards."""

    def __init__(
        self,
        entries: list[Entry],
        aliases: dict[str, list[str]],
        city: dict[str, Any],
        lookalikes: dict[str, str] | None = None,
        outside: list[str] | None = None,
    ) -> None:
        self.entries = entries
        self.by_code = {entry.code: entry for entry in entries if entry.code}
        self.townships = {entry.name: entry for entry in entries if entry.kind == "township"}
        self.city_name: str = (city.get("name") or {}).get("zh", "")
        self.names: dict[str, tuple[Entry, ...]] = _index(entries, aliases)
        self.outside: dict[str, str] = _outside_names(city) | {name: name for name in outside or ()}
        self.outside_roads: frozenset[str] = frozenset(city.get("outside_roads") or ())
        self._lengths: dict[str, tuple[int, ...]] = _lengths_by_first(self.names)
        self._outside_lengths = _lengths_by_first(self.outside)
        self.homophones = HomophoneIndex((name for name in self.names if len(name) >= 2), lookalikes)
        self.english = EnglishNames(entries)

    @classmethod
    def load(cls, folder: Path | str) -> Gazetteer:
        """Read places.csv, aliases.yml (optional) and city.yml (optional) of a city folder.

        Raises FileNotFoundError where places.csv is missing, ValueError where a column or a kind is wrong.
        """
        base = Path(folder)
        with (base / "places.csv").open(encoding="utf-8", newline="") as handle:
            entries = [_entry(row, number) for number, row in enumerate(csv.DictReader(handle), start=2)]
        extra = _read_yaml(base / "aliases.yml")
        city = _read_yaml(base / "city.yml")
        return cls(entries, extra.get("aliases") or {}, city, extra.get("lookalikes"), extra.get("outside"))

    def longest_at(self, text: str, start: int) -> tuple[int, tuple[Entry, ...]] | None:
        """The longest name of the list that begins at start: its end and the places it may mean."""
        for length in self._lengths.get(text[start], ()):
            found = self.names.get(text[start : start + length])
            if found is not None and start + length <= len(text):
                return start + length, found
        return None

    def outside_at(self, text: str, start: int) -> int | None:
        """End of the longest name of a place outside the county that begins at start."""
        for length in self._outside_lengths.get(text[start], ()):
            if start + length <= len(text) and text[start : start + length] in self.outside:
                return start + length
        return None


def _read_yaml(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


def _entry(row: dict[str, str], number: int) -> Entry:
    missing = {"name", "kind", "parent", "code"} - row.keys()
    if missing:
        raise ValueError(f"places.csv: column {sorted(missing)[0]} is missing")
    if row["kind"] not in _KINDS:
        raise ValueError(f"places.csv line {number}: unknown kind {row['kind']!r}")
    return Entry(row["name"].strip(), row["kind"], row["parent"].strip(), row["code"].strip() or None)


def _index(entries: list[Entry], aliases: dict[str, list[str]]) -> dict[str, tuple[Entry, ...]]:
    table: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        forms = dict.fromkeys(spoken_names(entry) + list(aliases.get(entry.name, ())))
        for form in forms:
            table[fold(form).text].append(entry)
    return {name: tuple(found) for name, found in table.items()}


def _outside_names(city: dict[str, Any]) -> dict[str, str]:
    table: dict[str, str] = {}
    for neighbour in city.get("neighbours") or ():
        name = neighbour["name"]["zh"]
        for form in [name, *(neighbour.get("aliases") or ())]:
            table[form] = name
    return table


def _lengths_by_first(names: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in names:
        lengths[name[0]].add(len(name))
    return {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
