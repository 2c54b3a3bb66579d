"""How far the attacked run is from the clean one, layer by layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from engine.network.divergence import compared, divergence, jump_of
from engine.network.subject import Subject

from .subjects import CLASSES, Residual, Tokens, in_half_precision, seeded, subject_of


def by_hand(subject: Subject) -> dict[str, float]:
    """‖a − c‖ / ‖c‖ in double precision, of every node."""
    with torch.no_grad():
        clean, attacked = (subject.watched.values(x)[1] for x in (subject.clean, subject.attacked))
    return {
        name: float((attacked[name].double() - clean[name].double()).norm() / clean[name].double().norm())
        for name in clean
    }


@pytest.mark.parametrize("kind", [Residual, Tokens])
def test_every_layer_and_join_has_its_relative_distance(kind: type[nn.Module]) -> None:
    subject = subject_of(seeded(kind))
    found = divergence(subject)
    wanted = by_hand(subject)
    assert found.distances.dtype == np.float32
    assert len(found.layers) == len(found.distances)
    assert set(found.layers) < set(wanted)
    assert np.allclose(found.distances, [wanted[each] for each in found.layers], rtol=1e-4)


def test_layers_that_compute_something_and_joins_are_compared_in_the_order_in_which_they_run() -> None:
    names = [each.name for each in compared(subject_of(seeded(Residual)).watched.architecture)]
    assert names == ["normalise", "stem", "relu", "branch", "add", "relu#2", "head"]
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Identity(), nn.Dropout(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.append(nn.Linear(2, CLASSES))
    names = [each.name for each in compared(subject_of(network).watched.architecture)]
    assert names == ["normalise", "0", "3", "5"]


def test_concatenations_count_as_joins() -> None:
    network = torchvision.models.squeezenet1_1(num_classes=CLASSES)
    names = [each.name for each in compared(subject_of(network, side=32).watched.architecture)]
    assert [each for each in names if each.endswith(".cat")][:2] == ["features.3.cat", "features.4.cat"]


def test_two_equal_pictures_are_nowhere_apart() -> None:
    subject = subject_of(seeded(Residual))
    found = divergence(replace(subject, attacked=subject.clean.clone()))
    assert not found.distances.any()
    assert found.jump is None


def test_the_distance_grows_with_epsilon() -> None:
    subject = subject_of(seeded(Residual))
    delta = subject.attacked - subject.clean
    means = [
        divergence(replace(subject, attacked=subject.clean + share * delta)).distances.mean() for share in (0.1, 1)
    ]
    assert means[0] < means[1]


def test_half_precision_does_not_overflow() -> None:
    subject = subject_of(seeded(Residual))
    network = seeded(Residual)
    with torch.no_grad():
        network.stem.weight *= 2000
    halved = in_half_precision(subject, network)
    assert np.isfinite(divergence(halved).distances).all()


def test_a_layer_of_zeros_is_not_apart_and_one_that_gives_no_numbers_is_not_a_number() -> None:
    subject = subject_of(seeded(Residual))
    layers = subject.watched.classifier.module.network
    with torch.no_grad():
        layers.branch.weight.zero_()
        layers.branch.bias.zero_()
        layers.head.bias[0] = float("nan")
    fresh = replace(subject, live=type(subject.live)(subject.watched))
    found = dict(zip(divergence(fresh).layers, divergence(fresh).distances, strict=True))
    assert found["branch"] == 0
    assert np.isnan(found["head"])
    assert found["stem"] > 0


@pytest.mark.parametrize(
    ("distances", "jump"),
    [
        ([], None),
        ([0.5], None),
        ([0.0, 0.0, 0.0], None),
        ([0.4, 0.3, 0.2], None),
        ([0.1, 0.12, 0.5, 0.6], 2),
        # Not over the layer just before, which a rectifier has brought down, but over all before.
        ([0.1, 0.5, 0.05, 0.5, 0.9], 1),
        # Ten thousand times next to nothing is next to nothing.
        ([1e-8, 1e-4, 0.1, 0.4], 2),
        ([0.1, np.nan, 0.3, 0.4], 2),
        ([1e-9, 1e-7], None),
        ([0.0, 0.2], 1),
    ],
)
def test_the_jump_is_where_it_grows_most_over_all_before(distances: list[float], jump: int | None) -> None:
    assert jump_of(np.array(distances, np.float32)) == jump
