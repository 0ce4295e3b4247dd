"""`python -m nlu.evaluate FILE [--json]`: how well a model understands labelled messages."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlu import measures, registry
from nlu.archive import open_archive
from nlu.labelled import LabelledError, read_labelled
from nlu.model import ModelError
from nlu.reading import Reader

SLOWEST = 5


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 with a table (or JSON) on stdout, 1 where file or model cannot be used, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="nlu.evaluate", description="Score a model on labelled messages.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, help="model archive (default: the registered current model)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--errors", action="store_true", help="also list the ids that were answered wrongly")
    options = parser.parse_args(arguments)
    try:
        lines = read_labelled(options.file)
        with open_archive(options.model or registry.current()) as reader:
            documents, seconds = _read_timed(reader, lines)
            name = reader.name
    except (LabelledError, ModelError, registry.RegistryError) as error:
        print(f"Cannot score: {error}", file=sys.stderr)
        return 1
    result = {"file": options.file.name, "messages": len(lines), "model": name, **summary(lines, documents)}
    slow = sorted(zip(seconds, lines, strict=True), key=lambda item: -item[0])[:SLOWEST]
    result["slowest"] = [
        {"id": line["id"], "ms": round(s * 1000, 1), "characters": len(line["text"])} for s, line in slow
    ]
    if options.errors:
        result["wrong"] = wrong_ids(lines, documents)
    print(json.dumps(result, ensure_ascii=False, indent=1) if options.json else table(result))
    return 0


def summary(lines: Sequence[dict[str, Any]], documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All figures as JSON-able values; also stored in the model's card."""
    figures: dict[str, Any] = {}
    for name in measures.SHARES:
        value, low, high, count = measures.share_of(name, lines, documents)
        if value is not None and low is not None and high is not None:
            figures[name] = {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4), "of": count}
    if any(measures.is_single(line) for line in lines):
        value, low, high, count = measures.macro_f1(lines, documents)
        figures["macro-F1"] = {"value": round(value, 4), "low": round(low, 4), "high": round(high, 4), "of": count}
    error, bins = measures.calibration(lines, documents)
    return {
        "figures": figures,
        "ece": round(error, 4),
        "bins": bins,
        "services": {code: list(pair) for code, pair in measures.service_recall(lines, documents).items()},
        "confusions": [list(item) for item in measures.confusions(lines, documents)],
    }


def wrong_ids(lines: Sequence[dict[str, Any]], documents: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """For each figure the ids of messages that lowered it (or raised a false alarm); ids only, never text."""
    found: dict[str, list[str]] = {}
    for name, share in measures.SHARES.items():
        bad = name.endswith(("false alarm", "false rejection", "wrongly split"))
        for line, document in zip(lines, documents, strict=True):
            top, bottom = share(line, document)
            if bottom and (top > 0 if bad else top < bottom):
                found.setdefault(name, []).append(line["id"])
    return found


def table(result: dict[str, Any]) -> str:
    """The result as text for people."""
    rows = [f"{result['messages']} messages of {result['file']}, model {result['model'][:12]}", ""]
    for name, figure in result["figures"].items():
        rows.append(f"{name:<32}{figure['value']:7.3f}  [{figure['low']:.3f}, {figure['high']:.3f}]  of {figure['of']}")
    rows += [f"{'calibration error (ECE)':<32}{result['ece']:7.3f}", "", "Confidence: mean, accuracy, messages"]
    rows += [f"  {b['confidence']:.2f}  {b['accuracy']:.2f}  {b['count']}" for b in result["bins"]]
    rows += ["", "Recall of each service (right / labelled)"]
    services = sorted(result["services"].items(), key=lambda item: (item[1][0] / item[1][1], item[0]))
    rows += [
        "  " + "   ".join(f"{code} {r}/{n}" for code, (r, n) in services[i : i + 6]) for i in range(0, len(services), 6)
    ]
    rows += ["", "Most frequent confusions (label -> answer)"]
    rows += [f"  {a} -> {b or 'no request'}: {n}" for a, b, n in result["confusions"][:20]]
    rows += ["", "Slowest: " + ", ".join(f"{s['id']} {s['ms']} ms ({s['characters']} ch.)" for s in result["slowest"])]
    for name, ids in result.get("wrong", {}).items():
        rows.append(f"{name}: {' '.join(ids)}")
    return "\n".join(rows)


def _read_timed(reader: Reader, lines: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[float]]:
    """One message at a time, as residents send them."""
    documents, seconds = [], []
    for line in lines:
        started = time.perf_counter()
        documents += reader.read([line["text"]])
        seconds.append(time.perf_counter() - started)
    return documents, seconds


if __name__ == "__main__":
    raise SystemExit(main())
