"""A linear head over [scaled encoding ⊕ character n-grams], trained in closed form and calibrated on held-out answers.

Ridge regression against one-hot labels: the leave-one-out answer of every example follows from the same
factorisation, so calibration and the card's scores cost no further training. Called by nlu/reading.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize_scalar

from nlu.features import Matrix

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 1.0, 200.0


@dataclass(frozen=True)
class Head:
    """Scores are `features @ weights + bias`; probabilities are their softmax at the calibrated temperature."""

    classes: tuple[str, ...]
    weights: np.ndarray  # float32 [features, classes]
    bias: np.ndarray  # float32 [classes]
    temperature: float

    def scores(self, features: Matrix) -> np.ndarray:
        """float32 [n, classes], not yet probabilities."""
        return features.dot(self.weights) + self.bias

    def probabilities(self, features: Matrix) -> np.ndarray:
        """float [n, classes], each row sums to 1."""
        return softmax(self.scores(features) * self.temperature)


def train(features: Matrix, labels: list[str], penalty: float, balance: float = 0.5) -> tuple[Head, np.ndarray]:
    """The head, and the leave-one-out probabilities [n, classes] of the training examples.

    `penalty` is the ridge (larger fits less closely); `balance` between 0 (each example counts the same) and 1
    (each class counts the same). Needs memory for one n × n float32 matrix.
    """
    classes = tuple(sorted(set(labels)))
    index = {name: i for i, name in enumerate(classes)}
    y = np.array([index[label] for label in labels])
    onehot = np.eye(len(classes), dtype=np.float32)[y]
    frequency = onehot.sum(axis=0)
    share = (frequency.mean() / frequency) ** balance
    root = np.sqrt(share[y]).astype(np.float32)[:, None]
    # The constant is one more feature of value 1, hence the 1 added to every inner product.
    gram = (features.gram() + 1) * root * root.T
    gram[np.diag_indices_from(gram)] += penalty
    inverse = _invert(gram)
    alpha = inverse @ (onehot * root)
    left_out = (onehot * root - alpha / np.diag(inverse)[:, None]) / root
    rows = alpha * root
    temperature = fit_temperature(left_out, y)
    # Half precision is what the model file keeps: rounding here makes the stored and the fresh head the same.
    weights = features.transposed_dot(rows).astype(np.float16).astype(np.float32)
    head = Head(classes, weights, rows.sum(axis=0), temperature)
    return head, softmax(left_out * temperature)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Row-wise, without overflow."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor on the scores that makes held-out probabilities most likely (smallest log loss)."""

    def loss(log_factor: float) -> float:
        picked = softmax(scores * np.exp(log_factor))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(picked, 1e-12)).mean())

    low, high = np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def _invert(matrix: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric positive definite float32 matrix, in place where LAPACK can."""
    factor, failed = lapack.spotrf(matrix, lower=1, overwrite_a=1)
    if failed:
        raise ValueError("The examples cannot be solved: raise `penalty` in config.yml.")
    inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError("The examples cannot be solved: raise `penalty` in config.yml.")
    lower = np.tril(inverse)
    return lower + np.tril(inverse, -1).T
