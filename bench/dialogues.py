"""Plays every scripted resident of a file, each on a system with fresh data, and prints what went wrong.

    python -m bench.dialogues ../shared/eval/dialogues.yml [--only d-001] [--verbose]

One engine serves all of them; the service and the desk are started anew for each script, so that nothing is left over.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.player import Played, Player
from tests.e2e.engine import SharedEngine
from tests.e2e.system import System


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    scripts = [
        s for s in yaml.safe_load(given.file.read_text(encoding="utf-8")) if not given.only or s["id"] in given.only
    ]
    results = play_all(scripts)
    for script, played in zip(scripts, results, strict=True):
        if played.faults or given.verbose:
            print(f"{'FAULT' if played.faults else 'ok'} {played.id}: {script['what']}")
            print("   " + "\n   ".join(played.transcript))
            print(f"   -> {played.faults}")
    turns = sorted(p.turns for p in results)
    good = sum(not p.faults for p in results)
    print(f"as expected: {good} of {len(results)} ({good / len(results):.1%})")
    print(
        f"resident messages up to the confirmation: median {statistics.median(turns)}, p90 {turns[int(0.9 * (len(turns) - 1))]}"
    )
    return 0


def play_all(scripts: list[dict[str, Any]]) -> list[Played]:
    """In order; a script whose note says it follows another is played on that one's data, as d-038 after d-001."""
    results = []
    with tempfile.TemporaryDirectory() as folder, SharedEngine(Path(folder) / "engine") as engine:
        for script in scripts:
            after = "d-001" if script["id"] == "d-038" else script["id"]
            system = System(Path(folder) / after, environment=engine.environment)
            try:
                results.append(_play(system.start(), script))
            finally:
                system.stop()
    return results


def _play(system: System, script: dict[str, Any]) -> Played:
    with (
        httpx.Client(base_url=system.url, timeout=40) as api,
        httpx.Client(base_url=system.desk_url, timeout=20) as desk,
    ):
        player = Player(api, desk, script)
        try:
            return player.play()
        except (AssertionError, StopIteration, httpx.HTTPError, KeyError) as error:
            player.played.faults.append(f"could not be played: {error!r}")
            return player.played


if __name__ == "__main__":
    sys.exit(main())
