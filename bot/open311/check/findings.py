"""What a check found: one line for each rule. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["must", "should", "quirk"]
# ok: as the standard says. failed: not so. seen: the peculiarity is there. absent: it is not. skipped: could not be told.
Outcome = Literal["ok", "failed", "seen", "absent", "skipped"]


@dataclass(frozen=True)
class Finding:
    """`seen` is what the server did, in words; `advice` the profile's keys that cope with it."""

    rule: str
    level: Level
    outcome: Outcome
    seen: str = ""
    advice: str = ""


def rule(name: str, level: Level, holds: bool | None, seen: str = "", advice: str = "") -> Finding:
    """`holds` None: it could not be told."""
    outcome: Outcome = "skipped" if holds is None else "ok" if holds else "failed"
    return Finding(name, level, outcome, seen, advice)


def quirk(name: str, there: bool | None, seen: str = "", advice: str = "") -> Finding:
    outcome: Outcome = "skipped" if there is None else "seen" if there else "absent"
    return Finding(name, "quirk", outcome, seen if there or there is None else "", advice if there else "")


def conforms(findings: Iterable[Finding]) -> bool:
    return not any(finding.level == "must" and finding.outcome == "failed" for finding in findings)
