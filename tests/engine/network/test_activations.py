"""The output of the selected layer: what is shown of it, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.inside import Form, Node
from engine.look import Look
from engine.network import activations as module
from engine.network.activations import NoFormError, activations, sample, say_not_finite
from engine.network.subject import Subject

from .subjects import CLASSES, ChannelsLast, Residual, Tokens, in_half_precision, looking_at, seeded, subject_of


def own(subject: Subject, x: Tensor, layer: str) -> np.ndarray:
    """The layer's value by the original layers, without the batch."""
    with torch.no_grad():
        value: np.ndarray = subject.watched.values(x, [layer])[1][layer][0].float().numpy()
    return value


def test_feature_maps_of_both_pictures_are_shown_with_the_same_shape() -> None:
    subject = subject_of(seeded(Residual), Look(layer="branch"))
    seen = activations(subject)
    assert (seen.layer, seen.form, seen.sampled, seen.note) == ("branch", Form.MAPS, None, "")
    assert seen.clean.dtype == seen.attacked.dtype == np.float32
    assert seen.clean.shape == seen.attacked.shape == (6, 16, 16)
    assert np.allclose(seen.clean, own(subject, subject.clean, "branch"), atol=1e-5)
    assert np.allclose(seen.attacked, own(subject, subject.attacked, "branch"), atol=1e-5)
    assert not np.array_equal(seen.clean, seen.attacked)
    assert seen.clean.flags.c_contiguous


def test_a_dense_layer_is_a_vector_and_a_transformer_s_are_tokens() -> None:
    assert activations(subject_of(seeded(Residual), Look(layer="head"))).clean.shape == (CLASSES,)
    seen = activations(subject_of(seeded(Tokens), Look(layer="norm")))
    assert (seen.form, seen.clean.shape) == (Form.TOKENS, (16, 8))


def test_a_layer_that_gives_several_tensors_shows_its_first() -> None:
    subject = subject_of(seeded(Tokens), Look(layer="attention"))
    seen = activations(subject)
    assert seen.form is Form.TOKENS
    assert np.allclose(seen.clean, own(subject, subject.clean, "attention"), atol=1e-5)


def test_channels_that_come_last_are_shown_first() -> None:
    subject = subject_of(seeded(ChannelsLast), Look(layer="wide"))
    assert activations(subject).clean.shape == (10, 8, 8)


def test_half_precision_is_shown_as_any_other() -> None:
    subject = subject_of(seeded(Residual), Look(layer="stem"))
    halved = in_half_precision(subject, seeded(Residual))
    assert activations(halved).clean.dtype == np.float32
    assert np.allclose(activations(halved).clean, activations(subject).clean, atol=0.02)


def test_the_clean_array_stays_the_same_object_while_epsilon_moves() -> None:
    subject = subject_of(seeded(Residual), Look(layer="stem"))
    first = activations(subject)
    moved = replace(subject, attacked=(subject.attacked + 0.01).clamp(0, 1))
    then = activations(moved)
    assert then.clean is first.clean
    assert not np.array_equal(then.attacked, first.attacked)
    assert activations(looking_at(moved, layer="branch")).clean is not first.clean


def test_a_layer_too_large_is_sampled_at_even_distances_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 3 * 2 * 4 * 256)
    subject = subject_of(seeded(Residual), Look(layer="stem", unit=4))
    seen = activations(subject)
    assert seen.sampled is not None
    assert seen.sampled.tolist() == [0, 2, 4]
    assert seen.clean.shape == (3, 16, 16)
    assert np.allclose(seen.clean, own(subject, subject.clean, "stem")[[0, 2, 4]], atol=1e-5)
    assert seen.note.startswith("3 of 6 units are shown, evenly chosen: all of them would take ")


def test_of_tokens_the_numbers_are_sampled_not_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 2 * 2 * 4 * 16)
    seen = activations(subject_of(seeded(Tokens), Look(layer="norm")))
    assert seen.clean.shape == (16, 2)


def node(*shape: int, form: Form = Form.MAPS) -> Node:
    return Node("some", "Conv2d", "", "", (), shape, form)


@pytest.mark.parametrize("chosen", [None, 0, 7, 998, 999])
def test_the_chosen_unit_is_always_among_those_shown(chosen: int | None) -> None:
    held = sample(node(1000, 100, 100), chosen, 64 * 2**20)
    assert held is not None
    assert len(held) == 64 * 2**20 // 80_000
    assert (np.diff(held) > 0).all()
    assert held[0] >= 0
    assert held[-1] < 1000
    assert np.diff(held).max() <= 3
    assert chosen is None or chosen in held


def test_a_layer_of_one_enormous_unit_still_shows_it() -> None:
    held = sample(node(2, 10_000, 10_000), 1, 64 * 2**20)
    assert held is not None
    assert held.tolist() == [1]


def test_values_that_are_not_a_number_are_counted() -> None:
    values = np.zeros((3, 4), np.float32)
    assert say_not_finite(values, "clean") == ""
    values[0, :2] = np.nan
    assert say_not_finite(values, "clean") == "In the clean run, 2 values are not a number."
    values[1, 0] = -np.inf
    assert say_not_finite(values, "clean") == "In the clean run, 2 values are not a number and 1 value is infinite."
    values = np.full((2000,), 3e38, np.float32)
    assert say_not_finite(values, "clean") == "", "large is not infinite"


def test_a_network_that_gives_no_numbers_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.append(nn.Linear(2, CLASSES))
    subject = subject_of(network, Look(layer="0"))
    with torch.no_grad():
        subject.watched.classifier.module.network[0].weight[1] = float("nan")
    fresh = replace(subject, live=type(subject.live)(subject.watched))
    assert activations(fresh).note.startswith("In the clean run, 256 values are not a number.")


class Volumes(nn.Module):
    """Its layer in the middle has one dimension too many to be drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.volume = nn.Conv3d(3, 2, 1)
        self.head = nn.Linear(2, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        means: Tensor = self.head(self.volume(x[:, :, None].expand(-1, -1, 2, -1, -1)).mean((2, 3, 4)))
        return means


def test_a_layer_that_cannot_be_drawn_says_what_it_gives_and_what_to_do() -> None:
    with pytest.raises(NoFormError, match=r"volume cannot be drawn: its output is 2×2×16×16.*before or after"):
        activations(subject_of(seeded(Volumes), Look(layer="volume")))
