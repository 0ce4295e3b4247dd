"""Choose among overlapping names: official before patterns, a longer name before the shorter one inside it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import replace

from nlu.places.names import Atom

_NAMED = 3


def merge_patterns(official: list[Atom], patterns: Iterable[Atom]) -> list[Atom]:
    """Official names and pattern names together, none overlapping.

    A pattern that only adds an ending to an official name (王庄 + 路) replaces it; one that begins with an
    official name and goes on (人民路 + 阳光花园) is cut to what follows.
    """
    chosen = sorted(official, key=_start)
    for atom in sorted(patterns, key=lambda item: (item.start - item.end, item.start)):
        kept = _fit(atom, _rivals(atom, chosen))
        if kept is not None:
            for rival in _rivals(kept, chosen):
                chosen.remove(rival)
            insort(chosen, kept, key=_start)
    return chosen


def _start(atom: Atom) -> int:
    return atom.start


def _rivals(atom: Atom, chosen: list[Atom]) -> list[Atom]:
    """Those of the chosen (in order, not overlapping) that overlap the atom."""
    index = bisect_left(chosen, atom.start, key=_start)
    found = [chosen[index - 1]] if index and chosen[index - 1].end > atom.start else []
    while index < len(chosen) and chosen[index].start < atom.end:
        found.append(chosen[index])
        index += 1
    return found


def _fit(atom: Atom, rivals: list[Atom]) -> Atom | None:
    """The part of a pattern name that stands beside its rivals chosen before; None where nothing does."""
    if not rivals:
        return atom
    if any(other.end >= atom.end for other in rivals):
        return None
    last = max(rivals, key=lambda item: item.end)
    rest = atom.end - last.end
    if last.kind in {"village", "community"} and rest <= 2 and atom.kind != "poi":
        return replace(atom, start=min(last.start, atom.start) if last.start <= atom.start else last.start)
    if atom.kind == "poi":
        return replace(atom, start=last.end) if rest >= 2 else None
    if rest >= _NAMED:
        return replace(atom, start=last.end)
    return None


def fill_gaps(chosen: list[Atom], others: Iterable[Atom]) -> list[Atom]:
    """Add those of the others that overlap nothing chosen and none added before."""
    taken = sorted((atom.start, atom.end) for atom in chosen)
    result = list(chosen)
    for atom in others:
        index = bisect_left(taken, (atom.start, atom.end))
        clear_left = index == 0 or taken[index - 1][1] <= atom.start
        if clear_left and (index == len(taken) or atom.end <= taken[index][0]):
            taken.insert(index, (atom.start, atom.end))
            result.append(atom)
    return sorted(result, key=lambda item: item.start)
