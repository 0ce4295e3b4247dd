"""A check's findings as a table for people and as JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from bot.open311.check.findings import Finding, conforms

LEVELS = ("must", "should", "quirk")
COLOURS = {"ok": "green", "failed": "red", "seen": "yellow", "skipped": "dim", "absent": "dim"}


def as_json(url: str, findings: Sequence[Finding]) -> str:
    rows = [asdict(finding) for finding in findings]
    return json.dumps({"url": url, "conforms": conforms(findings), "findings": rows}, ensure_ascii=False, indent=2)


def print_table(console: Console, url: str, findings: Sequence[Finding]) -> None:
    """Quirks that are absent, and rules that could not be told for want of a case, only count below."""
    table = Table(title=f"GeoReport v2 at {url}", title_justify="left", show_lines=False)
    table.add_column("rule", no_wrap=True)
    table.add_column("level", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("seen", overflow="fold")
    table.add_column("in a profile", overflow="fold")
    for level in LEVELS:
        for finding in (each for each in findings if each.level == level and each.outcome != "absent"):
            if level == "quirk" and finding.outcome == "skipped":
                continue
            colour = COLOURS[finding.outcome]
            advice = finding.advice if finding.outcome in ("failed", "seen") else ""
            table.add_row(finding.rule, level, f"[{colour}]{finding.outcome}[/]", _plain(finding.seen), _plain(advice))
    console.print(table)
    console.print(summary(findings))


def summary(findings: Sequence[Finding]) -> str:
    counts = Counter((finding.level, finding.outcome) for finding in findings)
    parts = [
        f"must: {counts['must', 'ok']} ok, {counts['must', 'failed']} failed, {counts['must', 'skipped']} not told",
        f"should: {counts['should', 'ok']} ok, {counts['should', 'failed']} failed",
        f"quirks: {counts['quirk', 'seen']} seen of {sum(n for (level, _), n in counts.items() if level == 'quirk')}",
    ]
    return "; ".join(parts) + (". It conforms." if conforms(findings) else ". It does not conform.")


def _plain(text: str) -> str:
    """What a server says is no markup and moves no cursor."""
    return "".join(letter if letter.isprintable() else " " for letter in text).replace("[", "\\[")
