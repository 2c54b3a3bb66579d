"""The size of the gradient at every layer, and the factors of small dense networks, against torch's own autograd."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from engine.images import Recipe
from engine.models.classifier import Classifier
from engine.network import factors as factors_module
from engine.network.factors import factors_of
from engine.network.gradients import gradients, sizes, slopes
from engine.network.recording import RecordingError
from engine.network.watched import Watched

SIDE = 6


class Skip(nn.Module):
    """A sum, an in-place rectifier and a functional layer."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.end = nn.Linear(4, 3)

    def forward(self, x):
        x = self.relu(self.first(x))
        x = self.relu(self.second(x) + x)
        return self.end(functional.adaptive_avg_pool2d(x, 1).flatten(1))


def watched_of(network, side=SIDE):
    classifier = Classifier(
        network,
        name="small",
        title="Small",
        classes=["a", "b", "c"],
        recipe=Recipe(side, (side, side)),
        mean=[0.5] * 3,
        std=[0.25] * 3,
    )
    return Watched(classifier)


def dense(*functions):
    """Flatten, then dense layers with these functions in between."""
    torch.manual_seed(1)
    layers, size = [nn.Flatten()], 3 * SIDE * SIDE
    for each in functions:
        layers += [nn.Linear(size, 5), each]
        size = 5
    return nn.Sequential(*layers, nn.Linear(size, 3))


def subject_of(watched, epsilon=0.05, left=1):
    x = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    return SimpleNamespace(
        watched=watched, clean=x, attacked=(x + epsilon).clamp(0, 1), left=left, live=SimpleNamespace(kept={})
    )


@pytest.fixture(scope="module")
def skip():
    torch.manual_seed(0)
    return watched_of(Skip())


# The size at every layer


def test_the_last_layer_has_the_slope_of_softmax_with_cross_entropy(skip):
    subject = subject_of(skip)
    walk = list(gradients(subject))[-1]
    with torch.no_grad():
        answer = skip.classifier.module(subject.clean)[0].softmax(0)
    expected = answer - functional.one_hot(torch.tensor(1), 3)
    assert walk.layers[-1] == "end"
    assert walk.clean[-1] == pytest.approx(float(expected.norm()), rel=1e-5)
    assert walk.mean_clean[-1] == pytest.approx(float(expected.abs().mean()), rel=1e-5)


def test_sums_and_layers_before_an_in_place_rectifier_have_the_gradient_that_autograd_gives_by_hand(skip):
    module, x = skip.classifier.module, subject_of(skip).clean
    network = module.network
    first = network.first(module.normalise(x)).requires_grad_()
    rectified = functional.relu(first)
    joined = network.second(rectified) + rectified
    logits = network.end(functional.adaptive_avg_pool2d(functional.relu(joined), 1).flatten(1))
    expected = torch.autograd.grad(functional.cross_entropy(logits, torch.tensor([1])), [first, joined])
    walk = next(gradients(subject_of(skip)))
    norms = dict(zip(walk.layers, walk.clean, strict=True))
    assert norms["first"] == pytest.approx(float(expected[0].norm()), rel=1e-4)
    assert norms["add"] == pytest.approx(float(expected[1].norm()), rel=1e-4)


def test_the_clean_picture_comes_first_and_the_attacked_one_is_added(skip):
    subject = subject_of(skip)
    first, between, last = list(gradients(subject))
    assert between is None
    assert first.attacked is None
    assert first.mean_attacked is None
    np.testing.assert_array_equal(first.clean, last.clean)
    alone = sizes(skip, subject.attacked, 1, last.layers)
    np.testing.assert_array_equal(last.attacked, alone.norms)
    assert last.attacked[0] != last.clean[0]
    assert last.label == subject.left


def test_while_the_attack_changes_the_clean_picture_is_not_asked_again(skip, monkeypatch):
    subject = subject_of(skip)
    first = list(gradients(subject))[-1]
    asked = []
    values = skip.values
    monkeypatch.setattr(skip, "values", lambda x, names: asked.append(x) or values(x, names))
    subject.attacked = subject.attacked * 0.9
    found = list(gradients(subject))
    assert found[0] is None
    assert len(asked) == 1
    np.testing.assert_array_equal(found[-1].clean, first.clean)
    assert found[-1].attacked[0] != first.attacked[0]
    subject.left = 0
    assert next(gradients(subject)).label == 0


