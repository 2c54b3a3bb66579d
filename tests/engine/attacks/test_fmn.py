"""FMN against two libraries, the way the paper has it, and against the exact distances of a linear network."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Step, fmn, search
from engine.attacks.budget import ball
from engine.attacks.hyperplane import Plane, way_onto
from engine.catalogue.attacks import FMN, Norm

foolbox = pytest.importorskip("foolbox")
eagerpy = pytest.importorskip("eagerpy")

Pose = Callable[..., Problem]
Linear = Any
every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2, Norm.L1, Norm.L0])
either_way = pytest.mark.parametrize("targeted", [False, True])

STEPS = 30


@pytest.fixture
def as_in_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing is found, the ball reaches just to where the boundary is taken to be."""
    monkeypatch.setattr(fmn.Radius, "_further", lambda _, reach, _grown: reach)


def bent() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5))
    return network.double().eval()


class Bowl(nn.Module):
    """Two classes, the first within a bent boundary: from inside, the way there always looks too long."""

    weights: Tensor

    def __init__(self) -> None:
        super().__init__()
        source = torch.Generator().manual_seed(1)
        self.register_buffer("weights", torch.randn(64, 6, generator=source, dtype=torch.float64) / 4)

    def forward(self, pixels: Tensor) -> Tensor:
        height = 9 - nn.functional.softplus(2 * pixels.flatten(1) @ self.weights).sum(1)
        return torch.stack([height, -height], 1)


def aims(network: nn.Module, x: Tensor, targeted: bool) -> Tensor:
    """The classes that the network answers with, or towards a target the second likeliest ones."""
    with torch.no_grad():
        ranks: Tensor = network(x).topk(2, 1).indices
    return ranks[:, int(targeted)]


