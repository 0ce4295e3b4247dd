"""The recipe of Amsterdam's Signalen, written anew, on our examples: word counts and an l1 logistic regression.

    .venv-engine/bin/python -m bench.signalen FILE

Lower case, anything but words to spaces, jieba's words (the original stems Dutch), counts or pairs of words scaled to
length 1 without inverse frequencies, one l1 regression for each service; class weights and pairs are chosen by five-fold
accuracy. Prints JSON with the figures of the other columns.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import statistics
import time
from pathlib import Path
from typing import Any

import jieba
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from nlu import measures
from nlu.examples import REPORT, city_folder, load_examples
from nlu.labelled import read_labelled

FOLDS = 5
SEED = 20261124
# Chinese words that say nothing by themselves, as the original drops its stop words.
STOP_WORDS = {
    "的",
    "了",
    "是",
    "在",
    "和",
    "也",
    "都",
    "就",
    "有",
    "我",
    "你",
    "我们",
    "这",
    "那",
    "很",
    "吗",
    "呢",
    "吧",
    "啊",
}


def main() -> int:
    """Train, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    jieba.setLogLevel(logging.ERROR)
    lines = [line for line in read_labelled(given.file) if measures.is_single(line)]
    examples = [e for e in load_examples(city_folder()) if e.intent == REPORT]
    started = time.monotonic()
    search = recipe().fit([words(e.text) for e in examples], [e.service for e in examples])
    seconds = time.monotonic() - started
    took, documents = [], []
    for line in lines:
        begun = time.perf_counter()
        shares = search.predict_proba([words(line["text"])])[0]
        took.append((time.perf_counter() - begun) * 1000)
        documents.append(_document(search.classes_, shares))
    print(json.dumps(_figures(lines, documents, search, seconds, sorted(took)), ensure_ascii=False, indent=1))
    return 0


def words(text: str) -> str:
    """The text as the counts see it."""
    plain = re.sub(r"\W+", " ", text.lower())
    return " ".join(word for word in jieba.cut(plain) if word.strip() and word not in STOP_WORDS)


def recipe() -> GridSearchCV:
    """Not yet trained."""
    pipeline = Pipeline(
        [
            ("counts", CountVectorizer(token_pattern=r"\S+")),
            ("scale", TfidfTransformer(use_idf=False, norm="l2")),
            ("regression", LogisticRegression(penalty="l1", solver="liblinear", C=1.0, random_state=SEED)),
        ]
    )
    grid = {"regression__class_weight": [None, "balanced"], "counts__ngram_range": [(1, 1), (1, 2)]}
    return GridSearchCV(pipeline, grid, cv=FOLDS, scoring="accuracy")


def _document(classes: Any, shares: Any) -> dict[str, Any]:
    """As much of a parse document as the figures need."""
    ranking = [[str(classes[i]), float(shares[i])] for i in shares.argsort()[::-1][:5]]
    return {"requests": [{"service_code": ranking[0][0], "confidence": ranking[0][1], "ranking": ranking}]}


def _figures(lines: Any, documents: Any, search: GridSearchCV, seconds: float, took: list[float]) -> dict[str, Any]:
    return {
        "top1": round(measures.share_of("top-1, first problem", lines, documents)[0] or 0.0, 3),
        "top3": round(measures.share_of("top-3", lines, documents)[0] or 0.0, 3),
        "macro_f1": round(measures.macro_f1(lines, documents)[0], 3),
        "ece": round(measures.calibration(lines, documents)[0], 3),
        "cross_validated": round(float(search.best_score_), 3),
        "chosen": {key: str(value) for key, value in search.best_params_.items()},
        "training_s": round(seconds),
        "parse_p50_ms": round(statistics.median(took), 2),
        "parse_p95_ms": round(took[int(0.95 * len(took))], 2),
    }


if __name__ == "__main__":
    raise SystemExit(main())
