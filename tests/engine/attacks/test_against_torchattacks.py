"""The same perturbation as torchattacks finds, where it agrees with the papers; nothing is drawn on either side."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, run
from engine.catalogue.attacks import DIFGSM, MIFGSM, NIFGSM, TIFGSM, Attack

torchattacks = pytest.importorskip("torchattacks")

Pose = Callable[..., Problem]

EPSILON, STEPS, SHARE = 0.05, 7, 0.3
USUAL = {"eps": EPSILON, "alpha": SHARE * EPSILON, "steps": STEPS}


def torchattacks_result(attack: Any, problem: Problem) -> Tensor:
    if problem.targeted:
        attack.set_mode_targeted_by_label(quiet=True)
    found = attack(problem.x, problem.labels)
    assert isinstance(found, Tensor)
    return found


def without_draws(theirs: Any) -> Any:
    """Its pictures are never shrunk."""
    theirs.diversity_prob = 0.0
    return theirs


def in_double_precision(theirs: Any) -> Any:
    """Its kernel is in single precision, which a network in double precision refuses."""
    kernel = theirs.gkern(15, 3)
    theirs.stacked_kernel = torch.from_numpy(np.stack([kernel] * 3))[:, None]
    return without_draws(theirs)


CASES: list[tuple[Attack, Callable[[nn.Module], Any]]] = [
    (MIFGSM(STEPS, SHARE, 0.6), lambda network: torchattacks.MIFGSM(network, **USUAL, decay=0.6)),
    (NIFGSM(STEPS, SHARE, 0.6), lambda network: torchattacks.NIFGSM(network, **USUAL, decay=0.6)),
    (
        DIFGSM(STEPS, SHARE, 0.6, probability=0.0),
        lambda network: without_draws(torchattacks.DIFGSM(network, **USUAL, decay=0.6)),
    ),
    (
        TIFGSM(STEPS, SHARE, 0.6, radius=7),
        lambda network: in_double_precision(torchattacks.TIFGSM(network, **USUAL, decay=0.6)),
    ),
]


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("attack", "theirs"), CASES, ids=[attack.name for attack, _ in CASES])
def test_the_perturbation_is_that_of_torchattacks(
    pose: Pose, attack: Attack, theirs: Callable[[nn.Module], Any], targeted: bool
) -> None:
    problem = pose(epsilon=EPSILON, targeted=targeted)
    assert isinstance(problem.model, nn.Module)
    *_, ours = run(attack, problem)
    assert (ours.x - problem.x).abs().max() > 1e-3  # there is something to compare
    torch.testing.assert_close(ours.x, torchattacks_result(theirs(problem.model), problem), rtol=0, atol=1e-9)


def test_a_shrunk_picture_is_the_one_that_torchattacks_shows(pose: Pose, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the numbers that it would have drawn given to both."""
    from engine.attacks.transfer import Placed, place

    x = pose().x
    draws = iter([torch.tensor([5]), torch.tensor([2]), torch.tensor([1])])  # size, top, left
    monkeypatch.setattr(torch, "randint", lambda *_, **__: next(draws))
    theirs = torchattacks.DIFGSM(pose().model, resize_rate=0.6, diversity_prob=1.0).input_diversity(x)
    torch.testing.assert_close(place(x, [Placed(5, 5, 2, 1)] * len(x)), theirs, rtol=0, atol=1e-12)
