"""Texts in, parse documents out: the one way both the served engine and `nlu.parse` understand messages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from language.danger import assess
from language.detect import detect
from language.guard import unguard
from language.pii import find as find_pii
from nlu.evidence import Evidence, weigh
from nlu.evidence import document as explain
from nlu.examples import REPORT
from nlu.model import Model, intents, is_service
from nlu.places import find as find_places
from nlu.text.split import split_problems
from nlu.understanding import Found, Judgement, Problem, assemble

# The head's temperature is fitted on examples left out, which are harder than what residents write: it makes the head too
# modest. Chosen on the development set: its calibration error falls from 0.08 to 0.03.
SHARPENED = 1.35
_SOMETHING = re.compile(r"\w")


class Reader:
    """Understands messages with one model."""

    def __init__(self, model: Model, name: str) -> None:
        """`name` is the model's sha256, carried in every document."""
        self.model, self.name = model, name
        self._is_service = np.array([is_service(label) for label in model.head.classes])
        self._services = [label for label in model.head.classes if is_service(label)]

    def read(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One document for each text (a leading guard character is taken off); `id` is the caller's to add."""
        received = [unguard(text) for text in texts]
        wholes = self.judge(received)
        return [self._document(text, whole) for text, whole in zip(received, wholes, strict=True)]

    def judge(self, texts: Sequence[str]) -> list[Judgement]:
        """Probabilities of intents and services for each text."""
        if not texts:
            return []
        encodings = self.model.encoder.encode(list(texts))
        views = self.model.featurizer.transform(list(texts), encodings)
        nearness = self.model.danger_head.nearness(views)  # the other heads know the first of its examples
        known = nearness[:, : len(self.model.head.support)]
        both = self.model.head.probabilities(views, known)
        acts = self.model.act_head.probabilities(views, known)
        dangers = self.model.danger_head.probabilities(views, nearness)
        names, shares = intents(self.model.head.classes, both, self.model.act_head.classes, acts)
        services = both[:, self._is_service] ** SHARPENED
        services = services / np.maximum(services.sum(axis=1, keepdims=True), 1e-12)
        named = np.flatnonzero(self._is_service)[services.argmax(axis=1)]
        evidence = weigh(self.model.head, self.model.featurizer.vocabulary, views, known, named.tolist())
        rows = zip(shares, services, dangers, evidence, strict=True)
        return [self._judgement(names, *row) for row in rows]

    def _judgement(
        self, names: list[str], shares: np.ndarray, services: np.ndarray, kinds: np.ndarray, evidence: Evidence
    ) -> Judgement:
        order = np.argsort(-services, kind="stable")
        ranked = [(self._services[i], float(services[i])) for i in order]
        intents_ = dict(zip(names, map(float, shares), strict=True))
        dangers = dict(zip(self.model.danger_head.classes, map(float, kinds), strict=True))
        return Judgement(intents_, ranked, dangers, evidence)

    def _document(self, text: str, whole: Judgement) -> dict[str, Any]:
        something = _SOMETHING.search(text) is not None
        found = Found(
            text=text,
            language=detect(text),
            whole=whole if something else None,
            problems=self._problems(text, whole) if something else [],
            places=find_places(text, self.model.gazetteer),
            danger=assess(text),
            pii=find_pii(text),
        )
        explanation = explain(whole.evidence, self.model.examples) if something and whole.evidence else None
        return {**assemble(found), "explanation": explanation, "model": self.name}

    def _problems(self, text: str, whole: Judgement) -> list[Problem]:
        """The message's parts; the splitter asks for its stretches' services, which are often the parts themselves."""
        known: dict[str, Judgement] = {}

        def judged(stretches: list[str]) -> list[Judgement]:
            missing = [stretch for stretch in dict.fromkeys(stretches) if stretch not in known]
            known.update(zip(missing, self.judge(missing), strict=True))
            return [known[stretch] for stretch in stretches]

        def scorer(stretches: list[str]) -> list[tuple[str, float]]:
            return [(j.services[0][0], j.services[0][1] * j.intents[REPORT]) for j in judged(stretches)]

        parts = split_problems(text, scorer)
        if len(parts) < 2:
            return [Problem(part, whole) for part in parts[:1]]
        return [Problem(part, j) for part, j in zip(parts, judged([part.text for part in parts]), strict=True)]
