"""Attacks that find their own size: ε says how far along what they have found the picture is moved."""

from collections.abc import Callable, Generator, Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import engine.experiment
from engine.attacks import Problem, Step, limited, run_in_parts, search
from engine.attacks.budget import ball
from engine.attacks.ruling import FREE, Ruling
from engine.catalogue.attacks import DDN, Attack, CarliniWagner, DeepFool, Norm
from engine.catalogue.rules import Rules
from engine.frame import Frame, Stage, Verdict
from engine.job import Job
from engine.request import Request
from engine.robustness.epsilon import Sweep
from engine.walk import NOTHING_FOUND

Pose = Callable[..., Problem]

DEEPFOOL = Request(attack=DeepFool(candidates=3), norm=Norm.L2, epsilon=0.1)


@pytest.fixture
def bent() -> nn.Module:
    """A small network whose boundaries are curved, and near."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).double().eval()


@pytest.fixture
def problem(pose: Pose, bent: nn.Module) -> Callable[[Norm, float], Problem]:
    def posed(norm: Norm, epsilon: float) -> Problem:
        with torch.no_grad():
            return pose(model=bent, labels=bent(pose().x).argmax(1), norm=norm, epsilon=epsilon)

    return posed


def last(steps: Iterator[Step | None]) -> Step:
    *_, step = (each for each in steps if each is not None)
    return step


every_norm = pytest.mark.parametrize("norm", [Norm.L2, Norm.LINF])


@every_norm
def test_an_epsilon_above_what_was_found_gives_just_that(problem: Callable[[Norm, float], Problem], norm: Norm) -> None:
    found = last(search(DeepFool(), problem(norm, 1.0)))
    shown = last(run_in_parts(DeepFool(), problem(norm, 1.0)))
    assert torch.equal(shown.x, found.x)


@every_norm
def test_an_epsilon_below_it_gives_the_picture_that_far_along_the_way(
    problem: Callable[[Norm, float], Problem], norm: Norm
) -> None:
    posed = problem(norm, 0.003)
    found, shown = last(search(DeepFool(), posed)).x - posed.x, last(run_in_parts(DeepFool(), posed)).x - posed.x
    size = ball(norm).size(found)
    assert (size > 0.003).all()
    torch.testing.assert_close(shown, found * 0.003 / size)


def test_what_is_shown_nearer_comes_with_the_answer_to_it(
    problem: Callable[[Norm, float], Problem], bent: nn.Module
) -> None:
    shown = last(run_in_parts(DDN(steps=10), problem(Norm.L2, 0.02)))
    torch.testing.assert_close(shown.logits, bent(shown.x))


def test_a_step_within_epsilon_is_asked_no_second_time(problem: Callable[[Norm, float], Problem]) -> None:
    posed = problem(Norm.L2, 50.0)
    step = last(search(DeepFool(), posed))
    assert limited(posed, step) is step


def test_a_sweep_along_the_way_has_the_answers_of_the_single_pictures(pose: Pose, bent: nn.Module) -> None:
    at, asked = _problem_at(pose, bent)
    found = last(search(DeepFool(), at(torch.ones(1))))
    size = float((found.x - pose().x[:1]).norm())
    some = [0.0, 0.3 * size, 0.9 * size, 1.5 * size]
    asked.clear()
    answers = _end(Sweep(DeepFool(), at, 1.0, found.x).at(*some))
    assert asked == [(4, False)]  # one pass without gradient, and no search
    for epsilon, answer in zip(some, answers, strict=True):
        alone = last(run_in_parts(DeepFool(), at(torch.tensor([epsilon]))))
        torch.testing.assert_close(answer, alone.logits[0])
    unknowing = Sweep(DeepFool(), at, 1.0)
    torch.testing.assert_close(_end(unknowing.at(*some)), answers)
    asked.clear()
    torch.testing.assert_close(_end(unknowing.at(*some)), answers)
    assert asked == [(4, False)]  # what it has searched once, it knows


def test_on_the_8_bit_grid_a_sweep_has_the_pictures_that_are_shown(pose: Pose, bent: nn.Module) -> None:
    at, _ = _problem_at(pose, bent, Ruling(Rules(eight_bit=True)))
    moved = _end(Sweep(DeepFool(), at, 1.0).moved(0.03, 0.4))
    for epsilon, picture in zip((0.03, 0.4), moved, strict=True):
        shown = last(run_in_parts(DeepFool(), at(torch.tensor([epsilon]))))
        torch.testing.assert_close(picture, shown.x[0])
        levels = picture * 255
        torch.testing.assert_close(levels, levels.round())


Asked = list[tuple[int, bool]]


def _problem_at(pose: Pose, bent: nn.Module, ruling: Ruling = FREE) -> tuple[Callable[[Tensor], Problem], Asked]:
    """The first picture, on the 8-bit grid, at any ε; and of how many pictures, and whether with gradients, it asks."""
    x = (pose().x[:1] * 255).round() / 255
    label = int(bent(x).argmax(1))
    asked: Asked = []

    def noting(pixels: Tensor) -> Tensor:
        asked.append((len(pixels), pixels.requires_grad))
        answer: Tensor = bent(pixels)
        return answer

    def at(epsilons: Tensor) -> Problem:
        return pose(
            model=noting,
            x=x.expand(len(epsilons), -1, -1, -1),
            labels=torch.full((len(epsilons),), label),
            norm=Norm.L2,
            epsilon=epsilons.double().view(-1, 1, 1, 1),
            seeds=(0,) * len(epsilons),
            ruling=ruling,
        )

    return at, asked


def _end(steps: Generator[None, None, Tensor]) -> Tensor:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: Tensor = end.value
            return value


# In the application


@pytest.fixture(scope="module")
def job() -> Job:
    return Job()


def until(job: Job, request: Request, stage: Stage) -> Frame:
    frames = job.run(request)
    found = next(frame for frame in frames if frame.stage >= stage or frame.failure is not None)
    frames.close()  # type: ignore[attr-defined]
    assert found.failure is None
    return found


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Attack]:
    """Every search that is begun."""
    begun: list[Attack] = []

    def noted(attack: Attack, problem: Problem) -> Iterator[Step | None]:
        begun.append(attack)
        return search(attack, problem)

    monkeypatch.setattr(engine.experiment, "search", noted)
    monkeypatch.setattr("engine.robustness.epsilon.search", noted)
    return begun


def test_dragging_epsilon_does_not_search_again_and_the_size_found_stays(job: Job, searches: list[Attack]) -> None:
    frames = [until(job, DEEPFOOL.with_(epsilon=epsilon), Stage.ATTACKED) for epsilon in (0.1, 0.02, 5.0, 0.0)]
    assert len(searches) == 1
    found = {frame.attacked.found for frame in frames if frame.attacked}
    assert len(found) == 1
    (size,) = found
    assert size is not None
    assert 0.02 < size < 5.0
    shown = [frame.attacked.l2 for frame in frames if frame.attacked]
    assert shown == pytest.approx([min(0.1, size), 0.02, size, 0.0], rel=1e-4, abs=1e-6)
    verdicts = [frame.attacked.verdict for frame in frames if frame.attacked]
    assert verdicts[1:] == [Verdict.HOLDS, Verdict.FOOLED, Verdict.HOLDS]


def test_curve_and_smallest_epsilon_run_along_what_was_found_without_another_search(
    job: Job, searches: list[Attack]
) -> None:
    request = DEEPFOOL.with_(attack=DeepFool(candidates=2), views=frozenset({"curve"}))
    *_, frame = job.run(request)
    assert len(searches) == 1
    assert frame.curve is not None
    assert frame.attacked is not None
    assert frame.attacked.found is not None
    assert frame.before is not None
    assert frame.flip is not None
    assert frame.flip.epsilon is not None
    label, size = frame.before.label, frame.attacked.found
    assert frame.flip.epsilon == pytest.approx(size, rel=0.25)
    assert frame.flip.epsilon <= size + frame.flip.limit / engine.experiment.SEARCH_STEPS
    changed = frame.curve.probabilities.argmax(1) != label
    assert not changed[frame.curve.epsilons < 0.5 * size].any()
    assert changed[frame.curve.epsilons > size].all()
    beyond = frame.curve.probabilities[frame.curve.epsilons > size]
    assert np.ptp(beyond, axis=0).max() < 1e-5  # at most all the way


def test_the_iterates_may_be_looked_at_again_each_as_near_as_epsilon_wants_it(job: Job) -> None:
    whole = until(job, DEEPFOOL.with_(epsilon=100.0), Stage.ATTACKED)
    assert whole.attacked is not None
    assert whole.trace is not None
    assert whole.attacked.step == whole.attacked.steps == len(whole.trace.loss) - 1
    for index in range(len(whole.trace.loss)):
        far = until(job, DEEPFOOL.with_(epsilon=100.0, iterate=index), Stage.ATTACKED).attacked
        near = until(job, DEEPFOOL.with_(epsilon=0.01, iterate=index), Stage.ATTACKED).attacked
        assert far is not None
        assert near is not None
        assert far.step == near.step == index
        assert far.l2 == pytest.approx(float(whole.trace.l2[index]), rel=1e-5, abs=1e-7)
        assert near.l2 == pytest.approx(min(0.01, far.l2), rel=1e-3)
    assert until(job, DEEPFOOL.with_(iterate=0), Stage.ATTACKED).attacked.found is None  # type: ignore[union-attr]


def test_a_search_that_was_left_in_the_middle_goes_on_at_another_epsilon(job: Job, searches: list[Attack]) -> None:
    request = Request(attack=DDN(steps=4), norm=Norm.L2, epsilon=0.3)
    until(job, request, Stage.ATTACKING)
    frames = [each for each in job.run(request.with_(epsilon=0.1)) if each.stage is Stage.ATTACKING]
    assert len(searches) == 1
    steps = [each.attacked.step for each in frames if each.attacked]
    assert steps == [1, 2, 3, 4, 5]
    assert all(later == step + 1 for step, later in pairwise(steps))
    assert max(each.attacked.l2 for each in frames if each.attacked) <= 0.1 + 1e-5


def test_a_search_that_finds_nothing_says_so_and_leaves_the_picture(job: Job) -> None:
    request = Request(attack=CarliniWagner(steps=1, searches=1), norm=Norm.L2, epsilon=1.0)
    frame = until(job, request, Stage.ATTACKED)
    assert frame.attacked is not None
    assert frame.attacked.found is None
    assert frame.attacked.l2 == 0
    assert NOTHING_FOUND in frame.notes


def test_a_first_step_that_takes_long_may_be_left_before_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def pondering(attack: Attack, problem: Problem) -> Iterator[Step | None]:
        yield None
        yield None
        yield from search(attack, problem)

    monkeypatch.setattr(engine.experiment, "search", pondering)
    job, request = Job(), Request(attack=DDN(steps=1), norm=Norm.L2, epsilon=0.3)
    stages = [frame.stage for frame in job.run(request)]
    assert stages.count(Stage.PREDICTED) == 3
    assert stages[-1] is Stage.DONE
    assert sorted(stages) == stages
