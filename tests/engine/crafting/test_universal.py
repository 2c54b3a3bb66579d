"""A universal perturbation that was grown on some pictures fools others, where noise of its size does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.catalogue.attacks import Norm
from engine.catalogue.crafting import UniversalByDeepFool, UniversalByGradient
from engine.crafting.growing import CraftError, Grown
from engine.crafting.pictures import Pictures
from engine.crafting.universal import Universal
from engine.models.classifier import Classifier
from tests.engine.crafting.conftest import FAINT, SHARE, SIDE, SIGNS

Recipe = UniversalByGradient | UniversalByDeepFool
SIZES = {Norm.LINF: FAINT * 2, Norm.L2: FAINT * 2 * SIDE}


def grow(
    classifier: Classifier, folder: Path, recipe: Recipe, norm: Norm = Norm.LINF, epsilon: float | None = None
) -> list[Grown]:
    pictures = Pictures(classifier, folder, 0)
    size = SIZES[norm] if epsilon is None else epsilon
    return [each for each in Universal(classifier, pictures, recipe, norm, size, 0).grow() if each is not None]


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("way", ["linear-gradient", "linear-deepfool", "small_cnn-gradient"])
def test_it_fools_more_than_half_of_new_pictures_where_noise_of_its_size_fools_few(
    request: pytest.FixtureRequest, folder: Path, way: str, norm: Norm
) -> None:
    name, _, kind = way.partition("-")
    classifier: Classifier = request.getfixturevalue(name)
    recipe = UniversalByGradient(passes=8) if kind == "gradient" else UniversalByDeepFool()
    last = grow(classifier, folder, recipe, norm)[-1]
    assert last.rates.held_out > 0.5
    assert last.rates.learnt > 0.5
    assert last.rates.control < 0.1
    assert last.done == last.total


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize("recipe", [UniversalByGradient(), UniversalByDeepFool()], ids=lambda recipe: recipe.name)
def test_it_is_never_larger_than_epsilon(linear: Classifier, folder: Path, recipe: Recipe, norm: Norm) -> None:
    for each in grow(linear, folder, recipe, norm):
        values = each.values.astype(np.float64)
        size = np.abs(values).max() if norm is Norm.LINF else np.sqrt(np.square(values).sum())
        assert size <= SIZES[norm] * (1 + 1e-6)


def test_the_steps_of_the_gradient_are_those_written_out_by_hand(linear: Classifier, folder: Path) -> None:
    """Softmax regression: ∇ₓ of the cross-entropy is Wᵀ(p − e_y)."""
    recipe = UniversalByGradient(passes=1, batch=8, most_loss=100)
    weights = SHARE * np.stack([each.ravel() for each in SIGNS])
    pictures = Pictures(linear, folder, 0)
    change = np.zeros(SIDE * SIDE)
    ours = grow(linear, folder, recipe)
    differ = np.ptp(weights, axis=0) > 0  # where all three agree the gradient is 0 but for rounding
    for batch, grown in zip(pictures.to_learn(8, 0), ours, strict=False):
        moved = np.clip(batch.x.numpy().reshape(len(batch.x), -1).astype(np.float64) + change, 0, 1)
        logits = (moved - 0.5) @ weights.T
        chances = np.exp(logits - logits.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        chances[np.arange(len(moved)), batch.labels.numpy()] -= 1
        change = np.clip(change + 0.1 * SIZES[Norm.LINF] * np.sign((chances @ weights).sum(0)), *_ends())
        np.testing.assert_allclose(grown.values.ravel()[differ], change[differ], rtol=0, atol=1e-6)


def _ends() -> tuple[float, float]:
    return -SIZES[Norm.LINF], SIZES[Norm.LINF]


def test_with_deepfool_a_picture_adds_its_own_way_across_the_nearest_boundary(linear: Classifier, folder: Path) -> None:
    """Of a linear network that is (f_l / ‖w_l‖²) w_l, stretched by the overshoot (algorithm 1 written out)."""
    recipe = UniversalByDeepFool(passes=1, overshoot=0.05)
    weights = SHARE * np.stack([each.ravel() for each in SIGNS])
    pictures = Pictures(linear, folder, 0)
    change = np.zeros(SIDE * SIDE)
    for batch, grown in zip(pictures.to_learn(1, 0), grow(linear, folder, recipe, Norm.L2, 1000.0), strict=False):
        logits = weights @ (batch.x.numpy().ravel().astype(np.float64) + change - 0.5)
        label = int(batch.labels)
        if logits.argmax() == label:
            between, behind = weights - weights[label], logits[label] - logits
            distances = [behind[each] / np.linalg.norm(between[each]) if each != label else np.inf for each in range(3)]
            nearest = int(np.argmin(distances))
            change += 1.05 * behind[nearest] / np.square(between[nearest]).sum() * between[nearest]
        np.testing.assert_allclose(grown.values.ravel(), change, rtol=0, atol=2e-5)


def test_as_published_it_ends_with_the_pass_that_reaches_the_goal(linear: Classifier, folder: Path) -> None:
    short = grow(linear, folder, UniversalByDeepFool(goal=0.3, passes=20))
    assert short[-1].done == short[-1].total
    assert len(short) < 3 * 49


def test_a_pictures_loss_counts_to_a_point_so_that_none_pulls_alone(linear: Classifier, folder: Path) -> None:
    """With β at almost 0 nothing pulls: all that is left are pictures whose loss is smaller still."""
    counted = grow(linear, folder, UniversalByGradient(passes=1, most_loss=0.3))[-1]
    free = grow(linear, folder, UniversalByGradient(passes=1, most_loss=100))[-1]
    assert not np.array_equal(counted.values, free.values)


def test_the_same_seed_gives_the_same_and_another_holds_out_others(linear: Classifier, folder: Path) -> None:
    recipe = UniversalByGradient(passes=1)
    first, second = (grow(linear, folder, recipe)[-1] for _ in range(2))
    assert np.array_equal(first.values, second.values)
    assert first.record == second.record
    assert Pictures(linear, folder, 0).held_out != Pictures(linear, folder, 1).held_out


def test_a_broken_file_is_named_and_left_out(linear: Classifier, folder: Path) -> None:
    last = grow(linear, folder, UniversalByGradient(passes=1))[-1]
    assert last.skipped == ("broken.png",)
    assert last.record is not None
    assert last.record.pictures + last.record.held_out == 60


def test_no_picture_is_both_learnt_from_and_held_out(linear: Classifier, folder: Path) -> None:
    pictures = Pictures(linear, folder, 3)
    assert set(pictures.learnt).isdisjoint(pictures.held_out)
    assert len(pictures.learnt) + len(pictures.held_out) == 61
    assert len(pictures.held_out) == 12


def test_what_does_not_fit_into_memory_is_decoded_again(
    linear: Classifier, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [batch.x for batch in Pictures(linear, folder, 0).to_learn(8, 0)]
    monkeypatch.setattr("engine.crafting.pictures.CACHE_BYTES", 3 * SIDE * SIDE)
    pictures = Pictures(linear, folder, 0)
    for _ in range(2):
        again = [batch.x for batch in pictures.to_learn(8, 0)]
        assert all(one.equal(two) for one, two in zip(kept, again, strict=True))
    assert len(pictures._cache) == 3


def test_a_folder_with_nothing_to_learn_from_is_refused(linear: Classifier, tmp_path: Path) -> None:
    with pytest.raises(CraftError, match="holds no pictures"):
        Pictures(linear, tmp_path, 0)
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).write_text("no picture")
    with pytest.raises(CraftError, match=r"none of the 1 pictures can be read"):
        list(Universal(linear, Pictures(linear, tmp_path, 0), UniversalByGradient(), Norm.LINF, 0.1, 0).grow())
