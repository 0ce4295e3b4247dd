"""The trained parts of understanding, as one value: how they are learnt, written and read back.

The Rasa component and `nlu.parse` both work on a Model, so that they give the same answers.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.encoder import ENCODERS, Encoder, open_encoder, same_space
from nlu.examples import REPORT, Example, load_services
from nlu.features import Featurizer
from nlu.hazards import BALANCE, Hazard, first_labels, second_labels
from nlu.head import Basis, Head, basis, part, train
from nlu.places import Gazetteer

FORMAT = 5
OUT_OF_SCOPE = "out_of_scope"
SCOPE_CAUTION = 2.0  # see `intents`
CITY_FILES = ("places.csv", "aliases.yml", "city.yml", "services.yml")


class ModelError(RuntimeError):
    """A stored model cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """What config.yml may set."""

    encoder: str = ENCODERS[0]
    width: float = 0.8  # of the encoder's Gaussian, in usual distances; larger lets far examples count more
    penalty: float = 0.2  # ridge of the head; larger fits less closely
    balance: float = 0.5  # of the services: 0: every example counts the same, 1: every class does
    act_balance: float = 1.0  # of the acts: reports outnumber each act by far
    seed: int = 20261124


@dataclass(frozen=True)
class Model:
    """Everything a message needs. `scores` are the held-out figures of the training examples."""

    encoder: Encoder
    featurizer: Featurizer
    head: Head  # services and acts side by side
    act_head: Head  # acts alone, a report being one of them
    danger_head: Head  # kinds of danger, and calm
    examples: tuple[Example, ...]  # in the heads' order, to name those that a text is like
    gazetteer: Gazetteer
    city: Path
    scores: dict[str, Any]
    settings: Settings


def learn(
    examples: Sequence[Example],
    city: Path,
    encoder: Encoder,
    settings: Settings,
    hazards: Sequence[Hazard] = (),
) -> Model:
    """Train all parts.

    The first head tells services and acts apart at once, where all classes are of one size. The second weighs
    acts against reports as a whole; `intents` puts both together. The third knows danger and its kinds; it learns
    from `hazards` too.
    """
    texts = [example.text for example in examples] + [hazard.text for hazard in hazards]
    labels = [example.service or example.intent for example in examples]
    featurizer = Featurizer.fit(texts)
    whole = basis(featurizer.transform(texts, encoder.encode(texts)), settings.width)
    on = part(whole, len(examples))
    head, left_out = train(on, labels, settings.penalty, settings.balance)
    act_head, acts_left_out = train(on, [e.intent for e in examples], settings.penalty, settings.act_balance)
    scores = left_out_scores(examples, labels, head.classes, left_out)
    names, shares = intents(head.classes, left_out, act_head.classes, acts_left_out)
    said = [names[i] for i in shares.argmax(axis=1)]
    for name, report in (("report_recall", True), ("intent_accuracy_of_acts", False)):
        asked = [i for i, e in enumerate(examples) if e.source == "example" and (e.intent == REPORT) == report]
        scores[name] = _mean(np.array([said[i] == examples[i].intent for i in asked]))
    danger_head = learn_danger(whole, examples, hazards, city, settings)
    places = Gazetteer.load(city)
    return Model(encoder, featurizer, head, act_head, danger_head, tuple(examples), places, city, scores, settings)


def learn_danger(
    on: Basis, examples: Sequence[Example], hazards: Sequence[Hazard], city: Path, settings: Settings
) -> Head:
    """Trained twice: the first head's left-out answers correct the rules' labels (nlu/hazards.py)."""
    danger_of_service = {row["code"]: row["danger"] for row in load_services(city) if row.get("danger")}
    labels = first_labels(examples, hazards, danger_of_service)
    head, left_out = train(on, labels, settings.penalty, BALANCE)
    labels = second_labels(examples, labels, head.classes, left_out, danger_of_service)
    return train(on, labels, settings.penalty, BALANCE)[0]


def intents(
    classes: Sequence[str], both: np.ndarray, act_classes: Sequence[str], acts: np.ndarray
) -> tuple[list[str], np.ndarray]:
    """Names and probabilities [n, intents] from both heads: their geometric mean, leaning to out of scope.

    `both` are probabilities of services and acts, `acts` those of the acts. Examples can never cover what is out
    of scope, so its probability counts double.
    """
    services = np.array([is_service(name) for name in classes])
    names = [REPORT, *(name for name in classes if not is_service(name))]
    summed = np.hstack([both[:, services].sum(axis=1, keepdims=True), both[:, ~services]])
    if sorted(act_classes) != sorted(names):
        raise ModelError("The two heads know different acts; train a new model with `make train`.")
    order = [list(act_classes).index(name) for name in names]
    shares = np.sqrt(summed * acts[:, order])
    if OUT_OF_SCOPE in names:
        shares[:, names.index(OUT_OF_SCOPE)] *= SCOPE_CAUTION
    return names, shares / shares.sum(axis=1, keepdims=True)


