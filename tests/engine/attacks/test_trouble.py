"""What an attack says when it is given something it cannot work with."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.attacks import FLAT, GradientError, Problem, direction, is_flat, margin, run
from engine.catalogue.attacks import ATTACKS, BIM, FGSM, PGD, Attack, Noise, Norm

Pose = Callable[..., Problem]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": torch.rand(3, 8, 8)}, "x: must be a batch"),
        ({"x": torch.rand(0, 3, 8, 8)}, "x: must be a batch"),
        ({"x": torch.ones(4, 3, 8, 8, dtype=torch.uint8)}, "x: must hold floating-point"),
        ({"x": torch.full((4, 3, 8, 8), 1.5)}, r"x: pixels must lie in \[0, 1\]"),
        ({"x": torch.full((4, 3, 8, 8), -0.1)}, r"x: pixels must lie in \[0, 1\]"),
        ({"x": torch.full((4, 3, 8, 8), torch.nan)}, r"x: pixels must lie in \[0, 1\]"),
        ({"labels": torch.zeros(3).long()}, "labels: must be 4 whole numbers"),
        ({"labels": torch.zeros(4)}, "labels: must be 4 whole numbers"),
        ({"labels": torch.full((4,), -1)}, "labels: a class is a number from 0 on"),
        ({"norm": "L7"}, "norm: must be one of"),
        ({"epsilon": -0.1}, "epsilon: must be finite and not negative"),
        ({"epsilon": float("nan")}, "epsilon: must be finite and not negative"),
        ({"epsilon": float("inf")}, "epsilon: must be finite and not negative"),
        ({"epsilon": torch.zeros(4)}, "epsilon: must be one number or"),
        ({"seeds": (1,)}, "seeds: there must be one per image"),
    ],
)
def test_a_problem_that_does_not_fit_names_the_argument(pose: Pose, given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pose(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"labels": torch.full((4,), 5)}, "labels: class 5 was asked for, and the model knows 5"),
        ({"model": lambda x: x.flatten(1)[:, :1]}, "model: knows one class only"),
        ({"model": lambda x: x.flatten(1)[0]}, "model: must give one row of logits per image"),
        ({"model": lambda x: x.mean((2, 3))[:2]}, "model: must give one row of logits per image"),
    ],
)
@pytest.mark.parametrize("attack", [FGSM(), BIM(), Noise()])
def test_a_network_whose_answer_does_not_fit_is_named(
    pose: Pose, attack: Attack, given: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        list(run(attack, pose(**given)))


def test_what_an_attack_cannot_do_is_refused_before_it_starts(pose: Pose) -> None:
    with pytest.raises(ValueError, match="targeted: noise cannot be aimed"):
        run(Noise(), pose(targeted=True))
    with pytest.raises(ValueError, match="the direction of pgd depends on ε"):
        direction(PGD(), pose())

    class OnlyLinf(FGSM):
        norms = (Norm.LINF,)

    with pytest.raises(ValueError, match="norm: fgsm does not work in l2"):
        run(OnlyLinf(), pose(norm=Norm.L2))


def test_every_declared_attack_is_computed_and_an_undeclared_one_says_that_it_is_not(pose: Pose) -> None:
    for kind in ATTACKS.values():
        assert next(run(kind(), pose(norm=kind.norms[0]))).index == 0

    class Unheard(Attack):
        name = "unheard"
        scales = True

    with pytest.raises(NotImplementedError, match="unheard is declared"):
        direction(Unheard(), pose())


def _not_a_number(x: Tensor) -> Tensor:
    return x.flatten(1)[:, :5] / 0 - torch.inf


def _root_of_zero(x: Tensor) -> Tensor:
    return (x.flatten(1)[:, :5] * 0).sqrt()


def _rounded(x: Tensor) -> Tensor:
    return x.detach().flatten(1)[:, :5]


def _constant(x: Tensor) -> Tensor:
    return torch.zeros(len(x), 5, dtype=x.dtype, requires_grad=True) * 1


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (_not_a_number, "its answer is not a finite number"),
        (_root_of_zero, "its gradient is not a finite number"),
        (_rounded, "its answer cannot be differentiated"),
        (_constant, "its answer cannot be differentiated"),
    ],
)
@pytest.mark.parametrize("attack", [FGSM(), BIM(), PGD()])
def test_a_network_that_gives_nothing_to_follow_is_a_failure_in_three_parts(
    pose: Pose, attack: Attack, model: Callable[[Tensor], Tensor], why: str
) -> None:
    with pytest.raises(GradientError, match=why) as caught:
        list(run(attack, pose(model=model)))
    failure = caught.value.failure()
    assert failure.what
    assert failure.why.startswith(why)
    assert failure.remedy
    assert failure.field == "model"


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_pictures_with_a_gradient_of_zero_are_told_from_the_others_and_do_not_move(pose: Pose, norm: Norm) -> None:
    def half_blind(x: Tensor) -> Tensor:
        seen = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=x.dtype).view(-1, 1)
        return x.flatten(1)[:, :5] * seen

    problem = pose(model=half_blind, norm=norm)
    assert is_flat(direction(FGSM(), problem)).tolist() == [False, True, False, True]
    *steps, end = run(BIM(steps=3), problem)
    for step in steps:
        assert step.flat is not None
        assert step.flat.tolist() == [False, True, False, True]
    assert end.flat is None
    assert torch.equal(end.x[1::2], problem.x[1::2])
    assert not torch.equal(end.x[::2], problem.x[::2])
    assert FLAT.startswith("The gradient is zero at every pixel")


def test_a_saturated_network_is_told_from_one_that_holds(pose: Pose) -> None:
    """Logits a thousand apart leave the cross-entropy no slope: the attack fails for want of a gradient."""

    def saturated(x: Tensor) -> Tensor:
        return (x.float().flatten(1)[:, :5] + 10 * torch.eye(5)[:4]) * 100

    *_, end = run(BIM(steps=2), pose(model=saturated, labels=torch.arange(4), x=pose().x.float()))
    first = next(run(BIM(steps=2), pose(model=saturated, labels=torch.arange(4), x=pose().x.float())))
    assert first.flat is not None
    assert first.flat.all()
    assert (margin(end.logits, torch.arange(4)) > 0).all()


def test_a_margin_is_right_when_all_the_logits_are_negative() -> None:
    logits = torch.tensor([[-5.0, -3.0, -9.0], [-1.0, -3.0, -9.0]])
    assert margin(logits, torch.tensor([0, 0])).tolist() == [-2, 2]


def test_pixels_at_exactly_zero_or_one_can_move(pose: Pose, network: torch.nn.Module) -> None:
    x = torch.cat([torch.zeros(1, 3, 8, 8), torch.ones(1, 3, 8, 8)]).double()
    for attack in (FGSM(), BIM(), PGD()):
        *_, end = run(attack, pose(x=x, model=network))
        assert (end.x != x).flatten(1).any(1).all()


def test_the_last_iterate_is_the_result_even_where_it_does_not_fool(pose: Pose, network: torch.nn.Module) -> None:
    """No iterate is chosen behind the caller's back; the answer to the last one comes with it."""
    problem = pose(epsilon=1e-6)
    *_, end = run(BIM(steps=4), problem)
    torch.testing.assert_close(end.logits, network(end.x))
    assert (end.x != problem.x).any()
