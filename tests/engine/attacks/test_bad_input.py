"""What every attack does with a network or a picture that it cannot work with: it says so, or it does what it should.

What is wrong with the problem itself is in ``test_trouble.py``; an area that leaves nothing to change in
``test_rules.py``.
"""

from collections.abc import Callable
from dataclasses import fields

import pytest
import torch
from torch import Tensor

from engine.attacks import GradientError, Problem, Step, direction, is_flat, run
from engine.catalogue.attacks import (
    APGDDLR,
    APGDT,
    ATTACKS,
    Attack,
    AutoAttack,
    Boundary,
    DeepFool,
    HopSkipJump,
    Norm,
    Patch,
    Universal,
    Weights,
)
from engine.catalogue.crafted import CraftedError
from engine.frame import Stage
from engine.job import Job
from engine.request import Request

Pose = Callable[..., Problem]
Model = Callable[[Tensor], Tensor]

FEW = {"steps": 3, "queries": 3, "targets": 2, "angles": 3, "shifts": 3, "tries": 5, "samples": 5, "population": 8}
WEIGHTS = torch.randn(4, 1024, generator=torch.Generator().manual_seed(1), dtype=torch.float64) / 16


def quick(kind: type[Attack]) -> Attack:
    return kind(**{each.name: FEW[each.name] for each in fields(kind) if each.name in FEW})


SHELF = [quick(kind) for kind in ATTACKS.values()]
every_attack = pytest.mark.parametrize("attack", SHELF, ids=lambda each: each.name)
CRAFTED = Universal | Patch
NEEDS_GRADIENT = [each for each in SHELF if each.follows_gradient or isinstance(each, Weights)]


def linear(pixels: Tensor) -> Tensor:
    """For pictures of any size and number of channels."""
    flat = pixels.flatten(1) - 0.5
    return flat @ WEIGHTS[:, : flat.shape[1]].T


def picture(channels: int = 3, side: int = 8) -> Tensor:
    shape = (1, channels, side, side)
    return torch.rand(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 0.6 + 0.2


def posed(pose: Pose, attack: Attack, model: Model = linear, **given: object) -> Problem:
    """A problem for one picture, away from the class that it is seen as; ε allows something in every norm."""
    norm = attack.norms[0]
    x = picture()
    usual = {"x": x, "labels": linear(x).argmax(1), "norm": norm, "epsilon": 3.0 if norm is Norm.L0 else 0.1}
    return pose(model=model, **(usual | given))


def steps(attack: Attack, problem: Problem) -> list[Step]:
    return list(run(attack, problem))


def assert_pictures(taken: list[Step]) -> None:
    for step in taken:
        assert step.x.isfinite().all()
        assert step.x.min() >= 0
        assert step.x.max() <= 1


def assert_names_the_network(attack: Attack, problem: Problem, why: str) -> None:
    with pytest.raises(GradientError, match=why) as caught:
        steps(attack, problem)
    failure = caught.value.failure()
    assert failure.field == "model"
    assert failure.remedy


@every_attack
def test_an_answer_that_is_no_number_is_said(pose: Pose, attack: Attack) -> None:
    assert_names_the_network(attack, posed(pose, attack, lambda x: linear(x) * torch.nan), "its answer is not a finite")


@every_attack
def test_it_is_said_too_where_only_changed_pictures_have_no_number(pose: Pose, attack: Attack) -> None:
    clean = picture()

    def breaks(pixels: Tensor) -> Tensor:
        changed = (pixels.detach() - clean).abs().amax((1, 2, 3), keepdim=True) > 1e-9
        return torch.where(changed[:, :, 0, 0], torch.nan, linear(pixels))

    assert_names_the_network(attack, posed(pose, attack, breaks, epsilon=3.0), "not a finite number")


@pytest.mark.parametrize("attack", NEEDS_GRADIENT, ids=lambda each: each.name)
def test_a_network_without_a_gradient_is_said_to_have_none(pose: Pose, attack: Attack) -> None:
    def rounded(pixels: Tensor) -> Tensor:
        return linear((pixels.detach() * 255).round() / 255)

    assert_names_the_network(attack, posed(pose, attack, rounded), "cannot be differentiated")


@pytest.mark.parametrize("attack", [each for each in SHELF if each not in NEEDS_GRADIENT], ids=lambda each: each.name)
def test_who_needs_no_gradient_asks_for_none(pose: Pose, attack: Attack) -> None:
    assert_pictures(steps(attack, posed(pose, attack, lambda x: linear(x.detach()))))


@every_attack
def test_a_network_that_answers_everything_alike_is_no_error_and_a_slope_of_zero_is_told(
    pose: Pose, attack: Attack
) -> None:
    def constant(pixels: Tensor) -> Tensor:
        return linear(pixels) * 0 + torch.tensor([3.0, 2.0, 1.0, 0.0], dtype=pixels.dtype)

    problem = posed(pose, attack, constant, labels=torch.zeros(1, dtype=torch.int64))
    taken = steps(attack, problem)
    assert_pictures(taken)
    if attack.finds:
        assert torch.equal(taken[-1].x, problem.x)
    if attack in NEEDS_GRADIENT:
        told = [is_flat(direction(attack, problem))] if attack.scales else [step.flat for step in taken]
        assert any(each is not None and bool(each.all()) for each in told)


@every_attack
def test_equal_logits_are_no_error(pose: Pose, attack: Attack) -> None:
    problem = posed(pose, attack, lambda x: linear(x) * 0, labels=torch.zeros(1, dtype=torch.int64))
    assert_pictures(steps(attack, problem))


@every_attack
def test_probabilities_are_not_taken_for_logits(pose: Pose, attack: Attack) -> None:
    assert_names_the_network(attack, posed(pose, attack, lambda x: linear(x).softmax(1)), "answers with probabilities")


@every_attack
def test_their_logarithms_are_logits(pose: Pose, attack: Attack) -> None:
    if isinstance(attack, Weights):
        pytest.skip("no linear network")
    assert_pictures(steps(attack, posed(pose, attack, lambda x: linear(x).log_softmax(1))))


@every_attack
def test_an_answer_of_several_parts_is_refused(pose: Pose, attack: Attack) -> None:
    def two_parts(pixels: Tensor) -> object:
        return {"logits": linear(pixels)}

    assert_names_the_network(attack, posed(pose, attack, two_parts), "of type dict")  # type: ignore[arg-type]


@every_attack
@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda x: linear(x)[:, :1], "model: knows one class only"),
        (lambda x: linear(x)[:, 0], "model: must give one row of logits per image"),
        (lambda x: linear(x)[:, :, None], "model: must give one row of logits per image"),
        (lambda x: linear(x)[:, :2], "labels: class 3 was asked for, and the model knows 2"),
    ],
)
def test_an_answer_that_does_not_fit_is_named(pose: Pose, attack: Attack, model: Model, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        steps(attack, posed(pose, attack, model, labels=torch.full((1,), 3)))


@every_attack
def test_two_classes_are_enough_or_it_says_how_many_are(pose: Pose, attack: Attack) -> None:
    def two(pixels: Tensor) -> Tensor:
        return linear(pixels)[:, :2]

    problem = posed(pose, attack, two, labels=two(picture()).argmax(1))
    if isinstance(attack, APGDDLR | APGDT):
        assert_names_the_network(attack, problem, r"compares \d classes, and it knows 2")
    else:
        assert_pictures(steps(attack, problem))


@every_attack
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (4, 8), (3, 1), (1, 1), (3, 5)])
def test_pictures_of_any_number_of_channels_and_of_any_size_are_attacked(
    pose: Pose, attack: Attack, channels: int, side: int
) -> None:
    x = picture(channels, side)
    problem = posed(pose, attack, x=x, labels=linear(x).argmax(1))
    if isinstance(attack, CRAFTED) and channels != 3:
        with pytest.raises(CraftedError) as caught:
            steps(attack, problem)
        assert caught.value.failure().field == "attack"
        return
    taken = steps(attack, problem)
    assert_pictures(taken)
    assert taken[-1].x.shape == x.shape


