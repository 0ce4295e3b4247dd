"""Find the places of a message, link them to the official list, keep what is only text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from language.fold import fold
from nlu.places.choose import fill_gaps, merge_patterns
from nlu.places.english import ENGLISH_TAIL, english_atoms, english_relatives
from nlu.places.entries import Entry
from nlu.places.gazetteer import Gazetteer
from nlu.places.lexicon import TAIL
from nlu.places.link import kind_of, link, meant
from nlu.places.mention import PlaceMention
from nlu.places.names import Atom, compounds, landmarks, pois, roads, villages
from nlu.places.official import official_atoms
from nlu.places.relative import relatives

_MAX_LENGTH = 6000
_MAX_ENTRIES = 12
_LOOSE_END = re.compile(r"(?:的|嘞|那个?|这个?)+$")
_LEAD = re.compile(
    r"(?:(?:楼下|楼上|对面|隔壁|旁边|门口|一楼|二楼)的?(?:那家|那个|那座|那条)?|那家|那座|那个|原来那个|老)$"
)
_GATE = re.compile(r"[东西南北]门口")
_LATIN_WORD = re.compile(r"[a-z]{2,}[ ,]+[a-z]{2,}")
_JOINED = frozenset({"", "的", " ", "镇", "乡", "街道", "这边", "那边", ","})
_CROSSING_JOIN = re.compile(r"^(?:的|路口|口)?(?:与|和|跟|同|及|、|/|-|—|\+|x|×|交|到)?(?:交叉的?)?$")
_CROSSING_END = re.compile(
    r"^(?:的)?(?:交叉路?口|交叉处|交叉|交汇处?|交会处?|交口|十字路?口?|丁字路?口|路口|口(?!味)|红绿灯"
    r"|那个红绿灯|拐角|转角|[东西南北]{1,2}角)"
)
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
    named = [draft for draft in drafts if not draft.weak]
    mentioned = [entry for draft in named for entry in _townships_of(draft)]
    kept = _best(plain, drafts)
    mentions = []
    for draft in kept:
        start, end = folded.span(draft.start, draft.end)
        mentions.append(_mention(text, start, end, draft, mentioned, gazetteer))
    return mentions


def _best(plain: str, drafts: list[_Draft]) -> list[_Draft]:
    """Named places and gates by direction; else things that are places; else relative words; else landmarks."""
    named = [draft for draft in drafts if not draft.weak or _GATE.match(plain, draft.start, draft.end)]
    for kinds in (("poi", "road", "village"), ("relative",), ("landmark",)):
        if named:
            return named
        named = [draft for draft in drafts if draft.kind in kinds][: 2 if len(kinds) == 1 else None]
    for draft in named:
        draft.kind = "poi" if draft.kind == "landmark" else draft.kind
    return named


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
        chosen = fill_gaps(chosen, english_relatives(plain))
    chosen = fill_gaps(chosen, relatives(plain))
    return fill_gaps(chosen, landmarks(plain))


def _ruled_out(plain: str, atom: Atom) -> bool:
    return bool(_RULED_OUT.search(plain[max(0, atom.start - 4) : atom.start]))


def _compose(plain: str, atoms: list[Atom], gazetteer: Gazetteer) -> list[_Draft]:
    """Add words of position, join townships with their villages and roads to crossings."""
    drafts: list[_Draft] = []
    limits = _limits(atoms, len(plain))
    for atom, limit in zip(atoms, limits, strict=True):
        if drafts and atom.start < drafts[-1].end:
            continue
        draft = _Draft(atom.start, atom.end, atom.kind, atom.entries, atom.explicit, atom.score, atom.weak)
        if atom.kind == "road" and plain[atom.start : atom.end] in gazetteer.outside_roads:
            draft.kind = "outside"
        tail = TAIL.match(plain, draft.end, limit) or ENGLISH_TAIL.match(plain, draft.end, limit)
        if tail:
            draft.end = draft.end + len(_LOOSE_END.sub("", tail.group()))
        if atom.kind == "poi":
            draft.start = max(_lead_start(plain, atom.start), drafts[-1].end if drafts else 0)
        if drafts and _join(plain, drafts[-1], draft, atom):
            continue
        drafts.append(draft)
    return drafts


def _limits(atoms: list[Atom], length: int) -> list[int]:
    """For each atom how far its words of position may reach: to the next name, over relative words."""
    limits, limit = [], length
    for atom in reversed(atoms):
        limits.append(limit)
        if atom.kind not in {"relative", "landmark"}:
            limit = atom.start
    return limits[::-1]


def _lead_start(plain: str, start: int) -> int:
    """Where a landmark begins with the words before it: 那家, 对面, 楼下那家."""
    lead = _LEAD.search(plain, max(0, start - 5), start)
    return lead.start() if lead else start


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
            if len(last.entries) < _MAX_ENTRIES:
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
        return PlaceMention(shown, start, end, "crossing", None, link(roads_only, "road", 0.7, gazetteer.townships)[1])
    kind = kind_of(entries, draft.explicit)
    code, candidates = link(entries, kind, draft.score, gazetteer.townships)
    return PlaceMention(shown, start, end, kind, code, candidates)
