"""The same perturbation as foolbox finds: an independent implementation, on the same network from the same start."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, run
from engine.attacks.budget import ball
from engine.catalogue.attacks import BIM, FGSM, PGD, Attack, Norm

foolbox = pytest.importorskip("foolbox")
eagerpy = pytest.importorskip("eagerpy")

Pose = Callable[..., Problem]

STEPS = 7
EPSILON = {Norm.LINF: 0.05, Norm.L2: 0.6}
FAST = {Norm.LINF: "LinfFastGradientAttack", Norm.L2: "L2FastGradientAttack"}
BASIC = {Norm.LINF: "LinfBasicIterativeAttack", Norm.L2: "L2BasicIterativeAttack"}
PROJECTED = {Norm.LINF: "LinfProjectedGradientDescentAttack", Norm.L2: "L2ProjectedGradientDescentAttack"}


def result(attack: Attack, problem: Problem) -> Tensor:
    *_, step = run(attack, problem)
    return step.x


def foolbox_result(attack: Any, problem: Problem) -> Tensor:
    assert isinstance(problem.model, nn.Module)
    model = foolbox.PyTorchModel(problem.model, bounds=(0, 1), device="cpu")
    kind = foolbox.criteria.TargetedMisclassification if problem.targeted else foolbox.criteria.Misclassification
    found = attack.run(model, problem.x, kind(problem.labels), epsilon=problem.epsilon)
    assert isinstance(found, Tensor)
    return found


def assert_same(ours: Tensor, theirs: Tensor, problem: Problem) -> None:
    assert (ours - problem.x).abs().max() > 1e-3  # there is something to compare
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_fgsm_is_foolbox_fast_gradient_attack(pose: Pose, network: nn.Module, norm: Norm, dtype: torch.dtype) -> None:
    problem = pose(model=network.to(dtype), x=pose().x.to(dtype), norm=norm, epsilon=EPSILON[norm])
    theirs = foolbox_result(getattr(foolbox.attacks, FAST[norm])(random_start=False), problem)
    assert_same(result(FGSM(), problem), theirs, problem)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_bim_is_foolbox_basic_iterative_attack(pose: Pose, norm: Norm, targeted: bool) -> None:
    problem = pose(norm=norm, epsilon=EPSILON[norm], targeted=targeted)
    theirs = foolbox_result(
        getattr(foolbox.attacks, BASIC[norm])(rel_stepsize=0.3, steps=STEPS, random_start=False), problem
    )
    assert_same(result(BIM(steps=STEPS, step_size=0.3), problem), theirs, problem)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_pgd_from_the_same_random_start_is_foolbox_projected_gradient_descent(
    pose: Pose, norm: Norm, targeted: bool
) -> None:
    problem = pose(norm=norm, epsilon=EPSILON[norm], targeted=targeted)
    start = ball(norm)(problem.x, problem.radius).random_start(problem.seeds)
    kind = getattr(foolbox.attacks, PROJECTED[norm])

    class FromOurStart(kind):  # type: ignore[misc,valid-type]
        def get_random_start(self, x0: Any, epsilon: float) -> Any:
            return eagerpy.astensor(start)

    theirs = foolbox_result(FromOurStart(rel_stepsize=0.3, steps=STEPS, random_start=True), problem)
    assert_same(result(PGD(steps=STEPS, step_size=0.3), problem), theirs, problem)
    assert not torch.equal(start, problem.x)
