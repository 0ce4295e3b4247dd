"""`python -m nlu.trial CANDIDATE`: the candidate beside the model in use, on messages that neither has learnt.

Golden messages (data/golden), recent decisions of operators (each answered by a head that has not seen it), what
cross-validation said in both cards, and recent messages of residents, for which nobody knows the right answer: there
only the difference is shown. Written to <candidate>.trial.json beside the models; names no resident's words, only ids.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from nlu import registry
from nlu.acts import ACT_OF_INTENT
from nlu.archive import open_archive
from nlu.decisions import Decision
from nlu.golden import Golden, load_golden
from nlu.model import ModelError, is_service
from nlu.promotion import (
    Answer,
    Figures,
    Share,
    by_label,
    calibration_error,
    confusion_changes,
    flips,
    verdict,
)
from nlu.reading import Reader

MOST_LISTED = 200


@dataclass(frozen=True)
class Trialled:
    """One model's answers."""

    figures: Figures
    live: Sequence[str]  # what was understood of each recent message
    decided: int  # decisions that a message with the same words would be answered by


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 where the candidate may be used, 1 where not or where it cannot be tried, 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="nlu.trial", description="Compare a candidate with the model in use.")
    parser.add_argument("candidate", help="name of a registered model")
    parser.add_argument("--models", type=Path, default=registry.MODELS)
    parser.add_argument("--recent", type=Path, help='recent messages, JSON lines {"id", "text"}')
    options = parser.parse_args(arguments)
    try:
        result = trial(options.candidate, options.models, read_recent(options.recent), (), None)
    except (registry.RegistryError, ModelError, ValueError) as error:
        print(f"Cannot compare: {error}", file=sys.stderr)
        return 1
    print(table(result))
    return 0 if result["verdict"]["accepted"] else 1


def trial(
    candidate: str,
    models: Path,
    recent: Sequence[tuple[str, str]],
    decisions: Sequence[Decision],
    left_out: Sequence[Mapping[str, float]] | None,
) -> dict[str, Any]:
    """Compare, write the result beside the models and return it.

    `decisions` are the ones that the model in use has not learnt; `left_out` goes with them: for each, the candidate's
    probabilities when it had not seen it. Raises RegistryError or ModelError.
    """
    old_card, new_card = _card(models, registry.read(models)["current"]), _card(models, candidate)
    if new_card is None:
        raise registry.RegistryError(f"There is no card of {candidate}; train a model first.")
    golden = load_golden()
    new = try_out(models / new_card["file"], golden, recent, decisions, left_out, new_card)
    try:
        old = try_out(models / old_card["file"], golden, recent, decisions, None, old_card) if old_card else None
        note = None if old else "No model was in use."
    except ModelError as error:
        # A model that this version of the program cannot read serves nobody: there is nothing to lose.
        old, note = None, f"The model in use cannot be read by this version: {error}"
    result = {
        "at": datetime.now(timezone.utc).isoformat(timespec="seconds"),  # noqa: UP017 - the engine runs on Python 3.10
        "candidate": {key: new_card[key] for key in ("name", "sha256")},
        "current": {key: old_card[key] for key in ("name", "sha256")} if old and old_card else None,
        "note": note,
        **compared((old or new).figures, new.figures, golden),
        "learnt": {"old": (old or new).decided, "new": new.decided, "of": len(decisions)},
        "shadow": shadow(recent, (old or new).live, new.live),
    }
    registry.write_json(models / f"{candidate}.trial.json", result)
    return result


def try_out(
    archive: Path,
    golden: Sequence[Golden],
    recent: Sequence[tuple[str, str]],
    decisions: Sequence[Decision],
    left_out: Sequence[Mapping[str, float]] | None,
    card: Mapping[str, Any],
) -> Trialled:
    """Ask one model everything."""
    with open_archive(archive, threads=2) as reader:
        documents = reader.read([message.text for message in golden])
        live = [understood(document) for document in reader.read([text for _, text in recent])]
        right = as_decided(decisions, reader.read([d.text for d in decisions]))
        shares = left_out if left_out is not None else judged(reader, [d.text for d in decisions])
        figures = Figures(
            golden=[a for m, d in zip(golden, documents, strict=True) if (a := answer(m, d)) is not None],
            decisions=[decided(d, share) for d, share in zip(decisions, shares, strict=True)],
            danger=[(m.id, d["emergency"]["is"]) for m, d in zip(golden, documents, strict=True) if m.danger],
            alarms=sum(d["emergency"]["is"] for m, d in zip(golden, documents, strict=True) if m.danger is False),
            cross_validation=cross_validation(card),
        )
    return Trialled(figures, live, right)


def judged(reader: Reader, texts: Sequence[str]) -> list[dict[str, float]]:
    """Probabilities of services and acts side by side, as training leaves them out."""
    if not texts:
        return []
    views = reader.model.featurizer.transform(list(texts), reader.model.encoder.encode(list(texts)))
    rows = reader.model.head.probabilities(views)
    return [dict(zip(reader.model.head.classes, map(float, row), strict=True)) for row in rows]


def answer(message: Golden, document: Mapping[str, Any]) -> Answer | None:
    """The answer to a golden message; None where only danger is asked."""
    requests = document["requests"]
    if message.service:
        code = requests[0]["service_code"] if requests else document["act"]
        confidence = requests[0]["confidence"] if requests else None
        return Answer(message.id, message.service, code, code == message.service, confidence)
    if message.intent:
        return Answer(message.id, message.intent, document["act"], document["act"] == ACT_OF_INTENT[message.intent])
    return None


