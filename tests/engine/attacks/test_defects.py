"""Mistakes that other programs are known for, and that no attack here may make.

What is tested elsewhere:

* gradients are left in the parameters, modes and buffers are changed, the global random state is moved, a norm is taken
  over the whole batch, ε is exceeded: ``test_promises.py``;
* a ball that is never projected onto (FMN in L2), a salt-and-pepper noise measured from black: ``test_fmn.py``,
  ``test_salt_and_pepper.py``;
* momentum of signs (MI-FGSM): ``test_momentum.py``;
* a maximum that takes the label's place for 0, no search for c, DeepFool that ends on the boundary:
  ``test_smallest.py``, ``test_carlini_wagner.py``, ``test_deepfool.py``;
* a mean over the batch, a floor under the norm, another order of projecting: ``test_closed_form.py``,
  ``test_budget.py``;
* APGD's checkpoints: ``test_apgd.py``; a loss that saturates: ``test_trouble.py``, ``test_apgd.py``,
  ``test_masking.py``;
* values cut off instead of rounded: ``test_images_writing.py``; batch norm that is not folded: ``test_classifier.py``.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Ruling, Step, run, search
from engine.attacks.adam import Adam
from engine.attacks.budget import ball
from engine.catalogue.attacks import (
    APGD,
    APGDDLR,
    DDN,
    EAD,
    FAB,
    FABT,
    FMN,
    JSMA,
    LBFGS,
    Attack,
    Boundary,
    CarliniWagner,
    CarliniWagnerLinf,
    DeepFool,
    HopSkipJump,
    Norm,
    SigmaZero,
    SparseFool,
    Weights,
)
from engine.catalogue.rules import Rules

Pose = Callable[..., Problem]


@pytest.fixture
def bent() -> nn.Module:
    """A small network whose boundaries are curved, and near."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).double().eval()


