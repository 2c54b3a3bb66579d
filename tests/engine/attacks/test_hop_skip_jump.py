"""HopSkipJump: the authors' algorithm in NumPy with the same draws, exact distances, and Foolbox."""

from collections.abc import Callable
from collections.abc import Generator as Steps

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from engine.attacks import Problem, Step, search
from engine.attacks.decision import blended
from engine.attacks.hop_skip_jump import border_tolerance, felt_slope, reach_of
from engine.catalogue.attacks import HopSkipJump, Norm

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

every_norm = pytest.mark.parametrize("norm", [Norm.L2, Norm.LINF])


def found(attack: HopSkipJump, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def result(steps: Steps[None, None, Tensor]) -> Tensor:
    """What a generator returns at its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            returned: Tensor = end.value
            return returned


def size(delta: Array, norm: Norm) -> float:
    return float(np.abs(delta).max() if norm is Norm.LINF else np.sqrt((delta**2).sum()))


class ByHand:
    """Algorithms 1 and 2 for one picture in NumPy, with our draws; its numbers are those of the authors' program."""

    def __init__(self, problem: Problem, samples: int) -> None:
        self.problem, self.samples = problem, samples
        self.x: Array = problem.x[0].numpy()
        self.norm, self.d = problem.norm, self.x.size
        self.theta = self.d**-1.5 if self.norm is Norm.L2 else float(self.d) ** -2
        self.source = Generator().manual_seed(problem.seeds[0])

    def phi(self, x: Array) -> bool:
        answer = int(self.problem.model(torch.from_numpy(x)[None]).argmax(1))
        label = int(self.problem.labels[0])
        return answer == label if self.problem.targeted else answer != label

    def draw(self) -> Array:
        if self.norm is Norm.L2:
            drawn = torch.randn(self.x.shape, generator=self.source, dtype=torch.float64).numpy()
        else:
            drawn = torch.rand(self.x.shape, generator=self.source, dtype=torch.float64).numpy() * 2 - 1
        unit: Array = drawn / np.sqrt((drawn**2).sum())
        return unit

    def run(self, steps: int) -> list[Array]:
        far: Array = torch.rand(self.x.shape, generator=self.source, dtype=torch.float64).numpy()
        assert self.phi(far)
        x = self.binary_search(far)
        shown, delta = [x], 0.1
        for t in range(1, steps + 1):
            v = self.estimate(x, delta, int(self.samples * np.sqrt(t)))
            v = np.sign(v) if self.norm is Norm.LINF else v / np.sqrt((v**2).sum())
            xi = size(x - self.x, self.norm) / np.sqrt(t)
            while not self.phi(np.clip(x + xi * v, 0, 1)):
                xi /= 2
            far = np.clip(x + xi * v, 0, 1)
            x = self.binary_search(far)
            shown.append(x)
            # √d θ in L2 and d θ in L∞, times the distance before the search.
            factor = np.sqrt(self.d) if self.norm is Norm.L2 else self.d
            delta = float(factor * self.theta * size(far - self.x, self.norm))
        return shown

    def project(self, far: Array, share: float) -> Array:
        if self.norm is Norm.L2:
            return (1 - share) * self.x + share * far
        reach = share * size(far - self.x, self.norm)
        return np.clip(far, self.x - reach, self.x + reach)

    def binary_search(self, far: Array) -> Array:
        low, high = 0.0, 1.0
        while high - low > self.theta:
            middle = (low + high) / 2
            if self.phi(self.project(far, middle)):
                high = middle
            else:
                low = middle
        return self.project(far, high)

    def estimate(self, x: Array, delta: float, count: int) -> Array:
        points = [np.clip(x + delta * self.draw(), 0, 1) for _ in range(count)]
        u = np.stack([(point - x) / delta for point in points])
        phi = np.array([1.0 if self.phi(point) else -1.0 for point in points])
        mean = phi.mean()
        if abs(mean) != 1:
            phi = phi - mean
        total: Array = (phi[:, None, None, None] * u).mean(0)
        return total


@pytest.mark.parametrize("targeted", [False, True])
@every_norm
def test_every_step_is_that_of_the_papers_algorithm_with_the_same_draws(
    pose: Pose, lively: nn.Module, norm: Norm, targeted: bool
) -> None:
    x = pose().x[2:3]
    labels = torch.ones(1).long() if targeted else lively(x).argmax(1)
    problem = pose(model=lively, x=x, norm=norm, labels=labels, targeted=targeted, seeds=(3,))
    _, *steps, best = found(HopSkipJump(steps=5, samples=15), problem)
    with torch.no_grad():
        by_hand = ByHand(problem, 15).run(5)
    for step, expected in zip(steps, by_hand, strict=True):
        np.testing.assert_allclose(step.x[0].numpy(), expected, rtol=0, atol=1e-9)
    nearest = min(by_hand, key=lambda each: size(each - problem.x[0].numpy(), norm))
    np.testing.assert_allclose(best.x[0].numpy(), nearest, rtol=0, atol=1e-9)


def linear(bias: float) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    weights = torch.randn(48, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        rise = (pixels - 0.5).flatten(1) @ weights
        return torch.stack([torch.full_like(rise, bias), rise], 1)

    return weights, model


@every_norm
def test_on_a_linear_network_it_comes_near_the_exact_distance(pose: Pose, norm: Norm) -> None:
    weights, model = linear(0.5)
    x = torch.full((3, 3, 4, 4), 0.5, dtype=torch.float64)
    last = found(HopSkipJump(steps=20), pose(model=model, x=x, norm=norm, labels=torch.zeros(3).long()))[-1]
    exact = 0.5 / float(weights.norm() if norm is Norm.L2 else weights.abs().sum())
    share = torch.tensor([size(each.numpy(), norm) / exact for each in last.x - x])
    assert (share > 1).all()
    assert (share < 1.05).all()


@every_norm
def test_what_is_felt_is_the_slope_of_the_border(pose: Pose, norm: Norm) -> None:
    weights, model = linear(0.0)
    x = torch.full((1, 3, 4, 4), 0.5, dtype=torch.float64)
    problem = pose(model=model, x=x, norm=norm, labels=torch.zeros(1).long(), seeds=(2,))
    reach = torch.full((1, 1, 1, 1), 0.01, dtype=torch.float64)
    slope = result(felt_slope(problem, x, reach, 3000, (Generator().manual_seed(2),))).flatten()
    assert torch.dot(slope, weights) / slope.norm() / weights.norm() > 0.98


@every_norm
def test_it_finds_changes_as_small_as_foolbox_does(pose: Pose, lively: nn.Module, norm: Norm) -> None:
    """Theirs takes the reach from the distance after the search, where the paper has that before."""
    foolbox = pytest.importorskip("foolbox")
    x = torch.rand(8, 3, 8, 8, generator=Generator().manual_seed(4), dtype=torch.float64)
    labels = lively(x).argmax(1)
    problem = pose(model=lively, x=x, norm=norm, labels=labels, seeds=tuple(range(8)))
    *_, last = found(HopSkipJump(steps=10, samples=40), problem)
    start = found(HopSkipJump(steps=1, samples=2), problem)[1].x
    torch.manual_seed(0)
    theirs = foolbox.attacks.HopSkipJumpAttack(
        steps=10, initial_gradient_eval_steps=40, constraint="linf" if norm is Norm.LINF else "l2"
    ).run(
        foolbox.PyTorchModel(lively, bounds=(0, 1), device="cpu"),
        x,
        foolbox.criteria.Misclassification(labels),
        starting_points=start,
    )
    ours_size, their_size = (
        np.median([size(each.numpy(), norm) for each in found_ - x]) for found_ in (last.x, theirs)
    )
    assert 0.7 < ours_size / their_size < 1.3


def test_the_reach_is_the_papers_where_the_type_is_fine_enough_and_never_too_fine_for_it() -> None:
    values = 3 * 224 * 224
    for dtype, expected in ((torch.float64, 2.0 / values), (torch.float32, 16 * 2.0**-23 * values**0.5)):
        reach = float(reach_of(torch.full((1, 1, 1, 1), 2.0, dtype=dtype), values))
        assert reach == pytest.approx(expected)


def test_the_border_is_found_as_closely_as_the_paper_says() -> None:
    assert border_tolerance(100, Norm.L2) == pytest.approx(1e-3)
    assert border_tolerance(100, Norm.LINF) == pytest.approx(1e-4)


def test_going_back_leaves_a_share_of_the_distance_in_both_norms(pose: Pose) -> None:
    far = torch.rand(4, 3, 8, 8, generator=Generator().manual_seed(0), dtype=torch.float64)
    share = torch.tensor([0.0, 0.25, 0.7, 1.0], dtype=torch.float64).view(-1, 1, 1, 1)
    for norm in (Norm.L2, Norm.LINF):
        problem = pose(norm=norm)
        near = blended(problem, far, share)
        for place in range(4):
            before, after = (size((each - problem.x)[place].numpy(), norm) for each in (far, near))
            assert after == pytest.approx(float(share[place]) * before)
        assert torch.equal(near[3], far[3])


def test_where_no_jump_lands_on_the_wrong_side_the_picture_stays_on_the_border(pose: Pose) -> None:
    """Only the noise itself is of another class: there is no way off it."""
    noise: list[Tensor] = []

    def model(pixels: Tensor) -> Tensor:
        if len(noise) < 2:
            noise.append(pixels)
        is_noise = torch.tensor([len(noise) == 2 and torch.equal(each, noise[1][0]) for each in pixels])
        return torch.stack([torch.full((len(pixels),), 0.5), is_noise.float()], 1)

    x = pose().x[:1]
    _, start, *_, last = found(
        HopSkipJump(steps=2, samples=4), pose(model=model, x=x, norm=Norm.L2, labels=torch.zeros(1).long())
    )
    assert torch.equal(start.x, noise[1])
    assert torch.equal(last.x, noise[1])