def left_out_scores(
    examples: Sequence[Example], labels: Sequence[str], classes: Sequence[str], left_out: np.ndarray
) -> dict[str, Any]:
    """How well each hand-written example is answered by a head that has not seen it."""
    services = np.array([is_service(name) for name in classes])
    written = np.array([example.source == "example" for example in examples])
    asked = written & np.array([example.intent == REPORT for example in examples])
    true = np.array([classes.index(label) for label in labels])
    ranked = np.argsort(-np.where(services, left_out, -1), axis=1)
    right = ranked[:, 0] == true
    top3 = (ranked[:, :3] == true[:, None]).any(axis=1)
    recall = {
        name: round(float(right[asked & (true == i)].mean()), 3)
        for i, name in enumerate(classes)
        if (asked & (true == i)).any()
    }
    return {
        "method": "leave one out, hand-written examples only",
        "examples": int(written.sum()),
        "top1": _mean(right[asked]),
        "top3": _mean(top3[asked]),
        "recall": recall,
    }


def is_service(label: str) -> bool:
    """Whether a class of the head is a service's code (UM-A01) and not an intent's name (greet)."""
    return label[2:3] == "-"


def save(model: Model, folder: Path) -> None:
    """Write all parts; nothing is pickled, so that a model file cannot run code."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "shared.npz", idf=model.featurizer.idf, support=model.danger_head.support.astype(np.float16))
    np.savez(folder / "head.npz", **model.head.parts())
    np.savez(folder / "act_head.npz", **model.act_head.parts())
    np.savez(folder / "danger_head.npz", **model.danger_head.parts())
    (folder / "vocabulary.json").write_text(json.dumps(model.featurizer.vocabulary, ensure_ascii=False))
    rows = [astuple(example) for example in model.examples]
    (folder / "examples.json").write_text(json.dumps(rows, ensure_ascii=False))
    about = {
        "format": FORMAT,
        "encoder": model.encoder.name,
        "classes": model.head.classes,
        "act_classes": model.act_head.classes,
        "danger_classes": model.danger_head.classes,
        "scores": model.scores,
        "settings": asdict(model.settings),
    }
    (folder / "about.json").write_text(json.dumps(about, ensure_ascii=False, indent=1))
    (folder / "city").mkdir(exist_ok=True)
    for name in CITY_FILES:
        if (model.city / name).is_file():
            shutil.copyfile(model.city / name, folder / "city" / name)


def load(folder: Path, threads: int = 1) -> Model:
    """Read back what `save` wrote. Raises ModelError where a part is missing, foreign or of another encoder.

    `threads` are the encoder's.
    """
    try:
        about = json.loads((folder / "about.json").read_text())
        vocabulary = json.loads((folder / "vocabulary.json").read_text())
        examples = tuple(Example(*row) for row in json.loads((folder / "examples.json").read_text()))
        shared = _arrays(folder / "shared.npz")
        support = shared["support"].astype(np.float32)
        head, act_head, danger_head = (
            _head(folder / f"{name}.npz", tuple(about[classes]), support)
            for name, classes in (("head", "classes"), ("act_head", "act_classes"), ("danger_head", "danger_classes"))
        )
        featurizer = Featurizer(vocabulary, shared["idf"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"The model is not complete ({error}); train a new one with `make train`.") from error
    if about.get("format") != FORMAT:
        raise ModelError("The model was made by another version of the program; train a new one with `make train`.")
    settings = Settings(**about["settings"])
    encoder = open_encoder(settings.encoder, threads)
    if not same_space(encoder.name, about["encoder"]):
        raise ModelError(
            f"The model was trained with the encoder {about['encoder']}, here is {encoder.name}: "
            "install the packages of requirements/engine.txt or train a new model."
        )
    if support.shape[1] != encoder.width or len(examples) != len(head.support) or len(head.weights) != len(vocabulary):
        raise ModelError("The model's parts do not fit together; train a new one with `make train`.")
    city = folder / "city"
    places = Gazetteer.load(city)
    return Model(encoder, featurizer, head, act_head, danger_head, examples, places, city, about["scores"], settings)


def _head(file: Path, classes: tuple[str, ...], support: np.ndarray) -> Head:
    """A stored head; those that did not learn from the hazards use the first rows of the support only."""
    parts = _arrays(file)
    return Head.from_parts(classes, support[: len(parts["coefficients"])], parts)


def content_digest(folder: Path) -> str:
    """sha256 over all parts of a stored model."""
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        total.update(str(path.relative_to(folder)).encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _arrays(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as stored:
        return dict(stored.items())


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 4) if len(values) else None
