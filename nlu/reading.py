"""Texts in, parse documents out: the one way both the served engine and `nlu.parse` understand messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml

from language.danger import assess
from language.detect import detect
from language.guard import unguard
from language.pii import find as find_pii
from nlu.examples import REPORT
from nlu.model import Model, is_service
from nlu.places import find as find_places
from nlu.text.split import Part, split_problems
from nlu.understanding import Found, Judgement, Problem, assemble

# Services that mean danger by themselves; manholes or cables (UM) may be reported calmly, the rules judge those.
DANGEROUS = "EM"
NUMBERS = {"gas": ("119",), "injury": ("120", "110")}
_SOMETHING = re.compile(r"\w")


class Reader:
    """Understands messages with one model."""

    def __init__(self, model: Model, name: str) -> None:
        """`name` is the model's sha256, carried in every document."""
        self.model, self.name = model, name
        self._is_service = np.array([is_service(label) for label in model.head.classes])
        self._services = [label for label in model.head.classes if is_service(label)]
        self._intents = [label for label in model.head.classes if not is_service(label)]
        rows = yaml.safe_load((model.city / "services.yml").read_text(encoding="utf-8"))["services"]
        self._danger_of = {row["code"]: row["danger"] for row in rows if row["code"].startswith(DANGEROUS)}

    def read(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One document for each text (a leading guard character is taken off); `id` is the caller's to add."""
        received = [unguard(text) for text in texts]
        wholes = self.judge(received)
        split = [split_problems(text, self._quick_scores) if _SOMETHING.search(text) else [] for text in received]
        parts = [part.text for found in split if len(found) > 1 for part in found]
        judged = iter(self.judge(parts))
        documents = []
        for text, whole, found in zip(received, wholes, split, strict=True):
            if len(found) > 1:
                problems = [Problem(part, next(judged)) for part in found]
            else:
                problems = [Problem(_trimmed(text), whole)]
            documents.append(self._document(text, whole, problems))
        return documents

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Probabilities of intents and services for each text."""
        if not texts:
            return []
        encodings = self.model.encoder.encode(list(texts))
        probabilities = self.model.head.probabilities(self.model.featurizer.transform(list(texts), encodings))
        return [self._judgement(row) for row in probabilities]

    def _judgement(self, row: np.ndarray) -> Judgement:
        services = row[self._is_service]
        report = float(services.sum())
        intents = {REPORT: report, **dict(zip(self._intents, map(float, row[~self._is_service]), strict=True))}
        shares = services / max(report, 1e-12)
        order = np.argsort(-shares, kind="stable")
        return Judgement(intents, [(self._services[i], float(shares[i])) for i in order])

    def _document(self, text: str, whole: Judgement, problems: list[Problem]) -> dict[str, Any]:
        something = _SOMETHING.search(text) is not None
        found = Found(
            text=text,
            language=detect(text),
            whole=whole if something else None,
            problems=problems if something else [],
            places=find_places(text, self.model.gazetteer),
            danger=assess(text),
            pii=find_pii(text),
        )
        return {**assemble(found, self._danger_of, NUMBERS), "model": self.name}

    def _quick_scores(self, segments: list[str]) -> list[tuple[str, float]]:
        """Best service and its probability for each segment, without the encoder: only to decide where to split."""
        if not segments:
            return []
        width = self.model.encoder.width
        matrix = self.model.featurizer.transform(segments, np.tile(self.model.featurizer.mean, (len(segments), 1)))
        assert matrix.dense.shape[1] == width
        judged = [self._judgement(row) for row in self.model.head.probabilities(matrix)]
        return [(j.services[0][0], j.services[0][1] * j.intents[REPORT]) for j in judged]


def _trimmed(text: str) -> Part:
    """The whole message as one part, without blanks around it."""
    stripped = text.strip()
    start = text.find(stripped)
    return Part(stripped, start, start + len(stripped))
