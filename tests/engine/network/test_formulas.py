from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from engine.network.formulas import (
    attention_macs,
    attention_parameters,
    convolution_macs,
    convolution_parameters,
    dense_macs,
    dense_parameters,
    norm_parameters,
    product,
    thousands,
    total,
    transposed_size,
    window_size,
)


def plain(said: object) -> str:
    return str(said).replace("\N{THIN SPACE}", " ")


# What the lectures write down


def test_a_dense_network_of_784_512_10_learns_407_050_numbers() -> None:
    first, second = dense_parameters(784, 512), dense_parameters(512, 10)
    assert (first.number, second.number) == (401_920, 5_130)
    assert plain(total((first, second))) == "(784 + 1)·512 + (512 + 1)·10 = 407 050"


def test_a_dense_layer_of_1000_on_a_photograph_learns_922_million_numbers() -> None:
    assert plain(dense_parameters(640 * 480 * 3, 1000)) == "(921 600 + 1)·1 000 = 921 601 000"


def test_a_convolution_learns_the_same_numbers_at_every_place() -> None:
    assert plain(convolution_parameters((3, 3), 1, 32)) == "(3·3·1 + 1)·32 = 320"
    assert plain(convolution_parameters((3, 3), 32, 32)) == "(3·3·32 + 1)·32 = 9 248"


def test_without_a_bias_there_is_no_one_to_add() -> None:
    assert plain(convolution_parameters((7, 7), 3, 64, bias=False)) == "7·7·3·64 = 9 408"
    assert plain(dense_parameters(4, 2, bias=False)) == "4·2 = 8"


def test_the_filters_of_a_group_see_only_its_channels() -> None:
    assert plain(convolution_parameters((3, 3), 64, 128, groups=32)) == "(3·3·64/32 + 1)·128 = 2 432"


def test_norms_learn_a_scale_and_a_shift_each() -> None:
    assert plain(norm_parameters(64)) == "2·64 = 128"
    assert plain(norm_parameters(64, bias=False)) == "64"


@pytest.mark.parametrize("bias", [True, False])
def test_attention_learns_four_dense_layers(bias: bool) -> None:
    layer = nn.MultiheadAttention(12, 3, bias=bias)
    assert attention_parameters(12, bias=bias).number == sum(each.numel() for each in layer.parameters())


def test_thousands_are_told_apart_by_thin_spaces() -> None:
    assert thousands(407_050) == "407\N{THIN SPACE}050"
    assert thousands(650) == "650"


def test_a_number_that_needs_no_formula_is_not_said_twice() -> None:
    assert plain(product(768)) == "768"
    assert plain(total(())) == ""


# Sizes, against torch


@pytest.mark.parametrize("size", [7, 8, 13])
@pytest.mark.parametrize(("kernel", "padding"), [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1)])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("ceil", [True, False])
def test_the_size_of_a_pool_s_output_is_that_of_torch(
    size: int, kernel: int, padding: int, stride: int, dilation: int, ceil: bool
) -> None:
    wanted = functional.max_pool1d(torch.zeros(1, 1, size), kernel, stride, padding, dilation, ceil_mode=ceil)
    found = window_size(size, kernel, stride=stride, before=padding, after=padding, dilation=dilation, ceil=ceil)
    assert found.number == wanted.shape[-1]


def test_the_formula_says_what_was_done() -> None:
    assert str(window_size(28, 3)) == "(28 − 3 + 2·0)/1 + 1 = 26"
    assert str(window_size(224, 7, stride=2, before=3, after=3)) == "⌊(224 − 7 + 2·3)/2⌋ + 1 = 112"
    assert str(window_size(112, 3, stride=2, after=1)) == "(112 − 3 + 0 + 1)/2 + 1 = 56"
    assert str(window_size(28, 3, stride=2, ceil=True)) == "⌈(28 − 3 + 2·0)/2⌉ + 1 = 14"
    assert str(window_size(28, 3, before=2, after=2, dilation=2)) == "(28 − (2·(3 − 1) + 1) + 2·2)/1 + 1 = 28"


@pytest.mark.parametrize(("stride", "padding", "extra", "dilation"), [(1, 0, 0, 1), (2, 1, 1, 1), (3, 2, 2, 2)])
def test_the_size_of_a_transposed_convolution_is_that_of_torch(
    stride: int, padding: int, extra: int, dilation: int
) -> None:
    layer = nn.ConvTranspose1d(1, 1, 3, stride, padding, extra, dilation=dilation)
    found = transposed_size(7, 3, stride=stride, padding=padding, extra=extra, dilation=dilation)
    assert found.number == layer(torch.zeros(1, 1, 7)).shape[-1]


# Multiply-adds


def test_a_convolution_multiplies_its_filters_at_every_place() -> None:
    assert plain(convolution_macs((3, 3), 64, 64, (56, 56))) == "3·3·64·64·56·56 = 115 605 504"


def test_a_dense_layer_multiplies_once_or_for_every_token() -> None:
    assert plain(dense_macs(784, 512)) == "784·512 = 401 408"
    assert plain(dense_macs(768, 3072, (1, 197))) == "768·3 072·197 = 464 781 312"


def test_attention_compares_every_token_with_every_other_and_sums_their_values() -> None:
    assert plain(attention_macs(5, 5, 8)) == "2·5·5·8 = 400"
    assert plain(attention_macs(2, 3, 4, 5)) == "2·3·4 + 2·3·5 = 54"
    assert plain(attention_macs(2, 3, 4, 5, rows=10)) == "(2·3·4 + 2·3·5)·10 = 540"
