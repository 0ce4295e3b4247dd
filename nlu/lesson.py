"""`python -m nlu.lesson`: one round of learning, as the service starts it: check the data, train, compare.

Reads what the service exported to a folder (decisions.jsonl, recent.jsonl), writes health.json there and the candidate
with its card and trial beside the models, registered but not in use. Progress goes to stdout as JSON lines
{"stage", "percent"}; the last line holds the result. Other lines are for the log.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from nlu import registry
from nlu.decisions import FILE_VARIABLE, SOURCE, Decision, merge, read_decisions, usable, write_decisions
from nlu.encoder import CachedEncoder, open_encoder
from nlu.examples import CITY_VARIABLE, DEFAULT_CITY, load_examples
from nlu.golden import load_golden
from nlu.model import Settings
from nlu.survey import Survey, report, survey
from nlu.train import reasons, train
from nlu.trial import read_recent, trial

DECISIONS, KEPT, RECENT, HEALTH = "decisions.jsonl", "learnt.jsonl", "recent.jsonl", "health.json"
# When each stage begins, in percent of the whole; measured on two cores with 12,000 examples.
STAGES = {"reading": 1, "checking": 5, "training": 35, "comparing": 70, "done": 100}


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 when a candidate was trained and compared, 1 where something failed, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="nlu.lesson", description="Check the data, train a candidate, compare it.")
    parser.add_argument("folder", type=Path, help="where the service put decisions and recent messages")
    parser.add_argument("--city", type=Path, default=Path(os.environ.get(CITY_VARIABLE) or DEFAULT_CITY))
    parser.add_argument("--models", type=Path, default=registry.MODELS)
    parser.add_argument("--seed", type=int, help="overrides config.yml")
    parser.add_argument("--check-only", action="store_true", help="stop after the health of the data")
    options = parser.parse_args(arguments)
    try:
        result = lesson(options.folder, options.city, options.models, options.seed, options.check_only)
    except Exception as error:  # the outermost place: Rasa wraps every cause in errors of its own
        print(f"Learning failed: {reasons(error)}", file=sys.stderr)
        return 1
    say("done", **result)
    return 0


def lesson(folder: Path, city: Path, models: Path, seed: int | None, check_only: bool) -> dict[str, Any]:
    """The whole round; returns what the service keeps of it."""
    started = time.monotonic()
    say("reading")
    folder.mkdir(parents=True, exist_ok=True)
    settings = read_settings(seed)
    decisions = read_decisions(folder / DECISIONS) if (folder / DECISIONS).is_file() else []
    recent = read_recent(folder / RECENT if (folder / RECENT).is_file() else None)
    examples = load_examples(city)
    golden = golden_texts()
    decisions = [d for d in usable(decisions, examples) if d.text.strip() not in golden]
    say("checking", examples=len(examples), decisions=len(decisions))
    encoder = CachedEncoder(open_encoder(settings.encoder, threads=os.cpu_count() or 1))
    surveyed = survey(merge(examples, decisions), encoder, settings)
    health = report(surveyed, decisions, [(d.text, d.service) for d in decisions if d.service], encoder)
    registry.write_json(folder / HEALTH, {"at": now(), **health})
    held_back = set(health["held_back"])
    result: dict[str, Any] = {"decisions": len(decisions), "held_back": len(held_back)}
    if check_only:
        return result
    kept = [decision for decision in decisions if decision.id not in held_back]
    write_decisions(folder / KEPT, kept)
    os.environ[CITY_VARIABLE], os.environ[FILE_VARIABLE] = str(city), str(folder / KEPT)
    say("training")
    name = model_name(city)
    card = train(city, models, name, seed, None, started)
    card["decided_until"] = max((decision.at for decision in kept), default=None)
    registry.write_json(models / f"{name}.card.json", card)
    registry.register(card, models, use=False)
    say("comparing")
    new = unlearnt(kept, models)
    outcome = trial(name, models, recent, new, [left_out(surveyed, decision) for decision in new])
    return {**result, "model": name, "accepted": outcome["verdict"]["accepted"], "seconds": card["seconds"]}


def golden_texts() -> set[str]:
    """What no model may learn, lest the comparison measures its memory."""
    return {message.text for message in load_golden()}


def read_settings(seed: int | None) -> Settings:
    """As config.yml has them."""
    (component,) = yaml.safe_load(Path("config.yml").read_text(encoding="utf-8"))["pipeline"]
    values = {key: value for key, value in component.items() if key != "name"}
    return Settings(**(values if seed is None else {**values, "seed": seed}))


def unlearnt(decisions: list[Decision], models: Path) -> list[Decision]:
    """Decisions that the model in use has not learnt: the only ones that can be put to both."""
    current = registry.read(models)["current"]
    path = models / f"{current}.card.json"
    card = json.loads(path.read_text(encoding="utf-8")) if current and path.is_file() else {}
    until = card.get("decided_until") or ""
    return [decision for decision in decisions if decision.at > until]


def left_out(of: Survey, decision: Decision) -> dict[str, float]:
    """What a head without this decision says to its words.

    The head of the survey may have learnt decisions that were held back afterwards; that can only make it worse.
    """
    text = decision.text.strip()
    found = [i for i, e in enumerate(of.examples) if e.text == text and of.name(i) == decision.label]
    index = next((i for i in found if of.examples[i].source == SOURCE), found[0])
    return dict(zip(of.classes, map(float, of.left_out[index]), strict=True))


def model_name(city: Path) -> str:
    """City and time."""
    return f"{city.name}-{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"  # noqa: UP017 - the engine runs on Python 3.10


def now() -> str:
    """The time for files."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")  # noqa: UP017 - the engine runs on Python 3.10


def say(stage: str, **more: Any) -> None:
    """One line of progress."""
    print(json.dumps({"stage": stage, "percent": STAGES[stage], **more}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
