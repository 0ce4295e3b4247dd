"""Find the places of a message, link them to the official list, keep what is only text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from language.fold import fold
from nlu.places.choose import fill_gaps, merge_patterns
from nlu.places.english import english_atoms
from nlu.places.entries import Entry
from nlu.places.gazetteer import Gazetteer
from nlu.places.lexicon import TAIL
from nlu.places.link import kind_of, link, meant
from nlu.places.mention import PlaceMention
from nlu.places.names import Atom, compounds, pois, roads, villages
from nlu.places.official import official_atoms
from nlu.places.relative import relatives

_MAX_LENGTH = 6000
_LATIN_WORD = re.compile(r"[a-z]{2,}[ ,]+[a-z]{2,}")
_JOINED = frozenset({"", "的", " ", "镇", "乡", "街道", "这边", "那边", ","})
_CROSSING_JOIN = re.compile(r"^(?:的|路口|口)?(?:与|和|跟|同|及|、|/|-|—|\+|x|×|交|到)?(?:交叉的?)?$")
_CROSSING_END = re.compile(r"^(?:的)?(?:交叉路?口|交叉处|交叉|交汇处?|交会处?|交口|十字路?口?|丁字路?口|路口|口(?!味)|红绿灯|那个红绿灯|拐角|转角|[东西南北]{1,2}角)")
_STRONG_JOIN = ("与", "跟", "同")
_RULED_OUT = re.compile(r"(?<!是)(?:不是|不在|而不是|并非|别写成|写成了|错写成)(?:在)?$")


@dataclass
class _Draft:
    """A mention under construction, in offsets of the folded text."""

    start: int
    end: int
    kind: str
    entries: tuple[Entry, ...]
    explicit: bool
    score: float
    weak: bool = False
    townships: tuple[Entry, ...] = ()


def find(text: str, gazetteer: Gazetteer) -> list[PlaceMention]:
    """Places in the text as received, in order, not overlapping. Pure; never raises on any string.

    Of texts beyond 6,000 characters only the first 6,000 are read.
    """
    folded = fold(text[:_MAX_LENGTH])
    plain = folded.text
    if not plain:
        return []
    drafts = _compose(plain, _atoms(plain, gazetteer), gazetteer)
    named = [draft for draft in drafts if draft.kind != "relative" and not draft.weak]
    mentioned = [entry for draft in named for entry in _townships_of(draft)]
    kept = named or [draft for draft in drafts if draft.kind != "relative"] or drafts[:2]
    mentions = []
    for draft in kept:
        start, end = folded.span(draft.start, draft.end)
        mentions.append(_mention(text, start, end, draft, mentioned, gazetteer))
    return mentions


def _atoms(plain: str, gazetteer: Gazetteer) -> list[Atom]:
    """Names in the text, not overlapping, in order."""
    official = [atom for atom in official_atoms(plain, gazetteer) if not _ruled_out(plain, atom)]
    patterns = [*roads(plain), *compounds(plain), *villages(plain)]
    chosen = merge_patterns(official, [atom for atom in patterns if not _ruled_out(plain, atom)])
    chosen = merge_patterns(chosen, pois(plain))
    if _LATIN_WORD.search(plain):
        romanised = [atom for atom in gazetteer.english.find(plain) if not plain[: atom.start].endswith("not ")]
        chosen = fill_gaps(chosen, romanised)
        chosen = fill_gaps(chosen, english_atoms(plain))
    return fill_gaps(chosen, relatives(plain))


def _ruled_out(plain: str, atom: Atom) -> bool:
    return bool(_RULED_OUT.search(plain[max(0, atom.start - 4) : atom.start]))


def _compose(plain: str, atoms: list[Atom], gazetteer: Gazetteer) -> list[_Draft]:
    """Add words of position, join townships with their villages and roads to crossings."""
    drafts: list[_Draft] = []
    for index, atom in enumerate(atoms):
        limit = atoms[index + 1].start if index + 1 < len(atoms) else len(plain)
        if atom.kind == "relative":
            limit = len(plain) if index + 1 == len(atoms) else limit
        draft = _Draft(atom.start, atom.end, atom.kind, atom.entries, atom.explicit, atom.score, atom.weak)
        if atom.kind == "road" and plain[atom.start : atom.end] in gazetteer.outside_roads:
            draft.kind = "outside"
        tail = TAIL.match(plain, draft.end, limit)
        if tail:
            draft.end = tail.end()
        if drafts and _join(plain, drafts[-1], draft, atom):
            continue
        drafts.append(draft)
    return drafts


def _join(plain: str, last: _Draft, draft: _Draft, atom: Atom) -> bool:
    """Join the draft to the one before it where both are one place; True where that was done."""
    between = plain[last.end : draft.start]
    if last.kind == "outside" and between in {"", "的", "县城", "县", "市"} and draft.kind != "relative":
        last.end = draft.end
        return True
    if last.kind == "township" and draft.kind in {"village", "community"} and between in _JOINED - {","}:
        parents = tuple(entry for entry in last.entries if entry.kind == "township")
        known = tuple(entry for entry in draft.entries if entry.parent in {parent.name for parent in parents})
        if draft.entries and not known and not parents:
            return False
        last.end, last.kind, last.explicit, last.score = draft.end, draft.kind, draft.explicit, draft.score
        last.entries, last.townships = known or draft.entries, parents
        return True
    if last.kind in {"road", "crossing"} and draft.kind == "road" and _CROSSING_JOIN.match(between):
        ending = plain[atom.end : draft.end] or plain[draft.end : draft.end + 8]
        if _CROSSING_END.match(ending) or between.startswith(_STRONG_JOIN):
            last.end, last.kind = draft.end, "crossing"
            last.entries += draft.entries
            return True
    return False


def _townships_of(draft: _Draft) -> list[Entry]:
    return [entry for entry in (*draft.entries, *draft.townships) if entry.kind == "township"]


def _mention(
    text: str, start: int, end: int, draft: _Draft, mentioned: list[Entry], gazetteer: Gazetteer
) -> PlaceMention:
    shown = text[start:end]
    if draft.kind == "outside":
        return PlaceMention(shown, start, end, "outside", inside=False)
    if not draft.entries:
        return PlaceMention(shown, start, end, draft.kind)
    entries = meant(draft.entries, [*draft.townships, *mentioned])
    if draft.kind == "crossing":
        roads_only = [entry for entry in entries if entry.kind == "road"]
        return PlaceMention(shown, start, end, "crossing", None, link(roads_only, "road", 0.7, gazetteer)[1])
    kind = kind_of(entries, draft.explicit)
    code, candidates = link(entries, kind, draft.score, gazetteer)
    return PlaceMention(shown, start, end, kind, code, candidates)
