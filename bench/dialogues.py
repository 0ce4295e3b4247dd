"""Plays every scripted resident of a file, each on fresh data, and prints what went wrong and the figures.

    python -m bench.dialogues data/evaluation/dialogues.yml [--only o-001] [--verbose]

One engine, one service and one desk serve all of them: before each script every row of both databases is deleted, which
takes a moment where starting the programs anew would take most of the time.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import yaml

from bench.player import Played, Player, complete
from bot.casedesk.tables import Base as CaseBase
from bot.intake.schema import Base
from tests.e2e.engine import SharedEngine
from tests.e2e.system import START, System, until

FOLLOWS = {"d-038": "d-001"}  # played right after the other one, on its data, as the shared set's README says


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--verbose", action="store_true")
    given = parser.parse_args()
    scripts = [complete(script) for script in yaml.safe_load(given.file.read_text(encoding="utf-8"))]
    wanted = {*given.only, *(FOLLOWS[name] for name in given.only if name in FOLLOWS)}
    scripts = [script for script in scripts if not wanted or script["id"] in wanted]
    began = time.monotonic()
    results = play_all(scripts)
    for script, played in zip(scripts, results, strict=True):
        if played.faults or given.verbose:
            print(f"{'FAULT' if played.faults else 'ok'} {played.id}: {script['what']}")
            print("   " + "\n   ".join(played.transcript))
            print(f"   -> {played.faults}")
    print(figures(results))
    print(f"{time.monotonic() - began:.0f} seconds")
    return 0


def figures(results: list[Played]) -> str:
    turns = sorted(played.turns for played in results)
    good = sum(not played.faults for played in results)
    again = sum(len(played.asked_again) for played in results)
    return (
        f"as expected: {good} of {len(results)} ({good / len(results):.1%})\n"
        f"resident messages up to the confirmation: median {statistics.median(turns)}, "
        f"90th percentile {statistics.quantiles(turns, n=10, method='inclusive')[8] if len(turns) > 1 else turns[0]:g}\n"
        f"questions that were answered already: {sum(len(played.needless) for played in results)}, asked twice: {again}"
    )


def play_all(scripts: list[dict[str, Any]]) -> list[Played]:
    """In the order of `scripts`; one that follows another is played right after it."""
    results: dict[str, Played] = {}
    by_id = {script["id"]: script for script in scripts}
    followers = {before: after for after, before in FOLLOWS.items() if after in by_id and before in by_id}
    with tempfile.TemporaryDirectory() as folder, SharedEngine(Path(folder) / "engine") as engine:
        system = System(Path(folder) / "data", environment=engine.environment)
        try:
            system.start()
            until(lambda: _desk_answers(system), START, system.logs)
            for name in by_id:
                if name in results or name in followers.values():
                    continue
                _forget_everything(system.data)
                results[name] = _play(system, by_id[name])
                if name in followers:
                    results[followers[name]] = _play(system, by_id[followers[name]])
        finally:
            system.stop()
    return [results[name] for name in by_id]


def _desk_answers(system: System) -> bool:
    try:
        return httpx.get(f"{system.desk_url}/desk/api/cases", timeout=3).status_code == 200
    except httpx.TransportError:
        return False


def _forget_everything(data: Path) -> None:
    """Deletes all rows of the service's and the desk's databases while both are idle.

    The search index is no table of ours: triggers keep it, and its hidden tables must not be touched.
    """
    databases = {
        data / "yizhan.db": Base.metadata,
        data / "casedesk" / "casedesk.db": CaseBase.metadata,
    }
    for path, metadata in databases.items():
        with closing(sqlite3.connect(path, timeout=20)) as database, database:
            for table in reversed(metadata.sorted_tables):
                database.execute(f'DELETE FROM "{table.name}"')


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
