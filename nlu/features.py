"""What the heads see of a text: its centred and scaled encoding beside weighted character n-grams.

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
MOST_CHARACTERS = 1200  # n-grams beyond this add cost and no knowledge


@dataclass(frozen=True)
class Matrix:
    """Rows of texts in both views; the features of a head are the columns of dense, then those of sparse."""

    dense: np.ndarray  # float32 [n, width of the encoder]
    sparse: sp.csr_matrix  # float32 [n, vocabulary]

    def __len__(self) -> int:
        """Number of texts."""
        return int(self.sparse.shape[0])

    def gram(self) -> np.ndarray:
        """float32 [n, n] inner products."""
        return self.dense @ self.dense.T + np.asarray((self.sparse @ self.sparse.T).todense(), dtype=np.float32)

    def dot(self, weights: np.ndarray) -> np.ndarray:
        """[n, k]: this matrix times weights [features, k]."""
        width = self.dense.shape[1]
        return self.dense @ weights[:width] + self.sparse @ weights[width:]

    def transposed_dot(self, rows: np.ndarray) -> np.ndarray:
        """[features, k]: the transpose of this matrix times rows [n, k]."""
        return np.vstack([self.dense.T @ rows, self.sparse.T @ rows])

    def take(self, rows: np.ndarray) -> Matrix:
        """Some of the rows."""
        return Matrix(self.dense[rows], self.sparse[rows])


class Featurizer:
    """Turns texts and their encodings into a Matrix. Build with `fit` or from the parts that `parts` gave."""

    def __init__(self, vocabulary: list[str], idf: np.ndarray, mean: np.ndarray, scale: float) -> None:
        """`mean` is the average encoding of the training texts; `scale` weighs the encoder against the n-grams."""
        self.vocabulary, self.idf, self.mean, self.scale = vocabulary, idf, mean, scale
        self._vectorizer = _vectorizer(dict(zip(vocabulary, range(len(vocabulary)), strict=True)))
        self._vectorizer.fit([""])  # the vocabulary is fixed: this only builds the analyser
        self._vectorizer.idf_ = idf

    @classmethod
    def fit(cls, texts: list[str], encodings: np.ndarray, scale: float) -> Featurizer:
        """Learn the vocabulary and its weights, and the encodings' mean."""
        vectorizer = _vectorizer(None).fit([normalise(text) for text in texts])
        vocabulary = [str(term) for term in vectorizer.get_feature_names_out()]
        mean = encodings.mean(axis=0) if encodings.shape[1] else np.zeros(0)
        return cls(vocabulary, vectorizer.idf_.astype(np.float32), mean.astype(np.float32), scale)

    def transform(self, texts: list[str], encodings: np.ndarray) -> Matrix:
        """Both views of the texts."""
        dense = ((encodings - self.mean) * self.scale).astype(np.float32)
        return Matrix(dense, self._vectorizer.transform([normalise(text) for text in texts]).astype(np.float32))


def normalise(text: str) -> str:
    """One form for full-width and half-width, upper and lower case, blanks and long numbers."""
    folded = unicodedata.normalize("NFKC", clean(text)[:MOST_CHARACTERS]).lower()
    return _DIGITS.sub("0", _BLANKS.sub(" ", folded)).strip()


def _vectorizer(vocabulary: dict[str, int] | None) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char",
        ngram_range=(1, 3),
        sublinear_tf=True,
        lowercase=False,
        vocabulary=vocabulary,
        dtype=np.float32,
    )
