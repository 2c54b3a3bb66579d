"""Fooling images grow towards a class: by gradient, by mutated pixels, by a pattern that a tiny network draws."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from engine.catalogue.crafting import FoolingByGradient, FoolingByPattern, FoolingByPixels
from engine.crafting.cppn import FUNCTIONS, INPUTS, Node, Pattern, child_of, first_pattern
from engine.crafting.fooling import Fooling, _polynomial
from engine.crafting.growing import Grown
from engine.experiment import to_tensor
from engine.models.classifier import Classifier

Recipe = FoolingByGradient | FoolingByPixels | FoolingByPattern
EVOLUTIONS = [FoolingByPixels(steps=60, brood=8), FoolingByPattern(steps=60, brood=8)]
ALL = [FoolingByGradient(steps=40), *EVOLUTIONS]
every_way = pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)
every_evolution = pytest.mark.parametrize("recipe", EVOLUTIONS, ids=lambda recipe: recipe.name)


def grow(classifier: Classifier, recipe: Recipe, target: int = 1, seed: int = 3) -> list[Grown]:
    return [each for each in Fooling(classifier, recipe, target, seed).grow() if each is not None]


@every_way
def test_the_picture_comes_to_be_seen_as_the_class(small_cnn: Classifier, recipe: Recipe) -> None:
    first, *_, last = grow(small_cnn, recipe, target=1)
    assert first.rates.learnt < 0.4
    assert last.rates.learnt > 0.6
    assert last.done == last.total == recipe.steps


@every_way
def test_the_probability_that_is_told_is_the_networks_answer_to_the_picture_that_is_shown(
    small_cnn: Classifier, recipe: Recipe
) -> None:
    for each in grow(small_cnn, recipe)[::13]:
        assert each.values.dtype == np.float32
        assert each.values.shape == (12, 12, 1)
        assert 0 <= each.values.min() <= each.values.max() <= 1
        asked = small_cnn.logits(to_tensor(each.values)).double().softmax(1)[0, 1]
        assert float(asked) == pytest.approx(each.rates.learnt, rel=1e-4)


@every_evolution
def test_by_evolution_the_probability_never_falls(small_cnn: Classifier, recipe: Recipe) -> None:
    rates = [each.rates.learnt for each in grow(small_cnn, recipe)]
    assert all(before <= after for before, after in pairwise(rates))
    assert rates[-1] > rates[0]


@every_way
def test_the_same_seed_grows_the_same_picture_and_another_another(small_cnn: Classifier, recipe: Recipe) -> None:
    one, two, other = (grow(small_cnn, recipe, seed=seed)[-1].values for seed in (3, 3, 4))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_polynomial_mutation_follows_its_distribution() -> None:
    """P(|moved| > t) = (1 − t)^(η + 1), from Deb and Goyal 1996, equation 7."""
    moved = np.abs(_polynomial(np.random.default_rng(0).random(200_000, dtype=np.float32), 15.0))
    for threshold in (0.01, 0.05, 0.1, 0.3):
        assert (moved > threshold).mean() == pytest.approx((1 - threshold) ** 16, abs=0.005)


def test_a_pattern_is_drawn_as_its_nodes_say() -> None:
    """One wave of x through one hidden bell, by hand."""
    nodes = (*(Node(0.0, "ramp") for _ in range(INPUTS)), Node(1.0, "sine"), Node(0.5, "bell"))
    pattern = Pattern(nodes, {(0, 5): 2.0, (3, 5): 0.5, (5, 4): 1.5}, channels=1)
    x = np.linspace(-1, 1, 7)
    wanted = 0.5 + 0.5 * np.sin(1.5 * np.exp(-np.square(2 * x + 0.5)))
    np.testing.assert_allclose(pattern.draw((5, 7)), np.tile(wanted[None, :, None], (5, 1, 1)), rtol=0, atol=1e-6)


def test_patterns_of_the_same_draws_are_the_same_and_grow_without_loops() -> None:
    def line_of_descent(seed: int) -> Pattern:
        random = np.random.default_rng(seed)
        pattern = first_pattern(3, random)
        for _ in range(200):
            pattern = child_of(pattern, random)
        return pattern

    pattern = line_of_descent(5)
    assert pattern == line_of_descent(5)
    assert len(pattern.nodes) > INPUTS + 3
    assert all(pattern.nodes[source].depth < pattern.nodes[to].depth for source, to in pattern.links)
    drawn = pattern.draw((9, 11))
    assert drawn.shape == (9, 11, 3)
    assert np.isfinite(drawn).all()


def test_every_function_of_a_node_is_bounded() -> None:
    for function in FUNCTIONS.values():
        assert np.abs(function(np.linspace(-1e6, 1e6, 1001))).max() <= 3