@every_attack
@pytest.mark.parametrize("epsilon", [0.0, 1e-12, 1e6])
def test_an_epsilon_of_nothing_or_beyond_all_bounds_still_gives_a_picture(
    pose: Pose, attack: Attack, epsilon: float
) -> None:
    problem = posed(pose, attack, epsilon=epsilon)
    taken = steps(attack, problem)
    assert_pictures(taken)
    if epsilon < 1:
        torch.testing.assert_close(taken[-1].x, problem.x, rtol=0, atol=1e-11)


@every_attack
def test_a_negative_epsilon_is_named(pose: Pose, attack: Attack) -> None:
    with pytest.raises(ValueError, match="epsilon: must be finite and not negative"):
        posed(pose, attack, epsilon=-0.1)


@pytest.mark.parametrize("attack", [each for each in SHELF if each.targetable], ids=lambda each: each.name)
def test_a_target_that_the_picture_is_seen_as_already_is_kept(pose: Pose, attack: Attack) -> None:
    problem = posed(pose, attack, targeted=True)
    *_, last = steps(attack, problem)
    assert torch.equal(linear(last.x).argmax(1), problem.labels)
    if attack.finds:
        assert torch.equal(last.x, problem.x)


@every_attack
def test_a_picture_that_is_not_seen_as_the_class_to_leave_is_no_error_and_needs_no_search(
    pose: Pose, attack: Attack
) -> None:
    x = picture()
    problem = posed(pose, attack, labels=linear(x).argmin(1))
    taken = steps(attack, problem)
    assert (linear(taken[-1].x).argmax(1) != problem.labels).all()
    if attack.finds:
        assert len(taken) == 2
        assert torch.equal(taken[-1].x, x)


@pytest.mark.parametrize("attack", [quick(Boundary), quick(HopSkipJump), quick(AutoAttack)], ids=lambda each: each.name)
def test_all_of_it_in_single_precision(pose: Pose, attack: Attack) -> None:
    def single(pixels: Tensor) -> Tensor:
        return linear(pixels.double()).float()

    for epsilon in (0.0, 0.1, 1e6):
        assert_pictures(steps(attack, posed(pose, attack, single, x=picture().float(), epsilon=epsilon)))


def test_the_frame_says_that_a_picture_is_wrong_or_at_its_target_to_begin_with() -> None:
    job = Job()

    def said(request: Request) -> tuple[str, ...]:
        frame = next(frame for frame in job.run(request) if frame.stage >= Stage.ATTACKED)
        assert frame.failure is None
        return frame.notes

    label = next(frame for frame in job.run(Request()) if frame.before is not None).before.label  # type: ignore[union-attr]
    assert not any("to begin with" in each for each in said(Request()))
    assert "The clean picture is seen as the target to begin with." in said(Request(target=label))
    assert any("The clean picture is not seen as" in each for each in said(Request(away_from=label + 1)))
    deepfool = Request(attack=DeepFool(), norm=Norm.L2, away_from=label + 1)
    assert any("The clean picture is not seen as" in each for each in said(deepfool))
