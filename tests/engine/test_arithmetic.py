"""Every number of a layer, recomputed by hand, is the one that torch gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from engine.arithmetic import (
    FUNCTIONS,
    PADDING_MODES,
    Axis,
    Settings,
    activate,
    axes,
    convolve,
    formula_of,
    out_size,
    pool_apart,
    reached_from,
    soften,
    take_apart,
    top_channels,
)
from engine.inside import Anatomy

SMALL = st.integers(1, 3)
PAIRS = st.tuples(SMALL, SMALL)


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def of_torch(found: torch.Tensor) -> Any:
    return found[0].numpy()


@st.composite
def convolutions(draw: st.DrawFn) -> dict[str, Any]:
    groups = draw(SMALL)
    mode = draw(st.sampled_from(PADDING_MODES))
    return {
        "groups": groups,
        "kernel": draw(PAIRS),
        "stride": draw(PAIRS),
        "padding": draw(st.tuples(st.integers(0, 3), st.integers(0, 3))),
        "dilation": draw(PAIRS),
        "padding_mode": mode,
        "ins": groups * draw(SMALL),
        "outs": groups * draw(SMALL),
        "size": (draw(st.integers(7, 10)), draw(st.integers(7, 10))),
        "bias": draw(st.booleans()),
    }


def layer_of(made: dict[str, Any]) -> torch.nn.Conv2d:
    torch.manual_seed(0)
    return torch.nn.Conv2d(
        made["ins"],
        made["outs"],
        made["kernel"],
        made["stride"],
        made["padding"],
        made["dilation"],
        made["groups"],
        made["bias"],
        made["padding_mode"],
    ).double()


def anatomy_of(layer: torch.nn.Conv2d, x: Any) -> Anatomy:
    with torch.no_grad():
        out = of_torch(layer(torch.from_numpy(x)[None].double()))
    return Anatomy(
        "conv",
        "conv",
        clean_in=x,
        clean_out=out,
        weight=layer.weight.detach().numpy(),
        bias=None if layer.bias is None else layer.bias.detach().numpy(),
        kernel=layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        padding_mode=layer.padding_mode,
        groups=layer.groups,
    )


def test_the_kernel_1_2_3_4_on_the_numbers_1_to_9_gives_37_47_67_77() -> None:
    found = convolve(np.arange(1, 10).reshape(1, 3, 3), np.array([[[[1, 2], [3, 4]]]]))
    assert found.tolist() == [[[37, 47], [67, 77]]]
    assert found.dtype == np.float64


@settings(max_examples=60)
@given(convolutions())
def test_any_convolution_is_that_of_torch(made: dict[str, Any]) -> None:
    layer, x = layer_of(made), numbers(made["ins"], *made["size"])
    anatomy = anatomy_of(layer, x)
    found = convolve(
        x,
        anatomy.weight,  # type: ignore[arg-type]
        anatomy.bias,
        anatomy.stride,
        anatomy.padding,
        anatomy.dilation,
        anatomy.groups,
        anatomy.padding_mode,
    )
    assert_allclose(found, anatomy.clean_out, rtol=1e-10, atol=1e-12)
    for axis, size in enumerate(made["size"]):
        args = (made["kernel"][axis], made["stride"][axis], made["padding"][axis], made["dilation"][axis])
        assert out_size(size, *args) == found.shape[1 + axis]


@settings(max_examples=60)
@given(convolutions(), st.randoms(use_true_random=False))
def test_the_products_at_any_place_of_any_convolution_add_up_to_what_torch_gives(
    made: dict[str, Any], random: Any
) -> None:
    anatomy = anatomy_of(layer_of(made), numbers(made["ins"], *made["size"]))
    place = tuple(random.randrange(side) for side in anatomy.clean_out.shape)
    taken = take_apart(anatomy, anatomy.clean_in, place)
    assert_allclose(taken.result, anatomy.clean_out[place], rtol=1e-10, atol=1e-12)
    assert_allclose(taken.patch * taken.kernel, taken.products)
    assert_allclose(taken.products.sum((1, 2)), taken.sums)
    assert_allclose(taken.sums.sum() + taken.bias, taken.result)


@settings(max_examples=40)
@given(convolutions(), st.randoms(use_true_random=False))
def test_the_outputs_that_a_pixel_reaches_are_those_that_change_with_it(made: dict[str, Any], random: Any) -> None:
    layer, x = layer_of(made), numbers(made["ins"], *made["size"])
    with torch.no_grad():
        layer.weight.abs_().add_(0.1)  # so that nothing cancels
    anatomy = anatomy_of(layer, x)
    row, column = (random.randrange(side) for side in made["size"])
    moved = x.copy()
    moved[:, row, column] += 1
    changed = (anatomy_of(layer, moved).clean_out != anatomy.clean_out).any(0)
    rows, columns = reached_from(anatomy, row, column)
    expected = np.zeros_like(changed)
    expected[np.ix_(rows, columns)] = True
    assert (changed == expected).all()


def test_a_window_at_the_edge_lies_in_the_padding() -> None:
    axis = Axis(size=5, count=5, kernel=3, padding=1)
    assert axis.window(0).tolist() == [-1, 0, 1]
    assert axis.sources(axis.window(0)).tolist() == [-1, 0, 1]
    assert Axis(5, 5, 3, 1, 1, mode="reflect").sources(np.array([-1, 0, 5])).tolist() == [1, 0, 3]


def test_a_position_that_is_not_there_is_refused() -> None:
    with pytest.raises(IndexError, match="no position 5"):
        Axis(size=5, count=5).window(5)


def test_kernels_that_do_not_fit_are_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="do not fit 2 channels"):
        convolve(np.zeros((2, 3, 3)), np.zeros((1, 1, 2, 2)))
    with pytest.raises(ValueError, match="spans 4×4 does not fit on 3×3"):
        convolve(np.zeros((1, 3, 3)), np.zeros((1, 1, 4, 4)))
    with pytest.raises(ValueError, match="no padding 'mirror'"):
        convolve(np.zeros((1, 3, 3)), np.zeros((1, 1, 2, 2)), padding_mode="mirror")


def test_of_a_dense_layer_the_inputs_that_contribute_most_come_first() -> None:
    weight, bias, x = numbers(4, 100), numbers(4, seed=1), numbers(100, seed=2)
    anatomy = Anatomy("fc", "dense", clean_in=x, clean_out=weight @ x + bias, weight=weight, bias=bias)
    taken = take_apart(anatomy, x, (2, 0, 0))
    assert taken.result == pytest.approx(anatomy.clean_out[2], rel=1e-5)
    top = top_channels(taken, 8)
    assert len(top) == 8
    rest = np.delete(taken.sums, top)
    assert np.abs(taken.sums[top]).min() >= np.abs(rest).max()
    assert (np.diff(np.abs(taken.sums[top])) <= 0).all()


def test_the_batch_norm_and_the_activation_that_follow_are_reckoned_on() -> None:
    torch.manual_seed(0)
    layer, norm = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4).eval()
    norm.running_mean.normal_()  # type: ignore[union-attr]
    norm.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    x = torch.randn(1, 3, 6, 6)
    with torch.no_grad():
        norm.weight.normal_()
        norm.bias.normal_()
        out = layer(x)
        expected = F.hardtanh(norm(out), -0.5, 0.75)
    empty = np.zeros(0, np.float32)
    norm_anatomy = Anatomy(
        "bn",
        "batch norm",
        empty,
        empty,
        weight=norm.weight.detach().numpy(),
        bias=norm.bias.detach().numpy(),
        mean=norm.running_mean.numpy(),  # type: ignore[union-attr]
        variance=norm.running_var.numpy(),  # type: ignore[union-attr]
        eps=norm.eps,
    )
    anatomy = Anatomy(
        "conv",
        "conv",
        of_torch(x),
        of_torch(out),
        weight=layer.weight.detach().numpy(),
        bias=layer.bias.detach().numpy(),  # type: ignore[union-attr]
        kernel=(3, 3),
        norm=norm_anatomy,
        then="hardtanh",
        bounds=(-0.5, 0.75),
    )
    for place in np.ndindex(4, 4, 4):
        taken = take_apart(anatomy, anatomy.clean_in, place)
        assert taken.after == pytest.approx(float(expected[0][place]), abs=1e-5)
        assert taken.normed is not None
        assert taken.normed.standard * taken.normed.scale + taken.normed.shift == taken.normed.result


@settings(max_examples=60)
@given(PAIRS, PAIRS, st.booleans(), st.booleans(), st.randoms(use_true_random=False), st.booleans())
def test_any_pool_is_that_of_torch(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    ceil: bool,
    counts: bool,
    random: Any,
    largest: bool,
) -> None:
    padding = (random.randint(0, kernel[0] // 2), random.randint(0, kernel[1] // 2))
    x = numbers(2, 8, 9)
    batch = torch.from_numpy(x)[None]
    if largest:
        out = F.max_pool2d(batch, kernel, stride, padding, ceil_mode=ceil)
    else:
        out = F.avg_pool2d(batch, kernel, stride, padding, ceil, counts)
    kind = "max pool" if largest else "average pool"
    anatomy = Anatomy(
        "pool", kind, x, of_torch(out), kernel=kernel, stride=stride, padding=padding, counts_padding=counts
    )
    for place in np.ndindex(anatomy.clean_out.shape):
        pooled = pool_apart(anatomy, x, place)  # type: ignore[arg-type]
        assert pooled.result == pytest.approx(float(anatomy.clean_out[place]), abs=1e-6)
        if pooled.winner is not None:
            assert pooled.patch.flat[pooled.winner] == pooled.result


@pytest.mark.parametrize("size", [1, 3, (2, 5), 7])
def test_an_adaptive_pool_shares_its_input_out_as_torch_does(size: Any) -> None:
    x = numbers(2, 7, 10)
    for kind, pool in (("average pool", F.adaptive_avg_pool2d), ("max pool", F.adaptive_max_pool2d)):
        out = of_torch(pool(torch.from_numpy(x)[None], size))
        anatomy = Anatomy("pool", kind, x, out, adaptive=True)
        for place in np.ndindex(out.shape):
            assert pool_apart(anatomy, x, place).result == pytest.approx(float(out[place]), abs=1e-6)


def test_what_is_not_a_number_wins_a_maximum() -> None:
    x = numbers(1, 2, 2)
    x[0, 1, 0] = np.nan
    pooled = pool_apart(Anatomy("pool", "max pool", x, numbers(1, 1, 1), kernel=(2, 2)), x, (0, 0, 0))
    assert pooled.winner == 2
    assert np.isnan(pooled.result)


def test_a_softmax_adds_up_to_one_and_is_that_of_torch_even_of_large_numbers() -> None:
    logits = 300 * numbers(50)
    softened = soften(logits)
    assert_allclose(softened.shares, torch.from_numpy(logits).double().softmax(0).numpy(), atol=1e-15)
    assert softened.shares.sum() == pytest.approx(1)
    assert_allclose(softened.exponentials / softened.total, softened.shares)


OF_TORCH = {
    "hardtanh": lambda x: F.hardtanh(x, -0.5, 2.0),
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "elu": lambda x: F.elu(x, 0.2),
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_activation_is_that_of_torch(name: str) -> None:
    x = np.r_[np.linspace(-8, 8, 161), -800, 800, 0]
    expected = OF_TORCH.get(name, getattr(F, name, None))(torch.from_numpy(x)).numpy()  # type: ignore[misc]
    assert_allclose(activate(name, x, Settings(-0.5, 2.0, 0.2)), expected, rtol=1e-9, atol=1e-12)


def test_a_formula_is_said_with_its_settings() -> None:
    assert formula_of("hardtanh", Settings(-0.5, 2)) == "min(max(−0.5, x), 2)"
    assert formula_of("leaky_relu", Settings(slope=0.2)) == "x if x > 0, else 0.2·x"


def test_the_windows_of_a_layer_without_windows_are_its_own_places() -> None:
    anatomy = Anatomy("relu", "activation", numbers(2, 4, 5), numbers(2, 4, 5), function="relu")
    vertical, horizontal = axes(anatomy)
    assert (vertical.window(3).tolist(), horizontal.window(4).tolist()) == ([3], [4])
