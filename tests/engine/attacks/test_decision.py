"""What the boundary attack and HopSkipJump have in common: they start at noise and see the top class only."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attacks import GradientError, Problem, Step, run, search
from engine.attacks.decision import halvings, noisy_starts
from engine.catalogue.attacks import Attack, Boundary, HopSkipJump, Norm

Pose = Callable[..., Problem]

CASES = [
    pytest.param(Boundary(steps=40), Norm.L2, id="boundary"),
    pytest.param(HopSkipJump(steps=4, samples=20), Norm.L2, id="hop-skip-jump-l2"),
    pytest.param(HopSkipJump(steps=4, samples=20), Norm.LINF, id="hop-skip-jump-linf"),
]
every_attack = pytest.mark.parametrize(("attack", "norm"), CASES)
every_aim = pytest.mark.parametrize("targeted", [False, True])


@pytest.fixture
def alive(pose: Pose, lively: nn.Module) -> Callable[..., Problem]:
    """Poses a problem before a network of which noise gets several answers: to leave the class, or reach class 1."""

    def pose_alive(norm: Norm, targeted: bool = False, **given: object) -> Problem:
        with torch.no_grad():
            answers = lively(pose().x).argmax(1)
        labels = torch.ones_like(answers) if targeted else answers
        return pose(**({"model": lively, "norm": norm, "targeted": targeted, "labels": labels} | given))

    return pose_alive


def does(problem: Problem, step: Step) -> Tensor:
    answers = step.logits.argmax(1)
    return answers == problem.labels if problem.targeted else answers != problem.labels


def found(attack: Attack, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def sizes(problem: Problem, step: Step) -> Tensor:
    flat = (step.x - problem.x).flatten(1)
    return flat.abs().amax(1) if problem.norm is Norm.LINF else flat.norm(dim=1)


@every_aim
@every_attack
def test_from_the_start_on_every_iterate_is_adversarial_and_the_last_is_the_nearest(
    alive: Pose, attack: Attack, norm: Norm, targeted: bool
) -> None:
    problem = alive(norm=norm, targeted=targeted)
    clean, *steps = found(attack, problem)
    assert torch.equal(clean.x, problem.x)
    assert len(steps) == attack.last_index
    assert all(bool(does(problem, step).all()) for step in steps)
    nearest = torch.stack([sizes(problem, step) for step in steps]).amin(0)
    last = sizes(problem, steps[-1])
    torch.testing.assert_close(last, nearest)
    attacked = ~does(problem, clean)
    assert attacked.sum() >= 3
    assert last[attacked].mean() < 0.99 * sizes(problem, steps[0])[attacked].mean()


@every_attack
def test_only_the_top_class_is_looked_at(alive: Pose, lively: nn.Module, attack: Attack, norm: Norm) -> None:
    def terse(pixels: Tensor) -> Tensor:
        return functional.one_hot(lively(pixels).argmax(1), 5).to(pixels.dtype)

    told, plain = (found(attack, alive(norm, model=model)) for model in (terse, lively))
    assert all(torch.equal(one.x, two.x) for one, two in zip(told, plain, strict=True))


@every_aim
@every_attack
def test_a_batch_gives_what_its_pictures_give_one_by_one(
    alive: Pose, attack: Attack, norm: Norm, targeted: bool
) -> None:
    whole = alive(norm=norm, targeted=targeted)
    together = found(attack, whole)
    for place in range(4):
        part = slice(place, place + 1)
        alone = alive(norm=norm, targeted=targeted, x=whole.x[part], labels=whole.labels[part], seeds=whole.seeds[part])
        torch.testing.assert_close(found(attack, alone)[-1].x, together[-1].x[part], rtol=0, atol=1e-12)


@every_attack
def test_it_may_be_left_after_every_pass(alive: Pose, lively: nn.Module, attack: Attack, norm: Norm) -> None:
    asked = 0

    def model(pixels: Tensor) -> Tensor:
        nonlocal asked
        asked += 1
        answer: Tensor = lively(pixels)
        return answer

    before = asked
    for count, _ in enumerate(search(attack, alive(norm, model=model)), start=1):
        assert asked - before <= (1 if count == 1 else 2)  # a pass that decides, and one that is shown
        before = asked


@every_attack
def test_no_gradient_is_asked_for(alive: Pose, lively: nn.Module, attack: Attack, norm: Norm) -> None:
    def blind(pixels: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        assert not pixels.requires_grad
        answer: Tensor = lively(pixels)
        return answer

    assert len(found(attack, alive(norm, model=blind))) == attack.last_index + 1


@every_attack
def test_where_no_noise_reaches_the_target_the_picture_stays_and_no_more_is_asked_than_said(
    alive: Pose, attack: Attack, norm: Norm
) -> None:
    def model(pixels: Tensor) -> Tensor:
        return torch.stack([pixels.flatten(1).sum(1) + 1, 0 * pixels.flatten(1)[:, 0]], 1)

    problem = alive(norm, targeted=True, model=model)
    steps = found(attack, problem)
    assert [step.index for step in steps] == [0, 1]
    assert torch.equal(steps[-1].x, problem.x)
    assert steps[-1].queries == 1 + 100


@every_attack
def test_a_picture_that_is_adversarial_as_it_is_stays_and_is_asked_about_once(
    alive: Pose, attack: Attack, norm: Norm
) -> None:
    problem = alive(norm, labels=torch.full((4,), 2))  # no picture is of that class
    steps = found(attack, problem)
    assert torch.equal(steps[-1].x, problem.x)
    assert steps[-1].queries == 1


@every_attack
def test_noise_that_gets_no_finite_answer_is_told(alive: Pose, lively: nn.Module, attack: Attack, norm: Norm) -> None:
    clean = alive(norm).x

    def model(pixels: Tensor) -> Tensor:
        answer: Tensor = lively(pixels) if torch.equal(pixels, clean) else lively(pixels) / 0
        return answer

    with pytest.raises(GradientError, match="its answer to a picture nearby is not a finite number"):
        found(attack, alive(norm, model=model))


@every_attack
def test_epsilon_says_how_much_of_the_way_is_shown_and_does_not_change_what_is_found(
    alive: Pose, attack: Attack, norm: Norm
) -> None:
    small, large = (alive(norm, epsilon=epsilon) for epsilon in (1e-4, 1.0))
    assert torch.equal(found(attack, small)[-1].x, found(attack, large)[-1].x)
    *_, shown = run(attack, small)
    torch.testing.assert_close(sizes(small, shown), torch.full((4,), 1e-4, dtype=torch.float64))


def test_the_first_noise_is_uniform_at_every_value_and_later_noise_comes_in_squares(pose: Pose) -> None:
    seen: list[Tensor] = []

    def model(pixels: Tensor) -> Tensor:
        seen.append(pixels[0])
        return torch.stack([torch.ones(len(pixels)), torch.zeros(len(pixels))], 1)

    problem = pose(model=model, labels=torch.zeros(4).long())
    sources = tuple(torch.Generator().manual_seed(seed) for seed in problem.seeds)
    list(noisy_starts(problem, torch.arange(4), sources, 5))
    assert [len(set(noise.flatten().tolist())) for noise in seen] == [192, 48, 12, 3, 192]
    assert torch.equal(seen[1][:, ::2, ::2], seen[1][:, 1::2, 1::2])


@pytest.mark.parametrize(("tolerance", "count"), [(1.0, 0), (0.5, 1), (0.3, 2), (0.25, 2), (0.001, 10)])
def test_a_distance_is_halved_until_it_is_as_small_as_wanted(tolerance: float, count: int) -> None:
    assert halvings(tolerance) == count