def test_neither_the_pixels_nor_the_network_keep_a_gradient(skip):
    subject = subject_of(skip)
    list(gradients(subject))
    assert subject.clean.grad is None
    assert not subject.clean.requires_grad
    assert all(each.grad is None for each in skip.classifier.module.parameters())


def test_gradients_are_found_even_where_they_are_switched_off_around_it(skip):
    with torch.no_grad():
        walk = next(gradients(subject_of(skip)))
        assert not torch.is_grad_enabled()
    assert np.isfinite(walk.clean).all()


def test_a_network_in_half_precision_has_nearly_the_same_sizes(skip):
    torch.manual_seed(0)
    half = watched_of(Skip())
    half.classifier.module.half()
    names = next(gradients(subject_of(skip))).layers
    wanted, found = (sizes(each, subject_of(skip).clean, 1, names) for each in (skip, half))
    np.testing.assert_allclose(found.norms, wanted.norms, rtol=0.05)
    assert found.norms.dtype == np.float32


def test_a_tiny_gradient_is_not_lost_in_half_precision():
    torch.manual_seed(0)
    network = dense(nn.Tanh())
    with torch.no_grad():
        network[-1].weight.mul_(1e-4)
        network[-1].bias.copy_(torch.tensor([0.0, 9.0, 0.0]))
    wanted = sizes(watched_of(network), subject_of(None).clean, 1, ("1",))
    half = watched_of(network)
    half.classifier.module.half()
    found = sizes(half, subject_of(None).clean, 1, ("1",))
    assert 0 < wanted.means[0] < 6e-8  # the smallest number of float16
    np.testing.assert_allclose(found.norms, wanted.norms, rtol=0.2)


# What is said of it


def test_a_layer_that_the_answer_does_not_depend_on_is_a_gap_and_the_note_says_so():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.idle, self.end = nn.Linear(3, 3), nn.Linear(3, 3)

        def forward(self, x):
            x = x.mean((2, 3))
            self.idle(x)
            return self.end(x)

    torch.manual_seed(0)
    walk = list(gradients(subject_of(watched_of(Unused()))))[-1]
    norms = dict(zip(walk.layers, walk.clean, strict=True))
    assert np.isnan(norms["idle"])
    assert norms["end"] > 0
    assert "gap" in walk.note


def test_where_every_rectifier_is_shut_the_note_says_that_the_loss_is_flat():
    network = dense(nn.ReLU())
    with torch.no_grad():
        network[1].bias.fill_(-100.0)
        network[3].weight.zero_()
        network[3].bias.copy_(torch.tensor([0.0, 1000.0, 0.0]))
    walk = list(gradients(subject_of(watched_of(network))))[-1]
    assert not walk.clean.any()
    assert "zero" in walk.note


def test_many_saturated_sigmoids_make_the_gradient_vanish_and_the_note_says_so():
    walk = list(gradients(subject_of(watched_of(dense(*(nn.Sigmoid() for _ in range(8)))))))[-1]
    assert walk.clean[0] < 1e-3 * walk.clean[-1]
    assert "vanished" in walk.note


def test_gradients_that_are_no_numbers_are_gaps_and_the_note_says_so():
    network = dense(nn.ReLU())
    watched = watched_of(network)
    with torch.no_grad():
        network[1].weight[0, 0] = float("nan")
    walk = list(gradients(subject_of(watched)))[-1]
    assert np.isnan(walk.clean).any()
    assert "not a finite number" in walk.note


def test_a_network_that_no_gradient_comes_back_from_says_why():
    class Rounded(nn.Module):
        def forward(self, x):
            return (x.mean((2, 3)) > 0.5).float()

    watched = watched_of(Rounded())
    with pytest.raises(RecordingError, match="no gradient"):
        list(gradients(subject_of(watched)))


# Factor by factor


