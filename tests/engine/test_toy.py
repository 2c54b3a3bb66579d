"""Tiny networks by hand: every factor against autograd and finite differences, and what the presets promise."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.toy import PRESETS, Dense, Example, Function, Loss, Toy, ToyError, is_solved, train

BY_TITLE = {each.title: each for each in PRESETS}
XOR = BY_TITLE["XOR, untrained"].examples
ENDS = [
    (Function.IDENTITY, Loss.SQUARED),
    (Function.SIGMOID, Loss.SQUARED),
    (Function.TANH, Loss.SQUARED),
    (Function.RELU, Loss.SQUARED),
    (Function.SIGMOID, Loss.CROSS_ENTROPY),
    (Function.SOFTMAX, Loss.CROSS_ENTROPY),
]
HIDDEN = [Function.IDENTITY, Function.SIGMOID, Function.TANH, Function.RELU]
IN_TORCH = {
    Function.IDENTITY: lambda z: z,
    Function.SIGMOID: torch.sigmoid,
    Function.TANH: torch.tanh,
    Function.RELU: torch.relu,
    Function.SOFTMAX: lambda z: torch.softmax(z, 0),
}


def numbers(*shape):
    return arrays(np.float64, shape, elements=st.floats(-2, 2, width=32))


@st.composite
def questions(draw):
    """A network of one to three layers, an input and a target that fit it."""
    end, loss = draw(st.sampled_from(ENDS))
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4))
    functions = [*(draw(st.sampled_from(HIDDEN)) for _ in sizes[2:]), end]
    pairs = zip(pairwise(sizes), functions, strict=True)
    toy = Toy(tuple(Dense(draw(numbers(n, m)), draw(numbers(n)), function) for (m, n), function in pairs), loss)
    if end is Function.SOFTMAX:
        target = np.eye(sizes[-1])[draw(st.integers(0, sizes[-1] - 1))]
    else:
        target = draw(arrays(np.float64, sizes[-1], elements=st.floats(0, 1, width=32)))
    return toy, draw(numbers(sizes[0])), target


def by_autograd(toy, x, target):
    """E, and the gradients of x and of every layer's w, b, z and y, as torch has them."""
    t, y = torch.tensor(target), torch.tensor(x, requires_grad=True)
    wanted, start = [], y
    for layer in toy.layers:
        w, b = (torch.tensor(each, requires_grad=True) for each in (layer.weight, layer.bias))
        z = w @ y + b
        y = IN_TORCH[layer.function](z)
        y.retain_grad(), z.retain_grad()
        wanted.append((w, b, z, y))
    if toy.loss is Loss.SQUARED:
        error = 0.5 * (y - t).square().sum()
    elif toy.layers[-1].function is Function.SOFTMAX:
        error = -(t * torch.log_softmax(z, 0)).sum()
    else:
        error = -(t * torch.nn.functional.logsigmoid(z) + (1 - t) * torch.nn.functional.logsigmoid(-z)).sum()
    error.backward()
    return error.item(), start.grad.numpy(), [[each.grad for each in layer] for layer in wanted]


