"""Stock Rasa on our examples, to be compared with: jieba, word and character counts, DIET, one intent for each service.

Run in the engine's environment: `.venv-engine/bin/python -m bench.stock FILE [--epochs N] [--minutes N] [--work FOLDER]`. Prints JSON: accuracy on
the labelled file, training time, memory of the server, times of a parse and of a whole turn with one action.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
import yaml

from bench.capped import EPOCHS_FILE
from nlu import measures
from nlu.examples import city_folder, load_examples
from nlu.labelled import read_labelled

PORT, ACTION_PORT = 5915, 5916
MODEL = Path("models/stock.tar.gz")
TURNS = 24
CONFIG = {
    "recipe": "default.v1",
    "assistant_id": "stock",
    "language": "zh",
    "pipeline": [
        {"name": "JiebaTokenizer"},
        {"name": "RegexFeaturizer", "use_word_boundaries": False},
        {"name": "RegexEntityExtractor", "use_word_boundaries": False, "use_lookup_tables": True},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": 100, "entity_recognition": False, "constrain_similarities": True},
    ],
    "policies": [{"name": "RulePolicy"}],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=90, help="processor minutes after which DIET stops learning")
    parser.add_argument("--work", type=Path, help="keep the trained model here, and use one that is here already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder)
        if not (work / MODEL).is_file():
            _train(work, options.epochs, options.minutes)
        figures = json.loads((work / EPOCHS_FILE).read_text(encoding="utf-8")) | _served(work, options.file)
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    return 0


def _train(work: Path, epochs: int, minutes: float) -> None:
    _write(work, epochs)
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "bench.capped", str(minutes), "--quiet", "--fixed-model-name", "stock"],
        cwd=work,
        env=_environment() | {"PYTHONPATH": str(Path.cwd())},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    file = work / EPOCHS_FILE
    reached = json.loads(file.read_text(encoding="utf-8")) | {"training_s": round(time.monotonic() - started)}
    file.write_text(json.dumps(reached), encoding="utf-8")


def _environment() -> dict[str, str]:
    return {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


def _write(work: Path, epochs: int) -> None:
    """Config, domain, examples, rules and the places as a lookup table."""
    config = json.loads(json.dumps(CONFIG))
    config["pipeline"][-1]["epochs"] = epochs
    by_intent: dict[str, list[str]] = {}
    for example in load_examples(city_folder()):
        by_intent.setdefault(example.service or example.intent, []).append(" ".join(example.text.split()))
    places = sorted({line.split(",")[0] for line in (city_folder() / "places.csv").read_text().splitlines()[1:]})
    nlu = [{"intent": intent, "examples": _listed(texts)} for intent, texts in by_intent.items()]
    nlu.append({"lookup": "place", "examples": _listed(places)})
    rules = [{"rule": i, "steps": [{"intent": i}, {"action": "action_intake"}]} for i in by_intent]
    files = {
        "config.yml": config,
        "domain.yml": {
            "version": "3.1",
            "intents": list(by_intent),
            "entities": ["place"],
            "actions": ["action_intake"],
        },
        "data/nlu.yml": {"version": "3.1", "nlu": nlu},
        "data/rules.yml": {"version": "3.1", "rules": rules},
        "endpoints.yml": {"action_endpoint": {"url": f"http://127.0.0.1:{ACTION_PORT}/webhook"}},
        "credentials.yml": {"rest": None},
    }
    for name, content in files.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100_000), encoding="utf-8")


def _listed(texts: list[str]) -> str:
    return "".join(f"- {text.replace('[', '（').replace(']', '）')}\n" for text in texts)


def _served(work: Path, file: Path) -> dict[str, Any]:
    action = ThreadingHTTPServer(("127.0.0.1", ACTION_PORT), _Action)
    threading.Thread(target=action.serve_forever, daemon=True).start()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "rasa",
            "run",
            "--enable-api",
            "-i",
            "127.0.0.1",
            "-p",
            str(PORT),
            "-m",
            str(MODEL),
        ],
        cwd=work,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait()
        return {**_accuracy(file), **_times(file), "memory_mb": _memory(server.pid)}
    finally:
        server.terminate()
        server.wait(timeout=30)
        action.shutdown()


class _Action(BaseHTTPRequestHandler):
    """The smallest action server there can be: one reply, no events."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"events": [], "responses": [{"text": "ok"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def _wait() -> None:
    for _ in range(240):
        try:
            if requests.get(f"http://127.0.0.1:{PORT}/status", timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.5)
    raise SystemExit("the stock server did not start")


def _parse(text: str) -> dict[str, Any]:
    return dict(requests.post(f"http://127.0.0.1:{PORT}/model/parse", json={"text": text}, timeout=60).json())


def _accuracy(file: Path) -> dict[str, Any]:
    lines = [line for line in read_labelled(file) if line["requests"]]
    documents = []
    for line in lines:
        ranking = [(i["name"], i["confidence"]) for i in _parse(line["text"])["intent_ranking"]]
        services = [(name, share) for name, share in ranking if "-" in name] or [("none", 0.0)]
        top = {"service_code": services[0][0], "confidence": services[0][1], "ranking": services, "text": line["text"]}
        documents.append({"requests": [top] if ranking[0][0] == services[0][0] else [], "ranking": services})
    single = [i for i, line in enumerate(lines) if measures.is_single(line)]
    right = sum(
        bool(documents[i]["requests"])
        and documents[i]["requests"][0]["service_code"] in lines[i]["requests"][0]["accept"]
        for i in single
    )
    macro = measures.macro_f1([lines[i] for i in single], [documents[i] for i in single])
    return {"top1": round(right / len(single), 3), "macro_f1": round(macro[0], 3), "messages": len(single)}


def _times(file: Path) -> dict[str, Any]:
    texts = [line["text"] for line in read_labelled(file)][:200]
    for text in texts[:20]:
        _parse(text)
    parses = [_timed(lambda text=text: _parse(text)) for text in texts]
    figures: dict[str, Any] = {"parse_p50_ms": _ms(statistics.median(parses)), "parse_p95_ms": _ms(_p95(parses))}
    for residents in (1, 4, 8):
        started = time.monotonic()
        with ThreadPoolExecutor(residents) as pool:
            turns = [t for part in pool.map(lambda n: _talk(n, texts), range(residents)) for t in part]
        figures[f"residents_{residents}"] = {
            "p50_ms": _ms(statistics.median(turns)),
            "p95_ms": _ms(_p95(turns)),
            "turns_per_s": round(len(turns) / (time.monotonic() - started), 1),
        }
    return figures


def _talk(number: int, texts: list[str]) -> list[float]:
    """One resident's turns, one after the other, in one conversation."""

    def turn(text: str) -> None:
        body = {"sender": f"resident-{number}-{time.monotonic_ns() // 10**9}", "message": text}
        if not requests.post(f"http://127.0.0.1:{PORT}/webhooks/rest/webhook", json=body, timeout=60).json():
            raise SystemExit("the stock server fell silent")

    return [_timed(lambda i=i: turn(texts[(number * TURNS + i) % len(texts)])) for i in range(TURNS)]


def _timed(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[18]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _memory(pid: int) -> int:
    return (
        int(subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout)
        // 1024
    )


if __name__ == "__main__":
    sys.exit(main())
