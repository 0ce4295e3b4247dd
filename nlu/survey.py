"""The health of the training data: wrong labels, contradictions, thin services, outgrown words, suspicious accounts.

Every finding rests on what a head says about each example that it has not seen (leave one out), so nothing here needs
a second set of labels. Wrong labels are found by confident learning (Northcutt, Jiang and Chuang 2021, cleanlab).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues
from scipy.stats import binomtest, mannwhitneyu
from sklearn.preprocessing import normalize

from nlu.decisions import SOURCE, Decision
from nlu.encoder import Encoder
from nlu.examples import Example
from nlu.features import Featurizer, Views
from nlu.head import basis, train
from nlu.model import Settings, is_service

ALIKE = 0.7  # cosine of the n-grams of two texts that say the same
THIN = 100  # examples a service should have
WEAK = 0.5  # a service whose own examples are recognised less often needs others
MOST_LISTED = 100
# An account is suspicious where its labels are contradicted far more often than others' are.
SUSPICIOUS_LEVEL = 1e-4
LEAST_CONTRADICTED = 5
LEAST_RATE = 0.25
OUTGROWN_LEVEL = 0.01
LEAST_RECENT = 10


@dataclass(frozen=True)
class Survey:
    """Examples with what a head that has not seen them says about each."""

    examples: Sequence[Example]
    classes: tuple[str, ...]
    labels: np.ndarray  # int [n], index into classes
    left_out: np.ndarray  # float [n, classes]
    views: Views
    featurizer: Featurizer

    def name(self, index: int) -> str:
        """The label of an example."""
        return self.classes[self.labels[index]]


def survey(examples: Sequence[Example], encoder: Encoder, settings: Settings) -> Survey:
    """Trains the head once; no more is needed, since leaving one out comes with it."""
    texts = [example.text for example in examples]
    names = [example.service or example.intent for example in examples]
    featurizer = Featurizer.fit(texts)
    views = featurizer.transform(texts, encoder.encode(texts))
    head, left_out = train(basis(views, settings.width), names, settings.penalty, settings.balance)
    index = {name: i for i, name in enumerate(head.classes)}
    return Survey(examples, head.classes, np.array([index[n] for n in names]), left_out, views, featurizer)


def label_errors(of: Survey) -> list[int]:
    """Examples whose label the others contradict, surest first."""
    found = find_label_issues(
        of.labels, of.left_out, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    return [int(i) for i in found]


def contradictions(of: Survey) -> list[tuple[int, int, float]]:
    """Pairs of nearly equal texts with different labels: (one, other, cosine), most alike first."""
    grams = normalize(of.views.grams)  # how much n-grams weigh in the head is no matter here
    likeness = (grams @ grams.T).tocoo()
    near = (likeness.row < likeness.col) & (likeness.data >= ALIKE)
    pairs = zip(likeness.row[near], likeness.col[near], likeness.data[near], strict=True)
    worded = [any(sign.isalpha() for sign in example.text) for example in of.examples]  # numbers alone all look alike
    found = [(int(a), int(b), float(c)) for a, b, c in pairs if of.labels[a] != of.labels[b] and worded[a]]
    return sorted(found, key=lambda pair: -pair[2])


def thin(of: Survey) -> list[dict[str, Any]]:
    """Services with too few examples or with examples too unlike each other, weakest first."""
    services = np.array([is_service(name) for name in of.classes])
    said = np.where(services, of.left_out, -1).argmax(axis=1)
    rows = []
    for i, name in enumerate(of.classes):
        own = of.labels == i
        if is_service(name):
            rows.append(
                {"service": name, "examples": int(own.sum()), "recall": round(float((said[own] == i).mean()), 3)}
            )
    return sorted(
        (row for row in rows if row["examples"] < THIN or row["recall"] < WEAK),
        key=lambda row: (row["recall"], row["service"]),
    )


def suspicious_accounts(decisions: Sequence[Decision], contradicted: Sequence[bool], usual: float) -> dict[str, float]:
    """Accounts whose labels are contradicted too often to be chance, with that share.

    `contradicted` goes with the decisions; `usual` is the share among the city's own examples. What is usual for an
    account is the larger of that share and the share of all other accounts: whoever decides the hard cases only is
    contradicted more often than the examples are, and so are his colleagues. The test is one-sided and binomial, and
    strict: an honest account must not lose its work to chance.
    """
    total = Counter(decision.by for decision in decisions)
    bad = Counter(d.by for d, wrong in zip(decisions, contradicted, strict=True) if wrong)
    found: dict[str, float] = {}
    # The worst goes first and no longer counts among the others: it would hide those that come after it.
    remaining = sorted(total, key=lambda account: -bad[account] / total[account])
    while remaining:
        account, *others = remaining
        of_others = sum(total[name] for name in others)
        share_of_others = sum(bad[name] for name in others) / of_others if of_others else 0.0
        expected = min(0.99, max(usual, share_of_others, 1e-3))
        rate = bad[account] / total[account]
        enough = bad[account] >= LEAST_CONTRADICTED and rate >= LEAST_RATE
        if not enough or binomtest(bad[account], total[account], expected, "greater").pvalue > SUSPICIOUS_LEVEL:
            break
        found[account] = round(rate, 3)
        remaining = others
    return found


def outgrown(of: Survey, recent: Sequence[tuple[str, str]], encoder: Encoder) -> list[dict[str, Any]]:
    """Services whose recent messages (text, service) lie farther from the examples than examples from each other."""
    texts = [text for text, _ in recent]
    asked = of.featurizer.transform(texts, encoder.encode(texts)) if texts else None
    rows = []
    for name in sorted({service for _, service in recent}):
        # Decisions are themselves recent messages: only the city's own examples tell what was known before.
        own = np.array([i for i, e in enumerate(of.examples) if e.service == name and e.source != SOURCE], dtype=int)
        new = np.array([i for i, (_, service) in enumerate(recent) if service == name])
        if asked is None or len(own) < 2 or len(new) < LEAST_RECENT:
            continue
        examples = of.views.take(own)
        among = _likeness(examples, examples)
        np.fill_diagonal(among, -1)
        usual, now = among.max(axis=1), _likeness(asked.take(new), examples).max(axis=1)
        level = float(mannwhitneyu(now, usual, alternative="less").pvalue)
        if level < OUTGROWN_LEVEL:
            rows.append(
                {"service": name, "messages": len(new), "usual": round(float(np.median(usual)), 3),
                 "now": round(float(np.median(now)), 3), "p": round(level, 5)}
            )  # fmt: skip
    return sorted(rows, key=lambda row: row["p"])


def report(
    of: Survey, decisions: Sequence[Decision], recent: Sequence[tuple[str, str]], encoder: Encoder
) -> dict[str, Any]:
    """All findings as one JSON document; texts are the city's examples and masked decisions."""
    errors = label_errors(of)
    suspicious = suspicious_accounts(*judged(of, decisions, errors))
    return {
        "examples": len(of.examples),
        "decisions": len(decisions),
        "label_errors": {
            "count": len(errors),
            "items": [
                {"text": of.examples[i].text, "label": of.name(i), "source": of.examples[i].source,
                 "likely": of.classes[int(of.left_out[i].argmax())], "share": round(float(of.left_out[i].max()), 3)}
                for i in errors[:MOST_LISTED]
            ],
        },
        "contradictions": [
            {"texts": [of.examples[a].text, of.examples[b].text], "labels": [of.name(a), of.name(b)], "alike": round(c, 3)}
            for a, b, c in contradictions(of)[:MOST_LISTED]
        ],
        "thin": thin(of),
        "outgrown": outgrown(of, recent, encoder),
        "suspicious_accounts": suspicious,
        "held_back": [d.id for d in decisions if d.by in suspicious],
    }  # fmt: skip


def judged(
    of: Survey, decisions: Sequence[Decision], errors: Sequence[int]
) -> tuple[Sequence[Decision], list[bool], float]:
    """The decisions, whether each is among the errors, and the share of errors among all other examples."""
    where = {(example.text, of.name(i)): i for i, example in enumerate(of.examples)}
    wrong = set(errors)
    places = [where.get((decision.text.strip(), decision.label)) for decision in decisions]
    others = len(of.examples) - len({place for place in places if place is not None})
    usual = len(wrong - {place for place in places if place is not None}) / max(1, others)
    return decisions, [place in wrong for place in places], usual


def _likeness(texts: Views, examples: Views) -> np.ndarray:
    grams = np.asarray((texts.grams @ examples.grams.T).todense())
    return grams + texts.encodings @ examples.encodings.T if examples.encodings.shape[1] else grams
