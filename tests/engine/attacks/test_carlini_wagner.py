"""C&W: the same as foolbox's where both do the same, better where pixels are black or white; L∞ as published."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.attacks import Problem, Step, margin, search
from engine.attacks.adam import Adam
from engine.attacks.tanh_space import picture, slope, to_tanh
from engine.attacks.weighing import Weight
from engine.catalogue.attacks import CarliniWagner, CarliniWagnerLinf, Norm

foolbox = pytest.importorskip("foolbox")

Pose = Callable[..., Problem]
Array = NDArray[np.float64]


def bent() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).double().eval()


def answers(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        return model(x).argmax(1)


def steps_of(attack: CarliniWagner | CarliniWagnerLinf, problem: Problem) -> list[Step]:
    return [each for each in search(attack, problem) if each is not None]


@pytest.mark.parametrize("targeted", [False, True])
def test_one_picture_gets_the_change_that_foolbox_finds(
    monkeypatch: pytest.MonkeyPatch, pose: Pose, targeted: bool
) -> None:
    """Far from 0 and 1, and brought as near to the ends of tanh as foolbox does.

    Without ending searches early: foolbox does so for all of a batch together, and leaves the last iterate untried.
    """
    monkeypatch.setattr("engine.attacks.tanh_space.WITHIN", 0.999999)
    monkeypatch.setattr("engine.attacks.carlini_wagner.NO_BETTER", math.inf)
    network = bent()
    x = pose().x[:1] * 0.4 + 0.3
    labels = (answers(network, x) + targeted) % 5
    problem = pose(model=network, x=x, labels=labels, norm=Norm.L2, targeted=targeted)
    ours = steps_of(CarliniWagner(searches=5, steps=40, first_weight=0.1), problem)[-1].x
    kind = foolbox.criteria.TargetedMisclassification if targeted else foolbox.criteria.Misclassification
    theirs = foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=5, steps=40, initial_const=0.1, abort_early=False
    ).run(foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu"), x, kind(labels))
    assert float((theirs - x).norm()) > 0.03
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-4)


def test_black_and_white_pixels_move_where_that_helps(pose: Pose) -> None:
    """At the ends of tanh its slope is zero and its inverse infinite: such pixels would stay there for good."""
    weights = torch.cat([torch.ones(96), -torch.ones(96)]).double() / 10
    x = torch.cat([torch.zeros(96), torch.ones(96)]).double().view(1, 3, 8, 8)

    def network(pixels: Tensor) -> Tensor:
        score = (pixels.flatten(1) - x.flatten(1)) @ weights
        return torch.stack([torch.full_like(score, 0.5), score], 1)

    problem = pose(model=network, x=x, labels=torch.zeros(1).long(), norm=Norm.L2)
    found = steps_of(CarliniWagner(searches=4, steps=150, first_weight=0.1), problem)[-1]
    assert found.logits.argmax() == 1
    assert ((found.x - x).abs() > 0.01).all()
    assert float((found.x - x).norm()) <= 1.05 * 0.5 / float(weights.norm())


def test_the_lead_that_is_asked_for_is_reached(pose: Pose) -> None:
    network = bent()
    labels = answers(network, pose().x)
    problem = pose(model=network, labels=labels, norm=Norm.L2)
    attack = CarliniWagner(searches=4, steps=60, first_weight=1.0, rate=0.03)
    sure = steps_of(CarliniWagner(searches=4, steps=60, first_weight=1.0, rate=0.03, confidence=0.2), problem)[-1]
    barely = steps_of(attack, problem)[-1]
    assert (-margin(sure.logits, labels) >= 0.2).all()
    sizes = [(each.x - problem.x).flatten(1).norm(dim=1) for each in (barely, sure)]
    assert (sizes[0] < sizes[1]).all()


def test_a_weight_grows_tenfold_until_it_is_enough_and_is_then_halved_in() -> None:
    weight = Weight(0.1, torch.zeros(2, 1))
    for enough in ([False, True], [True, True], [False, True]):
        weight.next(torch.tensor(enough))
    assert weight.now.tolist() == pytest.approx([0.775, 0.0125])


def test_tanh_space_holds_every_picture_and_its_slope_is_the_derivative() -> None:
    x = torch.linspace(0, 1, 101, dtype=torch.float64)
    w = to_tanh(x).requires_grad_()
    torch.testing.assert_close(picture(w.detach()), x, rtol=0, atol=1e-12)
    (expected,) = torch.autograd.grad(((torch.tanh(w) / 0.99 + 1) / 2).sum(), w)
    torch.testing.assert_close(slope(w.detach()), expected)
    assert (expected > 5e-3).all()


def test_adam_goes_the_same_way_for_a_picture_that_begins_anew_as_for_one_that_begins() -> None:
    gradients = torch.randn(5, 2, 1, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    adam, fresh = Adam(gradients[0]), Adam(gradients[0, 1:])
    first = adam.way(gradients[0])
    torch.testing.assert_close(first, gradients[0].sign(), rtol=1e-4, atol=0)  # of any size, it begins with 1
    adam.forget(torch.tensor([False, True]).view(2, 1, 1, 1))
    for gradient in gradients[1:]:
        torch.testing.assert_close(adam.way(gradient)[1:], fresh.way(gradient[1:]))
    adam.keep(torch.tensor([False, True]))
    torch.testing.assert_close(adam.way(gradients[0, 1:]), fresh.way(gradients[0, 1:]))


class BoundByHand:
    """Section VI.C for one picture in NumPy, on a linear network of two classes: z = (gap − w·δ, 0)."""

    def __init__(self, weights: Array, gap: float, x: Array, attack: CarliniWagnerLinf) -> None:
        self.weights, self.gap, self.x, self.attack = weights, gap, x, attack

    def run(self) -> list[Array]:
        seen: list[Array] = []
        bound, weight = 1.0, self.attack.first_weight
        start = np.arctanh(0.99 * (2 * self.x - 1))
        while bound > self.attack.finest and weight <= 20:
            w, mean, square = start, 0.0, 0.0
            for count in range(1, self.attack.steps + 1):
                x = np.clip((np.tanh(w) / 0.99 + 1) / 2, 0, 1)
                delta = x - self.x
                if not seen or not np.array_equal(seen[-1], x):
                    seen.append(x)
                lack = max(self.gap - float(self.weights @ delta), 0.0)
                if lack == 0 and np.maximum(np.abs(delta) - bound, 0).sum() < 1e-4 * weight:
                    bound, start = 0.9 * min(bound, np.abs(delta).max()), w
                    break
                down = np.sign(delta) * (np.abs(delta) > bound) - weight * self.weights * (lack > 0)
                down = down * (1 - np.tanh(w) ** 2) / (2 * 0.99)
                mean, square = 0.9 * mean + 0.1 * down, 0.999 * square + 0.001 * down**2
                w = w - self.attack.rate * (mean / (1 - 0.9**count)) / (np.sqrt(square / (1 - 0.999**count)) + 1e-8)
            else:
                weight *= 2
        return seen


def test_in_linf_the_bound_is_lowered_as_published(pose: Pose) -> None:
    random = np.random.default_rng(1)
    weights, x = random.normal(size=192), 0.3 + 0.4 * random.random(192)
    attack = CarliniWagnerLinf(steps=12, rate=0.005, first_weight=0.5)
    clean = torch.from_numpy(x).view(1, 3, 8, 8)

    def network(pixels: Tensor) -> Tensor:
        score = 2.0 - (pixels - clean).flatten(1) @ torch.from_numpy(weights)
        return torch.stack([score, torch.zeros_like(score)], 1)

    steps = steps_of(attack, pose(model=network, x=clean, labels=torch.zeros(1).long(), norm=Norm.LINF))
    expected = BoundByHand(weights, 2.0, x, attack).run()
    for step, by_hand in zip(steps[:40], expected[:40], strict=True):
        np.testing.assert_allclose(step.x.flatten().numpy(), by_hand, rtol=0, atol=1e-9)
    exact = 2.0 / np.abs(weights).sum()
    assert float((steps[-1].x - clean).abs().max()) < 1.3 * exact


def test_a_picture_close_to_the_boundary_is_brought_across_and_not_only_up_to_it(pose: Pose) -> None:
    """Where hardly anything is missing, what is made small is as good as zero on this side already."""

    def network(pixels: Tensor) -> Tensor:
        score = 1e-3 * (pixels.flatten(1).mean(1) - 0.45)
        return torch.stack([score, torch.zeros_like(score)], 1)

    x = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    problem = pose(model=network, x=x, labels=torch.zeros(1).long(), norm=Norm.LINF)
    *_, found = steps_of(CarliniWagnerLinf(steps=60, first_weight=1.0, rate=0.02), problem)
    assert network(found.x).argmax(1) == 1
    assert 0.05 < float((found.x - x).abs().max()) < 0.07


def test_a_trial_count_that_is_never_exceeded_is_declared() -> None:
    attack = CarliniWagnerLinf(steps=10, first_weight=1.0, finest=0.5)
    assert attack.trials == math.ceil(math.log(0.5) / math.log(0.9)) + 1 + math.ceil(math.log2(20)) + 1