def steps_of(attack: FMN, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def smallest(steps: list[Step], problem: Problem, latest: bool = False) -> Tensor:
    """Of those iterates that do what they should, the smallest change of each picture; of equal ones the first."""
    best, size = problem.x.clone(), torch.full_like(problem.x[:, 0, 0, 0], torch.inf)
    for step in steps:
        answers = step.logits.argmax(1)
        does = (answers == problem.labels) if problem.targeted else (answers != problem.labels)
        sizes = ball(problem.norm).size(step.x - problem.x).flatten()
        better = does & ((sizes <= size) if latest else (sizes < size))
        best[better], size[better] = step.x[better], sizes[better]
    return best


def onto_cut(change: Tensor, x0: Tensor, epsilon: Tensor) -> Tensor:
    """The nearest change to ``change`` with Σ|δ| ≤ ε and x0 + δ in [0, 1], by bisection."""
    room = torch.where(change > 0, 1 - x0, x0)
    low, high = torch.zeros_like(change[:, :1, :1, :1]), change.abs().amax((1, 2, 3), keepdim=True)
    sizes = change.abs()
    for _ in range(80):
        middle = (low + high) / 2
        sizes = torch.minimum((change.abs() - middle).clamp(min=0), room)
        is_large = sizes.sum((1, 2, 3), keepdim=True) > epsilon.view(-1, 1, 1, 1)
        low, high = torch.where(is_large, middle, low), torch.where(is_large, high, middle)
    is_inside = torch.minimum(change.abs(), room).sum((1, 2, 3), keepdim=True) <= epsilon.view(-1, 1, 1, 1)
    return change.sign() * torch.where(is_inside, torch.minimum(change.abs(), room), sizes)


class WholeL1(foolbox.attacks.L1FMNAttack):  # type: ignore[misc,name-defined]
    """foolbox's, which follows the paper in cutting to [0, 1] afterwards, with the projection onto both at once."""

    def project(self, x: Any, x0: Any, epsilon: Any) -> Any:
        return x0 + eagerpy.astensor(onto_cut((x - x0).raw, x0.raw, epsilon.raw))


class MendedL2(foolbox.attacks.L2FMNAttack):  # type: ignore[misc,name-defined]
    """foolbox's, which divides a norm by itself and so never projects, with the projection of the paper."""

    def project(self, x: Any, x0: Any, epsilon: Any) -> Any:
        change = x - x0
        norms = eagerpy.maximum(change.flatten(start=1).norms.l2(axis=-1), 1e-12)
        return x0 + change * eagerpy.minimum(1, epsilon / norms).reshape((-1, 1, 1, 1))


class MendedL0(foolbox.attacks.L0FMNAttack):  # type: ignore[misc,name-defined]
    """foolbox's, which keeps one value more than ε."""

    def project(self, x: Any, x0: Any, epsilon: Any) -> Any:
        return super().project(x, x0, epsilon - 1)


OF_FOOLBOX = {
    Norm.LINF: foolbox.attacks.LInfFMNAttack,
    Norm.L2: MendedL2,
    Norm.L1: WholeL1,
    Norm.L0: MendedL0,
}


def assert_same(ours: Tensor, theirs: Tensor, problem: Problem) -> None:
    """Of several iterates of the same size rounding decides which is the smallest, so that pictures may differ more."""
    sizes = [ball(problem.norm).size(each - problem.x) for each in (ours, theirs)]
    assert sizes[0].min() > 1e-3
    torch.testing.assert_close(*sizes, rtol=0, atol=1e-7)  # some of theirs is in single precision
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.usefixtures("as_in_the_paper")
@either_way
@every_norm
def test_the_smallest_of_the_first_n_iterates_is_that_of_foolbox(pose: Pose, norm: Norm, targeted: bool) -> None:
    network = Bowl()
    x = pose().x[:, :1] * 0.6 + 0.2  # of one channel, so that values are pixels
    problem = pose(model=network, x=x, labels=torch.full((4,), int(targeted)), norm=norm, targeted=targeted)
    model = foolbox.PyTorchModel(network.eval(), bounds=(0, 1), device="cpu")
    kind = foolbox.criteria.TargetedMisclassification if targeted else foolbox.criteria.Misclassification
    theirs = OF_FOOLBOX[norm](steps=STEPS).run(model, x, kind(problem.labels))
    ours = smallest(steps_of(FMN(steps=STEPS), problem)[:STEPS], problem, latest=True)
    assert_same(ours, theirs, problem)


@pytest.fixture
def adv_lib(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setitem(sys.modules, "visdom", ModuleType("visdom"))  # only draws
    return pytest.importorskip("adv_lib.attacks.fast_minimum_norm")  # type: ignore[no-any-return]


@pytest.mark.usefixtures("as_in_the_paper")
@either_way
@every_norm
def test_the_smallest_of_the_first_n_iterates_is_that_of_adv_lib(
    pose: Pose, adv_lib: Any, norm: Norm, targeted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if norm is Norm.L2:
        # Theirs also stretches changes that are shorter than ε, and holds their values, not the factor, below 1.
        # The paper and its authors' program bring them onto the ball only from outside.
        def project(δ: Tensor, ε: Tensor) -> Tensor:  # noqa: PLC2401
            return δ.mul_((ε / δ.flatten(1).norm(dim=1)).clamp(max=1).view(-1, 1, 1, 1))

        monkeypatch.setattr(adv_lib, "l2_projection_", project)
    network = Bowl()
    x = pose().x[:, :1] * 0.6 + 0.2
    if norm is Norm.L1:

        def project_both(δ: Tensor, ε: Tensor) -> Tensor:  # noqa: PLC2401
            return δ.copy_(onto_cut(δ, x, ε))

        monkeypatch.setattr(adv_lib, "l1_projection_", project_both)
    problem = pose(model=network, x=x, labels=torch.full((4,), int(targeted)), norm=norm, targeted=targeted)
    p = {Norm.LINF: float("inf"), Norm.L2: 2, Norm.L1: 1, Norm.L0: 0}[norm]
    theirs = adv_lib.fmn(network, x.clone(), problem.labels, norm=p, targeted=targeted, steps=STEPS)
    ours = smallest(steps_of(FMN(steps=STEPS), problem)[:STEPS], problem)
    assert_same(ours, theirs, problem)


def exact_distance(linear: Linear, problem: Problem) -> Tensor:
    """To the nearest boundary of a linear network, within [0, 1], (N,); towards a target to where it leads."""
    weights, logits = torch.from_numpy(linear.weights), linear(problem.x)
    places = torch.arange(len(problem.x))
    found = []
    for other in range(len(weights)):
        normal = (weights[other] - weights[problem.labels]).view_as(problem.x)
        value = logits[:, other] - logits[places, problem.labels]
        size = ball(problem.norm).size(way_onto(Plane(normal, problem.x, value), problem.x, problem.norm)).flatten()
        size[problem.labels == other] = torch.inf
        found.append(size)
    return torch.stack(found).amin(0)


@pytest.mark.parametrize(("norm", "within"), [(Norm.LINF, 1.01), (Norm.L2, 1.01), (Norm.L1, 1.05)])
def test_on_a_linear_network_the_change_is_hardly_larger_than_the_exact_distance(
    pose: Pose, linear: Linear, norm: Norm, within: float
) -> None:
    """foolbox, which does not project in L2, is eight times as far away here."""
    x = pose().x * 0.6 + 0.2
    problem = pose(model=linear, x=x, labels=linear(x).argmax(1), norm=norm)
    end = steps_of(FMN(), problem)[-1]
    ratio = ball(norm).size(end.x - x).flatten() / exact_distance(linear, problem)
    assert (ratio >= 1 - 1e-9).all()
    assert (ratio <= within).all()


def test_on_a_linear_network_hardly_more_pixels_are_changed_than_need_be(pose: Pose, linear: Linear) -> None:
    """The fewest are counted by giving the pixels all their room, those that gain most first."""
    x = pose().x
    labels = linear(x).argmax(1)
    end = steps_of(FMN(steps=300), pose(model=linear, x=x, labels=labels, norm=Norm.L0))[-1]
    assert (end.logits.argmax(1) != labels).all()
    changed = (end.x != x).any(1).flatten(1).sum(1)
    logits, weights = linear(x), torch.from_numpy(linear.weights)
    for place, label in enumerate(labels):
        needed = []
        for other in set(range(4)) - {int(label)}:
            normal = (weights[other] - weights[label]).view(3, 8, 8)
            gains = (normal * torch.where(normal > 0, 1 - x[place], -x[place])).sum(0).flatten().sort(descending=True)
            gap = logits[place, label] - logits[place, other]
            needed.append(int((gains.values.cumsum(0) < gap).sum()) + 1)
        assert min(needed) <= int(changed[place]) <= min(needed) + 2


@every_norm
def test_the_end_shows_the_smallest_of_all_iterates_the_last_included(pose: Pose, norm: Norm) -> None:
    network = bent()
    problem = pose(model=network, labels=aims(network, pose().x, False), norm=norm)
    *iterates, end = steps_of(FMN(steps=12), problem)
    assert len(iterates) == 13
    assert torch.equal(end.x, smallest(iterates, problem))


def test_pictures_that_are_wrong_as_they_are_need_no_search(pose: Pose) -> None:
    network = bent()
    labels = (aims(network, pose().x, False) + 1) % 5
    first, last = steps_of(FMN(), pose(model=network, labels=labels))
    assert torch.equal(first.x, pose().x)
    assert torch.equal(last.x, pose().x)


@every_norm
def test_where_no_gradient_shows_a_way_the_picture_stays_and_it_is_told(pose: Pose, norm: Norm) -> None:
    def flat(pixels: Tensor) -> Tensor:
        return torch.stack([1 + 0 * pixels.sum((1, 2, 3)), 0 * pixels.sum((1, 2, 3))], 1)

    problem = pose(model=flat, labels=torch.zeros(4).long(), norm=norm)
    for step in steps_of(FMN(steps=4), problem):
        assert torch.equal(step.x, problem.x)
        assert step.flat is None or step.flat.all()


@every_norm
def test_the_boundary_is_crossed_though_it_bends_away_and_values_are_cut(pose: Pose, norm: Norm) -> None:
    network = bent()
    x = torch.rand(16, 3, 8, 8, generator=torch.Generator().manual_seed(4), dtype=torch.float64).round()
    problem = pose(model=network, x=x, labels=aims(network, x, False), norm=norm)
    end = steps_of(FMN(), problem)[-1]
    assert (end.logits.argmax(1) != problem.labels).all()
