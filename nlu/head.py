"""A ridge classifier over two kernels, trained in closed form and calibrated on held-out answers.

Similarity of two texts = Gaussian of the distance of their encodings + inner product of their n-grams. Ridge
regression against one-hot labels gives the leave-one-out answer of every example from the same factorisation, so
calibration and the card's scores cost no further training. Called by nlu/model.py.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize_scalar

from nlu.features import Views

LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 1.0, 200.0
_SAMPLE = 500  # examples from which the usual distance of two texts is taken


@dataclass(frozen=True)
class Head:
    """Scores sum a Gaussian part (coefficients of the examples) and a linear part (weights of the n-grams)."""

    classes: tuple[str, ...]
    support: np.ndarray  # float32 [examples, width]: encodings of the examples
    coefficients: np.ndarray  # float32 [examples, classes]
    weights: np.ndarray  # float16 [vocabulary, classes]: the largest part, so it stays in half precision
    bias: np.ndarray  # float32 [classes]
    sharpness: float  # of the Gaussian: 1 / the usual squared distance
    temperature: float

    def nearness(self, views: Views) -> np.ndarray:
        """float32 [n, examples]: the Gaussian part's similarities, the same for all heads trained on one basis."""
        return gaussian(views.encodings, self.support, self.sharpness, self._squares)

    def scores(self, views: Views, nearness: np.ndarray | None = None) -> np.ndarray:
        """float32 [n, classes], not yet probabilities."""
        used = np.unique(views.grams.indices)
        linear = np.asarray(views.grams[:, used] @ self.weights[used].astype(np.float32)) + self.bias
        if not self.support.shape[1]:
            return linear
        return linear + (self.nearness(views) if nearness is None else nearness) @ self.coefficients

    def probabilities(self, views: Views, nearness: np.ndarray | None = None) -> np.ndarray:
        """float [n, classes], each row sums to 1. `nearness`, where a head of the same basis has it already."""
        return softmax(self.scores(views, nearness) * self.temperature)

    @functools.cached_property
    def _squares(self) -> np.ndarray:
        return (self.support**2).sum(axis=1)

    def parts(self) -> dict[str, np.ndarray]:
        """What is to be stored beside the support, in half precision where `train` has rounded."""
        return {
            "coefficients": self.coefficients.astype(np.float16),
            "weights": self.weights,
            "bias": self.bias,
            "numbers": np.array([self.sharpness, self.temperature]),
        }

    @classmethod
    def from_parts(cls, classes: tuple[str, ...], support: np.ndarray, parts: dict[str, np.ndarray]) -> Head:
        """The same head again. Raises ValueError where the parts do not fit together."""
        sharpness, temperature = map(float, parts["numbers"])
        whole = {name: parts[name].astype(np.float32) for name in ("coefficients", "bias")}
        whole["weights"] = parts["weights"]
        if whole["coefficients"].shape != (len(support), len(classes)) or whole["weights"].shape[1] != len(classes):
            raise ValueError("the parts of a head do not fit together")
        return cls(classes, support, sharpness=sharpness, temperature=temperature, **whole)


@dataclass(frozen=True)
class Basis:
    """The training examples as heads see them; several heads can be trained on one."""

    views: Views
    sharpness: float
    kernel: np.ndarray  # float32 [n, n]


def part(on: Basis, count: int) -> Basis:
    """The first texts of a basis alone; its arrays are shared, not copied."""
    views = Views(on.views.encodings[:count], on.views.grams[:count])
    return Basis(views, on.sharpness, on.kernel[:count, :count])


def basis(views: Views, width: float) -> Basis:
    """Similarities of all examples; `width` widens the Gaussian (in usual distances)."""
    # Half precision is what the model file keeps: rounding here makes the stored and the fresh head the same.
    support = _halved(views.encodings)
    sharpness = 1 / (width * usual_distance(support))
    # The constant is one more feature of value 1, hence the 1 added to every similarity.
    kernel = np.asarray((views.grams @ views.grams.T).todense(), dtype=np.float32) + 1
    if support.shape[1]:
        kernel += gaussian(support, support, sharpness)
    return Basis(Views(support, views.grams), sharpness, kernel)


def train(on: Basis, labels: list[str], penalty: float, balance: float) -> tuple[Head, np.ndarray]:
    """The head, and the leave-one-out probabilities [n, classes] of the training examples.

    `penalty` is the ridge (larger fits less closely); `balance` between 0 (each example counts the same) and 1
    (each class counts the same). Needs memory for two more n × n float32 matrices.
    """
    classes = tuple(sorted(set(labels)))
    index = {name: i for i, name in enumerate(classes)}
    y = np.array([index[label] for label in labels])
    onehot = np.eye(len(classes), dtype=np.float32)[y]
    frequency = onehot.sum(axis=0)
    root = np.sqrt(((frequency.mean() / frequency) ** balance)[y]).astype(np.float32)[:, None]
    kernel = on.kernel * root
    kernel *= root.T
    kernel[np.diag_indices_from(kernel)] += penalty
    inverse = _invert(kernel)
    alpha = inverse @ (onehot * root)
    left_out = (onehot * root - alpha / np.diag(inverse)[:, None]) / root
    rows = alpha * root
    temperature = fit_temperature(left_out, y)
    weights = np.asarray(on.views.grams.T @ rows)
    head = Head(
        classes,
        on.views.encodings,
        _halved(rows),
        weights.astype(np.float16),
        rows.sum(axis=0),
        on.sharpness,
        temperature,
    )
    return head, softmax(left_out * temperature)


def gaussian(
    texts: np.ndarray, examples: np.ndarray, sharpness: float, squares_of_examples: np.ndarray | None = None
) -> np.ndarray:
    """float32 [texts, examples]: 1 for equal encodings, towards 0 with distance."""
    if squares_of_examples is None:
        squares_of_examples = (examples**2).sum(axis=1)
    squares = (texts**2).sum(axis=1)[:, None] + squares_of_examples[None]
    distance = squares - 2 * (texts @ examples.T)
    np.maximum(distance, 0, out=distance)
    distance *= -sharpness
    return np.exp(distance, out=distance)


def usual_distance(encodings: np.ndarray) -> float:
    """Median squared distance of examples; 1 where there is no encoder."""
    if not encodings.shape[1]:
        return 1.0
    step = max(1, len(encodings) // _SAMPLE)
    sample = encodings[::step]
    squares = (sample**2).sum(axis=1)
    distance = squares[:, None] + squares[None] - 2 * sample @ sample.T
    return float(max(np.median(distance), 1e-6))


def softmax(scores: np.ndarray) -> np.ndarray:
    """Row-wise, without overflow."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit_temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """The factor on the scores that makes held-out probabilities most likely (smallest log loss)."""

    def loss(log_factor: float) -> float:
        picked = softmax(scores * np.exp(log_factor))[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(picked, 1e-12)).mean())

    low, high = np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE)
    return float(np.exp(minimize_scalar(loss, bounds=(low, high), method="bounded").x))


def _halved(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16).astype(np.float32)


def _invert(matrix: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric positive definite float32 matrix; the matrix is used up."""
    # LAPACK works by columns: the transpose of a symmetric matrix is itself and needs no copy.
    factor, failed = lapack.spotrf(matrix.T, lower=1, overwrite_a=1)
    if failed:
        raise ValueError("The examples cannot be solved: raise `penalty` in config.yml.")
    inverse, failed = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError("The examples cannot be solved: raise `penalty` in config.yml.")
    lower = np.tril(inverse)
    return np.asarray(lower + np.tril(inverse, -1).T)
