"""Which official place a name means, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

from nlu.places.entries import Entry
from nlu.places.mention import Candidate

_SETTLEMENTS = {"village", "community"}


def meant(entries: tuple[Entry, ...], townships: list[Entry]) -> list[Entry]:
    """The official places a name may mean, given the townships named beside it or elsewhere in the message.

    A short name shared by a township and a village stays with the township.
    """
    own = [entry for entry in entries if entry.kind == "township"]
    if own:
        return own
    for township in townships:
        inside = [entry for entry in entries if entry.parent == township.name]
        if inside:
            return inside
    return list(entries)


def kind_of(entries: list[Entry], explicit: bool) -> str:
    """The kind a name is shown with where it stands for several things."""
    kinds = {entry.kind for entry in entries}
    for kind in ("township", "compound", "road", "poi"):
        if kind in kinds and not (explicit and kinds & _SETTLEMENTS and kind != "compound"):
            return kind
    return "village" if "village" in kinds else "community"


def link(
    entries: list[Entry], kind: str, score: float, townships: Mapping[str, Entry]
) -> tuple[str | None, list[Candidate]]:
    """Code and candidates. A code only where exactly one official place remains and it is of the kind shown."""
    settled = [entry for entry in entries if entry.code and (entry.kind == kind or kind in _SETTLEMENTS)]
    if kind in _SETTLEMENTS | {"township"} and len(settled) == 1 and settled[0].code:
        return settled[0].code, [{"code": settled[0].code, "score": score}]
    if len(settled) > 1:
        share = round(score / len(settled), 3)
        return None, [{"code": entry.code, "score": share} for entry in settled if entry.code]
    return None, _wider(entries, townships)


def _wider(entries: list[Entry], townships: Mapping[str, Entry]) -> list[Candidate]:
    """For roads, landmarks and compounds: the community of the same name, else the township they lie in."""
    codes = [entry.code for entry in entries if entry.code]
    if codes:
        return [{"code": code, "score": round(0.6 / len(codes), 3)} for code in codes]
    parents = dict.fromkeys(entry.parent for entry in entries if entry.parent in townships)
    found = [townships[parent].code for parent in parents]
    return [{"code": code, "score": round(0.7 / len(found), 3)} for code in found if code]