@given(questions())
def test_every_factor_is_what_autograd_finds_in_float64(question):
    toy, x, target = question
    error, d_x, expected = by_autograd(toy, x, target)
    assert toy.error(x, target) == pytest.approx(error, rel=1e-9, abs=1e-12)
    factors = toy.backward(x, target)
    np.testing.assert_allclose(factors[0].d_inputs, d_x, rtol=1e-8, atol=1e-12)
    for found, (w, b, z, y) in zip(factors, expected, strict=True):
        assert found.d_weight.dtype == np.float64
        np.testing.assert_allclose(found.d_weight, w.numpy(), rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(found.d_pre, b.numpy(), rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(found.d_pre, z.numpy(), rtol=1e-8, atol=1e-12)
        is_whole = found.activation == Function.SOFTMAX or (found is factors[-1] and toy.loss is Loss.CROSS_ENTROPY)
        if not is_whole:
            np.testing.assert_allclose(found.d_outputs, y.numpy(), rtol=1e-8, atol=1e-12)


@given(questions())
def test_the_factors_multiply_to_the_slope_of_the_sum(question):
    toy, x, target = question
    for found in toy.backward(x, target):
        if found.activation == Function.SOFTMAX:
            assert len(found.d_outputs) == len(found.d_local) == 0
        else:
            np.testing.assert_allclose(found.d_outputs * found.d_local, found.d_pre, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(found.d_weight, np.outer(found.d_pre, found.inputs))


@given(questions(), st.data())
def test_each_slope_is_how_the_loss_changes_when_its_number_is_moved_a_little(question, data):
    toy, x, target = question
    place = data.draw(st.integers(0, len(toy.layers) - 1))
    layer, found = toy.layers[place], toy.backward(x, target)[place]
    row = data.draw(st.integers(0, len(layer.bias) - 1))
    column = data.draw(st.none() | st.integers(0, layer.weight.shape[1] - 1))
    if any(each.function is Function.RELU and (np.abs(value.pre) < 1e-2).any() for each, value in
           zip(toy.layers, toy.forward(x), strict=True)):  # fmt: skip
        return  # a rectifier has a corner there
    value = layer.bias[row] if column is None else layer.weight[row, column]
    slope = found.d_pre[row] if column is None else found.d_weight[row, column]
    above, below = (toy.with_number(place, row, column, value + by).error(x, target) for by in (1e-5, -1e-5))
    assert (above - below) / 2e-5 == pytest.approx(slope, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("y", "t"), [(0.2, 1.0), (0.9, 0.0), (0.5, 0.25)])
def test_cross_entropy_after_a_sigmoid_has_the_slope_of_the_textbook(y, t):
    """∂E/∂y = (y − t)/(y (1 − y)), ∂y/∂z = y (1 − y), ∂z/∂w = the input."""
    toy = Toy((Dense([[np.log(y / (1 - y))]], [0.0], Function.SIGMOID),), Loss.CROSS_ENTROPY)
    (found,) = toy.backward([1.0], [t])
    assert found.outputs == pytest.approx([y])
    assert found.d_outputs == pytest.approx([(y - t) / (y * (1 - y))])
    assert found.d_local == pytest.approx([y * (1 - y)])
    assert found.d_pre == pytest.approx([y - t])
    assert found.d_weight == pytest.approx(np.array([[y - t]]))


# XOR


def test_two_hidden_neurons_learn_xor_by_steps_from_weights_that_know_nothing():
    preset = BY_TITLE["XOR, untrained"]
    assert not is_solved(preset.toy, XOR)
    trained = train(preset.toy, XOR, preset.rate)
    assert trained.solved
    assert 0 < trained.steps < 500
    assert [round(trained.toy.forward(each.x)[-1].outputs[0]) for each in XOR] == [0, 1, 1, 0]
    again = train(preset.toy, XOR, preset.rate)
    assert again.steps == trained.steps
    assert again.error == trained.error


@pytest.mark.parametrize("title", ["XOR, solved by rectifiers", "XOR, solved by sigmoids"])
def test_the_solved_presets_need_no_step(title):
    trained = train(BY_TITLE[title].toy, XOR, 1.0)
    assert trained.solved
    assert trained.steps == 0


def test_rectifiers_give_xor_exactly_and_no_slope_is_left():
    toy = BY_TITLE["XOR, solved by rectifiers"].toy
    for each in XOR:
        assert toy.forward(each.x)[-1].outputs == pytest.approx(each.target, abs=0)
        assert not any(found.d_weight.any() for found in toy.backward(each.x, each.target))


def test_the_best_straight_model_says_one_half_to_all_four_rows():
    toy = BY_TITLE["XOR, the best straight model"].toy
    x = np.array([[*each.x, 1.0] for each in XOR])
    best = np.linalg.lstsq(x, np.array([each.target[0] for each in XOR]), rcond=None)[0]
    assert [*toy.layers[0].weight[0], toy.layers[0].bias[0]] == pytest.approx(best, abs=1e-12)
    assert [toy.forward(each.x)[-1].outputs[0] for each in XOR] == [0.5] * 4


def test_training_a_straight_model_on_xor_ends_at_one_half_and_is_not_solved():
    start = Toy((Dense([[0.7, -0.3]], [0.1]),))
    trained = train(start, XOR, 0.3)
    assert not trained.solved
    assert [trained.toy.forward(each.x)[-1].outputs[0] for each in XOR] == pytest.approx([0.5] * 4, abs=1e-4)
    assert trained.error == pytest.approx(0.125)


# What the other presets promise


def test_along_a_chain_the_slope_is_the_product_of_all_factors():
    """∂E/∂w¹ = (y³ − t) · σ′(z³) · w³ · σ′(z²) · w² · σ′(z¹) · x."""
    preset = BY_TITLE["A chain of three states"]
    (x,), (t,) = preset.examples[0].x, preset.examples[0].target
    one, two, three = (value.outputs[0] for value in preset.toy.forward([x]))
    w2, w3 = (layer.weight[0, 0] for layer in preset.toy.layers[1:])
    by_hand = (three - t) * three * (1 - three) * w3 * two * (1 - two) * w2 * one * (1 - one) * x
    found = preset.toy.backward([x], [t])[0]
    assert found.d_weight[0, 0] == pytest.approx(by_hand)
    assert found.d_pre[0] == pytest.approx(by_hand / x)


def test_squared_loss_saturates_where_cross_entropy_does_not():
    squared, entropy = BY_TITLE["Wrong and sure, squared loss"], BY_TITLE["Wrong and sure, cross-entropy"]
    slopes = [each.toy.backward(each.examples[0].x, each.examples[0].target)[0] for each in (squared, entropy)]
    assert slopes[0].outputs == slopes[1].outputs
    assert abs(slopes[0].d_pre[0]) < 0.01
    assert slopes[1].d_pre[0] > 0.99
    steps = [train(each.toy, each.examples, each.rate).steps for each in (squared, entropy)]
    assert steps[0] > 10 * steps[1]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda each: each.title)
def test_a_step_on_an_example_makes_its_loss_smaller_unless_it_is_flat(preset):
    example = preset.examples[preset.first]
    before = preset.toy.error(example.x, example.target)
    after = preset.toy.step(example.x, example.target, 0.05).error(example.x, example.target)
    flat = not any(found.d_pre.any() for found in preset.toy.backward(example.x, example.target))
    assert after == before if flat else after < before


# Bad input


def test_far_beyond_saturation_the_slope_is_still_what_was_said_less_what_is_true():
    toy = Toy((Dense([[1.0]], [0.0], Function.SIGMOID),), Loss.CROSS_ENTROPY)
    (found,) = toy.backward([2000.0], [0.0])
    assert found.d_pre == pytest.approx([1.0])
    assert found.d_outputs == [np.inf]
    assert toy.error([2000.0], [0.0]) == pytest.approx(2000.0)
    assert toy.backward([2000.0], [1.0])[0].d_outputs == [0.0]


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: Toy(()), "needs a layer"),
        (lambda: Dense([[1.0]], [0.0, 1.0]), "do not go with biases"),
        (lambda: Dense([[np.nan]], [0.0]), "at most 1e"),
        (lambda: Toy((Dense([[1.0]], [0.0]), Dense([[1.0, 1.0]], [0.0]))), "gives 1 numbers, the next takes 2"),
        (lambda: Toy((Dense([[1.0]], [0.0]),), Loss.CROSS_ENTROPY), "cross-entropy goes with sigmoid or softmax"),
        (lambda: Toy((Dense([[1.0]], [0.0], Function.SOFTMAX),)), "squared goes with identity"),
        (lambda: Toy((Dense([[1.0]], [0.0], Function.SOFTMAX), Dense([[1.0]], [0.0]))), "at the end only"),
    ],
)
def test_layers_that_do_not_fit_are_refused_with_the_reason(make, why):
    with pytest.raises(ToyError, match=why):
        make()


def test_inputs_and_targets_that_do_not_fit_are_refused_with_the_reason():
    toy, softmax = BY_TITLE["XOR, untrained"].toy, BY_TITLE["Three classes, softmax"].toy
    for x, target, why in (
        ([1.0], [1.0], "input must be 2"),
        ([1.0, np.inf], [1.0], "input must be 2 finite"),
        ([1.0, 0.0], [1.5], "between 0 and 1"),
        ([1.0, 0.0], [1.0, 0.0], "target must be 1"),
    ):
        with pytest.raises(ToyError, match=why):
            toy.backward(x, target)
    with pytest.raises(ToyError, match="add up to 1"):
        softmax.error([1.0, 0.0], [1.0, 1.0, 0.0])


def test_a_rate_that_is_far_too_large_leaves_the_weights_as_they_were():
    toy, example = Toy((Dense([[1.0]], [0.0]),)), Example((10.0,), (0.0,))
    trained = train(toy, (example,), 100.0)
    assert trained.diverged
    assert not trained.solved
    assert trained.toy is toy
    with pytest.raises(ToyError, match="at most"):
        toy.step(example.x, example.target, 1e6)
