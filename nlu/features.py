"""What the head sees of a text: its encoding beside weighted character n-grams.

The two views complement each other: the encoder knows meanings of words never seen, n-grams know the exact words.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from language.clean import clean

# Personal numbers and ticket numbers say nothing about the matter: one sign stands for any run of digits.
_DIGITS = re.compile(r"\d{5,}")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
START, END = "\x02", "\x03"
# How much the n-grams count beside the encodings; chosen by cross-validation (nlu/compare.py).
GRAM_WEIGHT = 0.5**0.5
MOST_CHARACTERS = 1200  # n-grams beyond this add cost and no knowledge


@dataclass(frozen=True)
class Views:
    """Rows of texts in both views."""

    encodings: np.ndarray  # float32 [n, width of the encoder]; width 0 without an encoder
    grams: sp.csr_matrix  # float32 [n, vocabulary]

    def __len__(self) -> int:
        """Number of texts."""
        return int(self.grams.shape[0])

    def take(self, rows: np.ndarray) -> Views:
        """Some of the rows."""
        return Views(self.encodings[rows], self.grams[rows])


class Featurizer:
    """Turns texts and their encodings into Views. Build with `fit` or from a stored vocabulary."""

    def __init__(self, vocabulary: list[str], idf: np.ndarray) -> None:
        """`idf` weighs each n-gram of the vocabulary."""
        self.vocabulary, self.idf = vocabulary, idf
        self._vectorizer = _vectorizer(dict(zip(vocabulary, range(len(vocabulary)), strict=True)))
        self._vectorizer.fit([""])  # the vocabulary is fixed: this only builds the analyser
        self._vectorizer.idf_ = idf

    @classmethod
    def fit(cls, texts: list[str]) -> Featurizer:
        """Learn the vocabulary and its weights."""
        vectorizer = _vectorizer(None).fit([normalise(text) for text in texts])
        vocabulary = [str(term) for term in vectorizer.get_feature_names_out()]
        return cls(vocabulary, vectorizer.idf_.astype(np.float32))

    def transform(self, texts: list[str], encodings: np.ndarray) -> Views:
        """Both views of the texts."""
        grams = self._vectorizer.transform([normalise(text) for text in texts]).astype(np.float32)
        grams *= np.float32(GRAM_WEIGHT)
        return Views(encodings.astype(np.float32), grams)


def normalise(text: str) -> str:
    """One form for full-width and half-width, upper and lower case, blanks and long numbers; ends are marked,
    since how a message begins and ends tells questions and thanks from reports."""
    folded = unicodedata.normalize("NFKC", clean(text)[:MOST_CHARACTERS]).lower()
    return START + _DIGITS.sub("0", _BLANKS.sub(" ", folded)).strip() + END


def _vectorizer(vocabulary: dict[str, int] | None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        sublinear_tf=True,
        lowercase=False,
        vocabulary=vocabulary,
        dtype=np.float32,
    )
