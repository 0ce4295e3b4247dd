"""Our engine alone, over HTTP: accuracy as `bench.stock` counts it, and the time of a parse. Prints JSON.

Run in the engine's environment: `.venv-engine/bin/python -m bench.parses FILE [--model M]`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests

from nlu import measures, registry
from nlu.labelled import read_labelled

PORT = 5917


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path)
    options = parser.parse_args()
    model = options.model or registry.current()
    server = subprocess.Popen(
        [sys.executable, "-m", "nlu.serve", "--port", str(PORT), "--model", str(model)],
        env={**os.environ, "YIZHAN_ACTION_URL": "http://127.0.0.1:1/webhook", "YIZHAN_ACTION_TOKEN": "unused"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait()
        card = json.loads(model.with_name(model.name.replace(".tar.gz", ".card.json")).read_text(encoding="utf-8"))
        print(json.dumps({**_figures(options.file), "training_s": card.get("seconds")}, indent=1))
    finally:
        server.terminate()
        server.wait(timeout=30)
    return 0


def _wait() -> None:
    for _ in range(240):
        try:
            if requests.get(f"http://127.0.0.1:{PORT}/status", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise SystemExit("the engine did not start; its model may be of another version: run `make train`")


def _figures(file: Path) -> dict[str, Any]:
    lines = [line for line in read_labelled(file) if line["requests"]]
    for line in lines[:20]:
        _parse(line["text"])
    documents, times = [], []
    for line in lines:
        started = time.perf_counter()
        documents.append(_parse(line["text"])["yizhan"])
        times.append(time.perf_counter() - started)
    single = [i for i, line in enumerate(lines) if measures.is_single(line)]
    right = sum(
        bool(documents[i]["requests"])
        and documents[i]["requests"][0]["service_code"] in lines[i]["requests"][0]["accept"]
        for i in single
    )
    macro = measures.macro_f1([lines[i] for i in single], [documents[i] for i in single])
    return {
        "top1": round(right / len(single), 3),
        "macro_f1": round(macro[0], 3),
        "parse_p50_ms": round(statistics.median(times) * 1000, 1),
        "parse_p95_ms": round(statistics.quantiles(times, n=20)[18] * 1000, 1),
    }


def _parse(text: str) -> dict[str, Any]:
    return dict(requests.post(f"http://127.0.0.1:{PORT}/model/parse", json={"text": text}, timeout=60).json())


if __name__ == "__main__":
    sys.exit(main())
