"""A logistic regression on standardised features, with its strength and its accuracy by cross-validation.

The accuracy is that of nested cross-validation (Varma, Simon 2006, "Bias in error estimation when using
cross-validation for model selection"): in each of ``FOLDS`` rounds a part of the pictures is left out, the strength C
is chosen and the regression fitted on the others, and only then are those left out asked.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.tasks import Progress
from engine.teaching.progress import within

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

FOLDS, INNER_FOLDS = 5, 3
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""C, the inverse of the regularisation: the features are standardised, so that these serve any network."""
MOST_TO_CHOOSE = 1500
"""Pictures that are enough to choose C by."""
MOST_ROUNDS = 500
"""Of L-BFGS; it ends sooner on nearly everything."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A regression as a linear layer on the raw features: the standardisation is folded in.

    Attributes:
        weight: (K, D); ``bias`` is (K,).
        c: the strength that was chosen.
    """

    weight: Numbers
    bias: Numbers
    c: float

    def probabilities(self, features: NDArray[np.floating]) -> Numbers:
        """(N, K), of (N, D) features: the softmax."""
        logits = features.astype(np.float64) @ self.weight.T + self.bias
        powers = np.exp(logits - logits.max(1, keepdims=True))
        shares: Numbers = powers / powers.sum(1, keepdims=True)
        return shares


def fit(features: NDArray[np.floating], labels: Labels, c: float) -> Fitted:
    """The regression of that strength. Of two classes, sklearn's one row w becomes ±w/2, with the same softmax.

    Args:
        features: (N, D).
        labels: (N,), of 0 to K − 1, each of them at least once.
        c: the inverse of the regularisation.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler(copy=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # to end before it is quite there harms nobody
        model = LogisticRegression(C=c, max_iter=MOST_ROUNDS)
        model.fit(scaler.fit_transform(features.astype(np.float64)), labels)
    weight, bias = model.coef_, model.intercept_
    if len(weight) == 1:
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    raw = weight / scaler.scale_
    return Fitted(raw, bias - raw @ scaler.mean_, c)


def chosen(features: NDArray[np.floating], labels: Labels, seed: int, detail: str) -> Generator[Progress, None, Fitted]:
    """The regression whose strength gives the smallest log-loss in an inner cross-validation."""
    from sklearn.model_selection import StratifiedKFold

    some = _some(labels, seed)
    x, y = features[some], labels[some]
    parts = StratifiedKFold(min(INNER_FOLDS, int(np.bincount(y).min())), shuffle=True, random_state=seed % 2**32)
    losses = dict.fromkeys(STRENGTHS, 0.0)
    total = parts.get_n_splits() * len(STRENGTHS) + 1
    for done, ((learnt, left), c) in enumerate(product(parts.split(x, y), STRENGTHS)):
        yield Progress(done, total, detail)
        probabilities = fit(x[learnt], y[learnt], c).probabilities(x[left])
        losses[c] -= float(np.log(probabilities[np.arange(len(left)), y[left]].clip(1e-15)).sum())
    yield Progress(total - 1, total, detail)
    return fit(features, labels, min(losses, key=losses.__getitem__))


def left_out(
    features: NDArray[np.floating], labels: Labels, seed: int, detail: str
) -> Generator[Progress, None, Numbers]:
    """The probabilities (N, K) of every picture by a regression that had not seen it, its strength included.

    Args:
        features: (N, D).
        labels: (N,); each class has at least ``FOLDS`` pictures, and K is one more than the largest.
        seed: of the parts that are left out.
        detail: what the progress says.
    """
    from sklearn.model_selection import StratifiedKFold

    answers = np.zeros((len(labels), int(labels.max()) + 1))
    parts = StratifiedKFold(FOLDS, shuffle=True, random_state=seed % 2**32)
    for number, (learnt, left) in enumerate(parts.split(features, labels)):
        said = f"{detail}, part {number + 1} of {FOLDS} left out"
        marks = chosen(features[learnt], labels[learnt], seed, said)
        fitted = yield from within(marks, number / FOLDS, (number + 1) / FOLDS)
        answers[left] = fitted.probabilities(features[left])
    return answers


def _some(labels: Labels, seed: int) -> NDArray[np.intp]:
    """At most ``MOST_TO_CHOOSE`` pictures, of every class as many or all there are; drawn by the seed."""
    order = np.random.default_rng(seed).permutation(len(labels))
    each = max(INNER_FOLDS, MOST_TO_CHOOSE // (int(labels.max()) + 1))
    picked = [order[labels[order] == label][:each] for label in range(int(labels.max()) + 1)]
    return np.sort(np.concatenate(picked))


def confusion(labels: Labels, answers: Numbers) -> NDArray[np.int64]:
    """(K, K): how many pictures of the class of the row were taken for the class of the column."""
    count = answers.shape[1]
    pairs = np.bincount(labels * count + answers.argmax(1), minlength=count * count)
    return pairs.reshape(count, count).astype(np.int64)