def answers(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        return model(x).argmax(1)


def final(attack: Attack, problem: Problem) -> Step:
    *_, step = (each for each in search(attack, problem) if each is not None)
    return step


def named(attack: Attack) -> str:
    return attack.name


@pytest.mark.parametrize("norm", [Norm.L2, Norm.LINF])
def test_deepfool_goes_two_per_cent_beyond_the_exact_distance_of_a_linear_network(
    pose: Pose, linear: Any, norm: Norm
) -> None:
    """Others have another overshoot, add a constant to every step, or scale it by the range of the pixels."""
    x = pose().x * 0.2 + 0.4
    labels = answers(linear, x)
    weights, logits = torch.from_numpy(linear.weights), linear(x)
    ahead = logits.gather(1, labels[:, None]) - logits
    across = weights[labels][:, None] - weights[None]
    lengths = across.norm(dim=2) if norm is Norm.L2 else across.abs().sum(2)
    exact = (ahead / lengths).scatter(1, labels[:, None], torch.inf).amin(1)
    found = final(DeepFool(), pose(model=linear, x=x, labels=labels, norm=norm))
    torch.testing.assert_close(ball(norm).size(found.x - x).flatten(), 1.02 * exact, rtol=1e-9, atol=0)


UNSCALED = [
    *(DeepFool(steps=5), FMN(steps=10), FAB(steps=5), FABT(steps=5, targets=2), SparseFool(steps=5), JSMA(steps=5)),
    *(Boundary(steps=10, tries=10), HopSkipJump(steps=2, samples=10, tries=10)),
]


@pytest.mark.parametrize("attack", UNSCALED, ids=named)
@pytest.mark.parametrize("scale", [2.0**-40, 2.0**40])  # which change no rounding
def test_a_gradient_of_any_size_leads_to_the_same_change(
    pose: Pose, bent: nn.Module, attack: Attack, scale: float
) -> None:
    """Others have a floor under its norm, so that a small one gives short steps."""
    problem = pose(model=bent, labels=answers(bent, pose().x), norm=attack.norms[0])
    plain = final(attack, problem)
    scaled = final(attack, replace(problem, model=lambda x: bent(x) * scale))
    torch.testing.assert_close(scaled.x, plain.x, rtol=0, atol=1e-9)


@pytest.mark.parametrize("attack", [DDN(steps=1, first_radius=3.0), FMN(steps=2), SigmaZero(steps=1)], ids=named)
def test_the_iterate_after_the_last_step_is_tried_as_well(pose: Pose, linear: Any, attack: Attack) -> None:
    """Others end with it unseen, and give back the clean picture."""
    x = pose().x * 0.2 + 0.4
    labels, norm = answers(linear, x), Norm.L0 if isinstance(attack, SigmaZero) else Norm.L2
    problem = pose(model=lambda x: 20 * linear(x), x=x, labels=labels, norm=norm)
    found = final(attack, problem)
    assert (found.logits.argmax(1) != labels).all()
    assert torch.equal(found.logits, problem.model(found.x))


@pytest.mark.parametrize("attack", [APGD(steps=12), APGDDLR(steps=12)], ids=named)
def test_apgd_takes_as_many_gradients_as_steps(pose: Pose, bent: nn.Module, attack: Attack) -> None:
    """The authors' program takes one more, whose picture is never looked at."""
    taken = []

    def counting(pixels: Tensor) -> Tensor:
        taken.append(pixels.requires_grad)
        logits: Tensor = bent(pixels)
        return logits

    list(run(attack, pose(model=counting)))
    assert sum(taken) == 12


def test_adam_is_that_of_torch() -> None:
    """Others declare it and take plain steps."""
    drawn = torch.randn(6, 2, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    place = torch.zeros(2, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    theirs, ours, x = torch.optim.Adam([place], lr=0.1), Adam(place.detach()), torch.zeros_like(place)
    for gradient in drawn:
        place.grad = gradient
        theirs.step()
        x = x - 0.1 * ours.way(gradient)
    torch.testing.assert_close(x, place, rtol=0, atol=1e-12)


def test_adam_begins_with_one_in_single_precision_too() -> None:
    """1 − β₂ taken in single precision is wrong by 5e-5 of itself, and so were all first steps."""
    gradient = torch.tensor([3.0, -0.01, 1e3]).view(1, 3, 1, 1)
    torch.testing.assert_close(Adam(gradient).way(gradient), gradient.sign(), rtol=0, atol=2e-6)


SEARCHES = [
    *(DeepFool(), DDN(steps=40), LBFGS(steps=20, searches=8), CarliniWagner(steps=60, searches=5, rate=0.05)),
    *(CarliniWagnerLinf(steps=30, rate=0.05, first_weight=0.1), FMN(steps=30), FAB(steps=10), EAD(steps=40, rate=0.1)),
    *(SigmaZero(steps=40), SparseFool(), JSMA(both=True)),
]


@pytest.mark.parametrize("attack", SEARCHES, ids=named)
def test_a_picture_of_black_and_white_alone_can_be_attacked(pose: Pose, bent: nn.Module, attack: Attack) -> None:
    """Others map the pixels to infinity, where they stay."""
    x = pose().x.round()
    labels = answers(bent, x)
    found = final(attack, pose(model=bent, x=x, labels=labels, norm=attack.norms[0]))
    assert (answers(bent, found.x) != labels).all()
    assert (found.x != x).flatten(1).any(1).all()


@pytest.mark.parametrize("attack", SEARCHES, ids=named)
def test_on_the_eight_bit_grid_what_is_found_survives_being_saved(pose: Pose, bent: nn.Module, attack: Attack) -> None:
    """Found in fractions of a level, it would be lost as soon as the file is written."""
    x = (pose().x[:1] * 255).round() / 255
    labels = answers(bent, x)
    ruling = Ruling(Rules(eight_bit=True))
    found = final(attack, pose(model=bent, x=x, labels=labels, norm=attack.norms[0], ruling=ruling))
    saved = (found.x * 255).round().to(torch.uint8)
    assert (answers(bent, saved.double() / 255) != labels).all()
    torch.testing.assert_close(found.logits, bent(saved.double() / 255), rtol=0, atol=1e-9)


def test_the_weights_attack_goes_by_the_label_and_not_by_its_place(pose: Pose, linear: Any) -> None:
    x = pose().x[:3] * 0.2 + 0.4
    labels = torch.tensor([3, 1, 2])
    *_, last = run(Weights(), pose(model=linear, x=x, labels=labels, norm=Norm.L2, epsilon=0.5))
    weights, rival = torch.from_numpy(linear.weights), linear(x).scatter(1, labels[:, None], -torch.inf).argmax(1)
    way = weights[rival] - weights[labels]
    expected = x + 0.5 * (way / way.norm(dim=1, keepdim=True)).view_as(x)
    torch.testing.assert_close(last.x, expected, rtol=0, atol=1e-12)
