"""The regression against scikit-learn itself, and the honesty of its accuracy."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engine.teaching.fitting import FOLDS, INNER_FOLDS, STRENGTHS, chosen, confusion, fit, left_out


def clouds(classes: int, apart: float, count: int = 60, features: int = 7) -> tuple[Any, Any]:
    """Features that lie around a centre for each class; no two features are of one scale, and one never changes."""
    rng = np.random.default_rng(1)
    labels = np.arange(count) % classes
    centres = rng.normal(size=(classes, features))
    values = (centres[labels] * apart + rng.normal(size=(count, features))) * 10.0 ** np.arange(features) + 5
    values[:, 0] = 3
    return values.astype(np.float32), labels


def result(generator: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(generator)
        except StopIteration as stop:
            return stop.value


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("c", [1e-3, 1.0])
def test_the_folded_layer_gives_what_sklearn_gives(classes: int, c: float) -> None:
    features, labels = clouds(classes, apart=1)
    wanted = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=500))
    wanted.fit(features.astype(np.float64), labels)
    fitted = fit(features, labels, c)
    assert fitted.weight.shape == (classes, 7)
    np.testing.assert_allclose(fitted.probabilities(features), wanted.predict_proba(features.astype(float)), atol=1e-6)


def test_clouds_far_apart_are_told_apart_also_when_left_out() -> None:
    features, labels = clouds(3, apart=12)
    answers = result(left_out(features, labels, 0, "fitting"))
    assert confusion(labels, answers).tolist() == [[20, 0, 0], [0, 20, 0], [0, 0, 20]]


def test_left_out_answers_are_those_of_nested_cross_validation_in_sklearn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scaling and the choice of C are inside the folds: a pipeline, searched, asked about what it was not given."""
    monkeypatch.setattr("engine.teaching.fitting.STRENGTHS", strengths := (1e-2, 1.0))
    features, labels = clouds(3, apart=0.6, count=90)
    inner = StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=7)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    search = GridSearchCV(pipeline, {"logisticregression__C": strengths}, scoring="neg_log_loss", cv=inner)
    outer = StratifiedKFold(FOLDS, shuffle=True, random_state=7)
    wanted = cross_val_predict(search, features.astype(float), labels, cv=outer, method="predict_proba")
    np.testing.assert_allclose(result(left_out(features, labels, 7, "fitting")), wanted, atol=1e-6)


def test_noise_learnt_by_heart_is_not_counted() -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(80, 200)).astype(np.float32), np.arange(80) % 2
    assert (fit(features, labels, 1.0).probabilities(features).argmax(1) == labels).all()
    answers = result(left_out(features, labels, 0, "fitting"))
    assert 0.3 < (answers.argmax(1) == labels).mean() < 0.7


def test_the_same_seed_gives_the_same_answers() -> None:
    features, labels = clouds(2, apart=0.5)
    one, two = (result(left_out(features, labels, 3, "fitting")) for _ in range(2))
    assert (one == two).all()


def test_hard_data_are_given_a_stronger_regularisation_than_easy_data() -> None:
    easy = result(chosen(*clouds(2, apart=4), 0, "fitting"))
    hard = result(chosen(*clouds(2, apart=0), 0, "fitting"))
    assert hard.c < easy.c
    assert {hard.c, easy.c} <= set(STRENGTHS)


def test_five_pictures_of_a_class_are_enough() -> None:
    features, labels = clouds(2, apart=4, count=40)
    few = np.concatenate([np.flatnonzero(labels == 0)[:5], np.flatnonzero(labels == 1)])
    answers = result(left_out(features[few], labels[few], 0, "fitting"))
    assert confusion(labels[few], answers).sum(1).tolist() == [5, 20]


def test_rows_of_the_confusion_matrix_are_what_pictures_are() -> None:
    answers = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    assert confusion(np.array([0, 0, 1]), answers).tolist() == [[1, 1], [0, 1]]