@pytest.mark.parametrize(
    "functions",
    [
        (),
        (nn.Sigmoid(),),
        (nn.Tanh(), nn.ReLU()),
        (nn.ReLU(inplace=True), nn.Sigmoid()),
        (nn.Identity(), nn.Tanh()),
        (nn.Dropout(), nn.Tanh()),
    ],
    ids=lambda each: "-".join(type(one).__name__ for one in each) or "none",
)
def test_every_factor_of_a_small_dense_network_is_that_of_autograd(functions):
    subject = subject_of(watched_of(dense(*functions)))
    module = subject.watched.classifier.module
    walk = list(gradients(subject))[-1]
    linear = [each for each in module.network if isinstance(each, nn.Linear)]
    assert len(walk.factors) == len(linear)
    for each in linear:
        each.requires_grad_()
    functional.cross_entropy(module(subject.clean), torch.tensor([1])).backward()
    for found, layer in zip(walk.factors, linear, strict=True):
        np.testing.assert_allclose(found.d_weight, layer.weight.grad, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(found.d_pre, layer.bias.grad, rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(found.weight @ found.inputs + found.bias, found.pre, rtol=1e-4, atol=1e-5)
        if found.activation:
            np.testing.assert_allclose(found.d_outputs * found.d_local, found.d_pre, rtol=1e-4, atol=1e-7)
    for before, after in zip(walk.factors, walk.factors[1:], strict=False):
        if before.activation:
            np.testing.assert_allclose(after.d_inputs, before.d_outputs, rtol=1e-4, atol=1e-7)


def test_functions_called_without_a_layer_are_understood_too():
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(3 * SIDE * SIDE, 4), nn.Linear(4, 3, bias=False)

        def forward(self, x):
            return self.second(torch.tanh(self.first(x.flatten(1))))

    torch.manual_seed(0)
    first, second = list(gradients(subject_of(watched_of(Functional()))))[-1].factors
    assert (first.layer, first.activation) == ("first", "tanh")
    assert (second.layer, second.activation) == ("second", "")
    assert not second.bias.any()
    assert len(second.d_outputs) == len(second.d_local) == 0


def test_only_layers_that_can_be_read_are_shown(monkeypatch):
    monkeypatch.setattr(factors_module, "MOST_WEIGHTS", 25)
    walk = list(gradients(subject_of(watched_of(dense(nn.Tanh(), nn.Tanh())))))[-1]
    assert [each.layer for each in walk.factors] == ["3", "5"]


@pytest.mark.parametrize(
    "network",
    [
        Skip(),
        nn.Sequential(nn.Flatten(), nn.Linear(108, 4), nn.GELU(), nn.Linear(4, 3)),
        nn.Sequential(nn.Flatten(), nn.Linear(108, 4), nn.LayerNorm(4), nn.Linear(4, 3)),
    ],
    ids=["convolutions", "unknown function", "normalised"],
)
def test_of_any_other_network_there_are_no_factors(network):
    watched = watched_of(network)
    assert factors_of(watched, lambda names: slopes(watched, subject_of(None).clean, 0, names)) == ()


def test_a_layer_that_is_called_twice_has_no_single_slope_and_is_not_shown():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.start, self.again = nn.Linear(108, 3), nn.Linear(3, 3)

        def forward(self, x):
            return self.again(torch.tanh(self.again(self.start(x.flatten(1)))))

    watched = watched_of(Twice())
    assert factors_of(watched, lambda names: slopes(watched, subject_of(None).clean, 0, names)) == ()


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "densenet121", "vit_b_32"])
def test_real_networks_have_a_size_at_every_layer_but_those_that_are_unused(name):
    import torchvision

    torch.manual_seed(0)
    network = torchvision.models.get_model(name, num_classes=3)
    side = 224 if name.startswith("vit") else 64
    watched = watched_of(network, side)
    x = torch.rand(1, 3, side, side)
    walk = list(
        gradients(SimpleNamespace(watched=watched, clean=x, attacked=x, left=0, live=SimpleNamespace(kept={})))
    )[-1]
    assert len(walk.layers) > 20
    assert np.isfinite(walk.clean).all()
    np.testing.assert_array_equal(walk.clean, walk.attacked)
    assert walk.factors == ()
