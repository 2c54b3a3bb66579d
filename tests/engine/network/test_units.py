"""The units of a layer, in whatever shape its values come."""

from __future__ import annotations

import pytest
import torch

from engine.inside import Form, Node
from engine.network.graph import form_of
from engine.network.units import by_unit, scale_unit, swap_units, unit_means

from .subjects import ChannelsLast, Tokens, seeded, subject_of

SHAPES = {Form.MAPS: (5, 3, 4), Form.VECTOR: (5,), Form.TOKENS: (7, 5)}


def node(form: Form | None) -> Node:
    shape = SHAPES.get(form, (2, 3, 4, 5)) if form else (2, 3, 4, 5)
    return Node("layer", "Layer", "", "", (), shape, form)


def value(form: Form, batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, *SHAPES[form], generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("form", SHAPES)
def test_the_form_of_a_shape_is_what_the_graph_says(form: Form) -> None:
    assert form_of(SHAPES[form]) is form
    assert node(form).units == 5


def test_a_layer_that_cannot_be_shown_has_no_units() -> None:
    assert node(None).units == 0


@pytest.mark.parametrize("form", SHAPES)
def test_the_numbers_of_a_unit_are_all_its_positions(form: Form) -> None:
    given = value(form)
    rows = by_unit(given, node(form))
    one = given[:, :, 3] if form is Form.TOKENS else given[:, 3].flatten(1) if given.ndim > 2 else given[:, 3:4]
    torch.testing.assert_close(rows[:, 3], one)
    torch.testing.assert_close(unit_means(given, node(form))[:, 3], one.mean(-1))


@pytest.mark.parametrize("form", SHAPES)
def test_a_scaled_unit_leaves_the_others_as_they_are(form: Form) -> None:
    given = value(form)
    rows, scaled = by_unit(given, node(form)), by_unit(scale_unit(given, node(form), 2, -0.5), node(form))
    torch.testing.assert_close(scaled[:, 2], -0.5 * rows[:, 2])
    torch.testing.assert_close(scaled[:, [0, 1, 3, 4]], rows[:, [0, 1, 3, 4]])
    torch.testing.assert_close(scale_unit(given, node(form), None, 3.0), 3 * given)


@pytest.mark.parametrize("form", SHAPES)
def test_a_swapped_unit_is_the_other_ones(form: Form) -> None:
    given, other = value(form), value(form) + 10
    swapped = by_unit(swap_units(given, other, node(form), 4), node(form))
    torch.testing.assert_close(swapped[:, 4], by_unit(other, node(form))[:, 4])
    torch.testing.assert_close(swapped[:, :4], by_unit(given, node(form))[:, :4])


def test_half_precision_stays_half() -> None:
    given = value(Form.MAPS).half()
    assert scale_unit(given, node(Form.MAPS), 1, 0.5).dtype is torch.float16
    assert swap_units(given, given + 1, node(Form.MAPS), 1).dtype is torch.float16


def test_units_of_a_layer_with_channels_last_are_its_channels() -> None:
    subject = subject_of(seeded(ChannelsLast))
    wide = subject.watched.node("wide")
    kept = subject.watched.values(subject.clean, ["wide"])[1]["wide"]
    assert (wide.form, wide.shape, wide.units) == (Form.MAPS, (10, 8, 8), 10)
    network = subject.watched.classifier.module.network
    by_hand = network.wide(network.norm(network.stem((subject.clean - 0.5) / 0.25).permute(0, 2, 3, 1)))
    torch.testing.assert_close(unit_means(kept, wide), by_hand.mean((1, 2)))


def test_units_of_a_layer_of_tokens_are_the_numbers_of_a_token() -> None:
    subject = subject_of(seeded(Tokens))
    norm = subject.watched.node("norm")
    kept = subject.watched.values(subject.clean, ["norm"])[1]["norm"]
    assert (norm.form, norm.shape, norm.units) == (Form.TOKENS, (16, 8), 8)
    torch.testing.assert_close(unit_means(kept, norm), kept.mean(1))
