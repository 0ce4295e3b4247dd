"""`make bench`: our figures and stock Rasa's, one after the other on the same machine, written to docs/benchmarks.md.

    python -m bench FILE [--epochs N] [--stock saved.json | --work FOLDER | --without-stock]

`--stock` takes figures of stock Rasa that `bench.stock` printed before, since its training alone takes well over half an hour;
`--without-stock` leaves its column open.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import turns

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / ".venv-engine/bin/python"
PAGE = ROOT / "docs" / "benchmarks.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--stock", type=Path)
    parser.add_argument("--work", type=Path, help="a folder that keeps stock's trained model between runs")
    parser.add_argument("--without-stock", action="store_true")
    parser.add_argument("--model", type=Path, help="a model file instead of the registered one")
    given = parser.parse_args()
    stock: dict[str, Any] | None = None
    if given.without_stock:
        stock = None
    elif given.stock:
        stock = json.loads(given.stock.read_text(encoding="utf-8"))
    else:
        kept = ["--work", str(given.work)] if given.work else []
        stock = _engine("bench.stock", str(given.file), "--epochs", str(given.epochs), *kept)
    model = ["--model", str(given.model)] if given.model else []
    scores = _engine("nlu.evaluate", str(given.file), "--json", *model)
    parse = _engine("bench.parses", str(given.file), *model)
    page = _page(given.file, stock, scores, parse, turns.measure())
    PAGE.write_text(page, encoding="utf-8")
    print(page)
    return 0


def _engine(module: str, *arguments: str) -> dict[str, Any]:
    out = subprocess.run(
        [str(ENGINE), "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return dict(json.loads(out[out.index("{") :]))


def _page(
    file: Path, stock: dict[str, Any] | None, scores: dict[str, Any], parse: dict[str, Any], turn: dict[str, Any]
) -> str:
    processor = next(
        (
            row.split(":")[1].strip()
            for row in Path("/proc/cpuinfo").read_text().splitlines()
            if row.startswith("model name")
        ),
        platform.processor(),
    )
    ours: dict[str, Any] = {**parse, "memory_mb": turn["memory_mb"]["engine"], **turn}
    rows = [
        ("top-1, messages with one problem", lambda f: f["top1"]),
        ("macro-F1 over the services", lambda f: f["macro_f1"]),
        ("training, seconds", lambda f: f["training_s"]),
        ("memory of the engine, MB", lambda f: f["engine_mb"] if "engine_mb" in f else f["memory_mb"]),
        ("one parse over HTTP, p50 / p95 ms", lambda f: f"{f['parse_p50_ms']} / {f['parse_p95_ms']}"),
    ]
    for count in (1, 4, 8):
        name = f"residents_{count}"
        rows.append(
            (f"whole turn, {count} at once, p50 / p95 ms", lambda f, n=name: f"{f[n]['p50_ms']} / {f[n]['p95_ms']}")
        )
        rows.append((f"turns a second, {count} at once", lambda f, n=name: f[n]["turns_per_s"]))
    ours["engine_mb"] = turn["memory_mb"]["engine"]
    table = "\n".join(f"| {name} | {read(stock) if stock else 'not measured'} | {read(ours)} |" for name, read in rows)
    memory = turn["memory_mb"]
    return f"""# Benchmarks

Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {processor}, {os.cpu_count()} cores, Python {platform.python_version()}. Machines are noisy:
compare columns, not single figures. "Training" takes the
encodings of known examples from var/cache, where there are any; a first training encodes all of them. Accuracy on `{file.name}`, which is never trained on.

"Stock" is Rasa 3.6.21 on the same examples: JiebaTokenizer, word and character (1-4) counts, DIETClassifier
({_epochs(stock)}), one intent for each service, places as a lookup table, and an action server that does nothing. Its whole turn is one REST call. Ours is a POST
to the chat API until the reply can be read: stored, understood, decided and stored again in the database.

| | stock | yizhan |
|---|---|---|
{table}

| yizhan alone | |
|---|---|
| turn 5 and turn 100 of one conversation, median ms | {turn["turn_5_ms"]} and {turn["turn_100_ms"]} |
| start until ready, seconds | {turn["start_to_ready_s"]} |
| engine and service together, MB | {memory["engine_and_service"]:.0f} |
{_scores(scores)}
"""


def _epochs(stock: dict[str, Any] | None) -> str:
    """How far DIET came: the budget of bench.stock ends it before its 100 epochs on a small machine."""
    if stock is None:
        return "100 epochs"
    accuracy = stock.get("logs", {}).get("i_acc")
    learnt = f", {accuracy} of the training examples right" if accuracy else ""
    return f"{stock['epochs']} of 100 epochs in {stock['fit_cpu_s'] / 60:.0f} minutes of processor time{learnt}"


def _scores(scores: dict[str, Any]) -> str:
    """Every figure of `make eval` with its 95 % bootstrap interval."""
    rows = [
        f"| {name} | {f['value']:.3f} [{f['low']:.3f}, {f['high']:.3f}] of {f['of']} |"
        for name, f in scores["figures"].items()
    ]
    return "\n| `make eval` | value [95 % interval] |\n|---|---|\n" + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
