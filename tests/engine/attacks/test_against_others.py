"""Attacks against programs that go another way to the same end, so that only what comes out can be compared.

Where nothing is drawn and both go the same way, it is the same picture. Otherwise as many pictures are fooled, and the
changes are about as large. Attacks that have a test file of their own are held against others there.
"""

import math
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, run, search
from engine.attacks.budget import ball
from engine.attacks.found import reaches
from engine.attacks.moving_pictures import bounds_of, turned_and_shifted
from engine.catalogue.attacks import RFGSM, Attack, CarliniWagnerLinf, GridOfMoves, Norm, OnePixel, SparseFool

Pose = Callable[..., Problem]


@pytest.fixture
def torchattacks() -> Any:
    return pytest.importorskip("torchattacks")


@pytest.fixture
def bent() -> nn.Module:
    """A small network whose boundaries are curved, and near."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).eval()


def pictures(count: int = 12) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(8)) * 0.8 + 0.1


def answers(model: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        labels: Tensor = model(x).argmax(1)
        return labels


def found(attack: Attack, problem: Problem) -> Tensor:
    *_, step = (each for each in search(attack, problem) if each is not None)
    return step.x


def sizes(x: Tensor, problem: Problem, norm: Norm) -> Tensor:
    return ball(norm).size(x - problem.x).flatten()


def test_r_fgsm_is_that_of_torchattacks_from_the_same_random_step(
    pose: Pose, torchattacks: Any, bent: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs takes both steps of one length, and so does the paper at α = ε / 2."""
    x = pictures()
    problem = pose(model=bent, x=x, labels=answers(bent, x), epsilon=0.1)
    start, ours = run(RFGSM(random_share=0.5), problem)
    monkeypatch.setattr(torch, "randn_like", lambda _: start.x - x)
    theirs = torchattacks.RFGSM(bent, eps=0.1, alpha=0.05, steps=1)(x, problem.labels)
    torch.testing.assert_close(ours.x, theirs, rtol=0, atol=1e-6)


@pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")
def test_sparsefool_fools_as_many_as_that_of_torchattacks_with_no_more_values(
    pose: Pose, torchattacks: Any, bent: nn.Module
) -> None:
    """Theirs stretches the way from the clean picture, and takes the normal beyond the boundary instead of on it."""
    x = pictures()
    problem = pose(model=bent, x=x, labels=answers(bent, x), norm=Norm.L1)
    theirs = torchattacks.SparseFool(bent, steps=20, lam=3, overshoot=0.02)(x, problem.labels)
    ours = found(SparseFool(steps=20, reach=3.0), problem)
    assert (answers(bent, ours) != problem.labels).all()
    assert (answers(bent, theirs) != problem.labels).all()
    values = [(each != x).flatten(1).sum(1).double().median() for each in (ours, theirs)]
    assert values[0] <= values[1]
    assert sizes(ours, problem, Norm.L1).median() <= 1.05 * sizes(theirs, problem, Norm.L1).median()


def test_one_pixel_fools_about_as_many_as_that_of_torchattacks(pose: Pose, torchattacks: Any, bent: nn.Module) -> None:
    x = pictures(16)
    labels = answers(bent, x)
    problem = pose(model=bent, x=x, labels=labels, norm=Norm.L0, epsilon=2.0)
    *_, last = run(OnePixel(steps=10, population=50), problem)
    np.random.seed(0)  # what their evolution draws from
    theirs = torchattacks.OnePixel(bent, pixels=2, steps=10, popsize=50)(x, labels)
    counts = [int((answers(bent, each) != labels).sum()) for each in (last.x, theirs)]
    assert abs(counts[0] - counts[1]) <= 3
    assert 2 < counts[0] < 14


def test_carlini_wagner_in_linf_finds_changes_about_as_large_as_that_of_adv_lib(
    pose: Pose, bent: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Theirs ends a trial with its first picture that fools and keeps the bound, ours with that of each picture."""
    monkeypatch.setitem(sys.modules, "visdom", ModuleType("visdom"))  # only draws
    theirs: Any = pytest.importorskip("adv_lib.attacks.carlini_wagner.linf")
    x = pictures(5)
    problem = pose(model=bent, x=x, labels=answers(bent, x))
    ours = found(CarliniWagnerLinf(steps=30, rate=0.03, first_weight=0.1), problem)
    expected = theirs.carlini_wagner_linf(
        bent, x, problem.labels, learning_rate=0.03, max_iterations=30, initial_const=0.1
    )
    assert (answers(bent, ours) != problem.labels).all()
    assert (answers(bent, expected) != problem.labels).all()
    ratio = sizes(ours, problem, Norm.LINF) / sizes(expected, problem, Norm.LINF)
    assert 0.8 <= ratio.median() <= 1.1


@pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning")
def test_a_turned_and_shifted_picture_is_that_of_foolbox() -> None:
    """Theirs counts half a side as half of the pixels, where the middles of the outermost are one pixel less apart."""
    pytest.importorskip("foolbox")
    transformations: Any = pytest.importorskip("foolbox.attacks.spatial_attack_transformations")
    eagerpy = pytest.importorskip("eagerpy")
    x = pictures(2)
    angle, down, right = 0.3, 1.25, -0.5
    stretch = 8 / 7
    # They say where each pixel is read from: turned by the angle, then as far as here, seen from the turned picture.
    back = (
        -right * math.cos(angle) - down * math.sin(angle),
        right * math.sin(angle) - down * math.cos(angle),
    )
    theirs = transformations.rotate_and_shift(
        eagerpy.astensor(x), (back[0] * stretch, back[1] * stretch), -math.degrees(angle)
    )
    ours = turned_and_shifted(x, *(torch.full((2,), each) for each in (angle, down, right)))
    torch.testing.assert_close(ours, theirs.raw, rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore:torch.meshgrid:UserWarning")
def test_turning_fools_the_pictures_that_the_spatial_attack_of_foolbox_fools(pose: Pose, bent: nn.Module) -> None:
    foolbox: Any = pytest.importorskip("foolbox")
    x = pictures(16)
    labels = answers(bent, x)
    problem = pose(model=bent, x=x, labels=labels, norm=Norm.FLOW, epsilon=1.0)
    attack = GridOfMoves(turning=1.0, angles=9, shifts=1)
    *_, last = run(attack, problem)
    degrees = math.degrees(float(bounds_of(attack, problem).angle[0]))
    spatial = foolbox.attacks.SpatialAttack(
        max_translation=0, max_rotation=degrees, num_translations=1, num_rotations=9
    )
    model = foolbox.PyTorchModel(bent, bounds=(0, 1), device="cpu")
    *_, fooled = spatial(model, x, foolbox.criteria.Misclassification(labels))
    assert torch.equal(reaches(problem, last.logits), fooled)
    assert 0 < int(fooled.sum()) < 16