def decided(decision: Decision, shares: Mapping[str, float]) -> Answer:
    """The answer to a decided message by the head alone."""
    said = max(shares, key=lambda name: shares[name])
    services = sum(share for name, share in shares.items() if is_service(name))
    confidence = shares[said] / services if is_service(said) and services else None
    return Answer(decision.id, decision.label, said, said == decision.label, confidence)


def understood(document: Mapping[str, Any]) -> str:
    """What a resident would notice: danger, and the services or the act."""
    what = "+".join(r["service_code"] for r in document["requests"]) or document["act"]
    return f"!{what}" if document["emergency"]["is"] else what


def cross_validation(card: Mapping[str, Any]) -> dict[str, Share]:
    """Recall of each service among its hand-written examples, left out one at a time, from the card."""
    recall = (card.get("left_out") or {}).get("recall") or {}
    counted = card.get("written") or card.get("counts") or {}  # older cards count names and phrases too
    return {code: Share(share * counted[code], counted[code]) for code, share in recall.items() if code in counted}


def compared(old: Figures, new: Figures, golden: Sequence[Golden]) -> dict[str, Any]:
    """Verdict, tables and flips as JSON."""
    texts = {message.id: message.text for message in golden}
    answered = [[*f.golden, *f.decisions] for f in (old, new)]
    return {
        "verdict": verdict(old, new).as_json(),
        "golden": _rows(old.golden, new.golden),
        "decisions": _rows(old.decisions, new.decisions),
        "cross_validation": [
            {"label": code, "old": round(old.cross_validation[code].right), "new": round(share.right), "of": share.of}
            for code, share in sorted(new.cross_validation.items())
            if code in old.cross_validation
        ],
        "danger": {
            "of": len(new.danger),
            "old": sum(seen for _, seen in old.danger),
            "new": sum(seen for _, seen in new.danger),
            "missed": [i for i, seen in new.danger if not seen],
            "alarms_old": old.alarms,
            "alarms_new": new.alarms,
        },
        "calibration": {"old": round(calibration_error(old.golden), 4), "new": round(calibration_error(new.golden), 4)},
        "confusions": [list(c) for c in confusion_changes(*answered)[:MOST_LISTED]],
        "flips": [
            {"set": name, "id": a.id, "text": texts.get(a.id), "label": a.label, "old": a.said, "new": b.said, "won": b.right}
            for name, one, other in (("golden", old.golden, new.golden), ("decisions", old.decisions, new.decisions))
            for a, b in flips(one, other)[:MOST_LISTED]
        ],
    }  # fmt: skip


def as_decided(decisions: Sequence[Decision], documents: Sequence[Mapping[str, Any]]) -> int:
    """How many of the decisions a model answers as decided, asked like any message."""
    right = 0
    for decision, document in zip(decisions, documents, strict=True):
        codes = {request["service_code"] for request in document["requests"]}
        right += decision.service in codes if decision.service else document["act"] == ACT_OF_INTENT[decision.intent]
    return right


def shadow(recent: Sequence[tuple[str, str]], old: Sequence[str], new: Sequence[str]) -> dict[str, Any]:
    """Recent messages that both models understand differently, by id."""
    differ = [{"id": i, "old": a, "new": b} for (i, _), a, b in zip(recent, old, new, strict=True) if a != b]
    return {"of": len(recent), "differ": len(differ), "items": differ[:MOST_LISTED]}


def read_recent(path: Path | None) -> list[tuple[str, str]]:
    """(id, text) of recent messages. Raises ValueError naming the line."""
    found = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines() if path else (), start=1):
        try:
            line = json.loads(raw)
            found.append((str(line["id"]), str(line["text"])))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} line {number} needs id and text") from error
    return found


def table(result: Mapping[str, Any]) -> str:
    """The result for people at a terminal."""
    current = result["current"]["name"] if result["current"] else "none"
    rows = [f"{result['candidate']['name']} beside {current}", ""]
    for name in ("golden", "decisions", "cross_validation"):
        of = sum(row["of"] for row in result[name])
        if of:
            old, new = (sum(row[side] for row in result[name]) for side in ("old", "new"))
            rows.append(f"{name:<18}{old / of:7.3f} -> {new / of:.3f}  of {of}")
    danger = result["danger"]
    rows += [
        f"{'danger seen':<18}{danger['old']:7d} -> {danger['new']}  of {danger['of']}",
        f"{'false alarms':<18}{danger['alarms_old']:7d} -> {danger['alarms_new']}",
        f"{'calibration error':<18}{result['calibration']['old']:7.3f} -> {result['calibration']['new']:.3f}",
        f"{'recent messages':<18}{result['shadow']['differ']:7d} of {result['shadow']['of']} understood differently",
        "",
    ]
    for f in result["verdict"]["findings"]:
        word = "REFUSED" if f["refuses"] else "look at"
        rows.append(f"{word} {f['kind']} {f['label']} on {f['set']}: {f['old']:.3f} -> {f['new']:.3f} of {f['of']}")
    rows.append("May be promoted." if result["verdict"]["accepted"] else "Not to be promoted without a reason.")
    return "\n".join(rows)


def _rows(old: Sequence[Answer], new: Sequence[Answer]) -> list[dict[str, Any]]:
    return [
        {"label": label, "old": row[0], "new": row[1], "lost": row[2], "gained": row[3], "of": row[4]}
        for label, row in by_label(old, new).items()
    ]


def _card(models: Path, name: str | None) -> dict[str, Any] | None:
    path = models / f"{name}.card.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if name and path.is_file() else None


if __name__ == "__main__":
    raise SystemExit(main())
