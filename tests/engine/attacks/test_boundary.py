"""The boundary attack: the walk of Foolbox with the same draws, and the exact distance on a linear network."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Step, search
from engine.attacks.boundary import Gait, Tally, proposals
from engine.catalogue.attacks import Boundary, Norm

Pose = Callable[..., Problem]


def found(attack: Boundary, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


class TestAgainstFoolbox:
    """Foolbox's walk from our start with our draws. It shares a draw in the batch, so pictures go one by one."""

    @pytest.fixture
    def foolbox(self) -> Any:
        return pytest.importorskip("foolbox")

    @pytest.mark.parametrize(
        ("place", "steps"), [(0, 1010), (1, 310), (2, 310)]
    )  # some steps adapt after 300, all after 1000
    def test_the_walk_is_the_same_and_adapts_in_the_same_way(
        self, foolbox: Any, pose: Pose, lively: nn.Module, monkeypatch: pytest.MonkeyPatch, place: int, steps: int
    ) -> None:
        x = pose().x[place : place + 1]
        problem = pose(model=lively, x=x, norm=Norm.L2, labels=lively(x).argmax(1), seeds=(3,))
        ours = found(Boundary(steps=steps), problem)

        source = torch.Generator().manual_seed(3)
        noise = torch.rand(x.shape[1:], generator=source, dtype=torch.float64)  # the start has used this
        assert lively(noise[None]).argmax(1) != problem.labels
        kind = type(__import__("eagerpy").astensor(x))

        def draw(like: Any, shape: Any, mean: float = 0.0, stddev: float = 1.0) -> Any:
            return kind(torch.randn(shape, generator=source, dtype=torch.float64))

        monkeypatch.setattr(kind, "normal", draw)
        theirs = foolbox.attacks.BoundaryAttack(steps=steps).run(
            foolbox.PyTorchModel(lively, bounds=(0, 1), device="cpu"),
            x,
            foolbox.criteria.Misclassification(problem.labels),
            starting_points=ours[1].x,
        )
        assert (ours[1].x - x).norm() > (ours[-1].x - x).norm()
        torch.testing.assert_close(ours[-1].x, theirs, rtol=0, atol=1e-9)


def test_on_a_linear_network_it_comes_near_the_exact_distance(pose: Pose) -> None:
    weights = torch.randn(2, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = torch.full((4, 3, 2, 2), 0.5, dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        return (pixels - 0.5).flatten(1) @ weights.T + torch.tensor([0.3, 0.0], dtype=torch.float64)

    problem = pose(model=model, x=x, norm=Norm.L2, labels=torch.zeros(4).long())
    last = found(Boundary(steps=1200, sideways=0.1, inwards=0.05), problem)[-1]
    exact = 0.3 / (weights[1] - weights[0]).norm()
    share = (last.x - x).flatten(1).norm(dim=1) / exact
    assert (share > 1).all()
    assert (share < 1.05).all()


def test_the_walk_never_gets_further_away_and_every_step_is_one_query_and_every_tenth_two(
    pose: Pose, lively: nn.Module
) -> None:
    x = pose().x[:1]
    _, *steps, _ = found(
        Boundary(steps=30), pose(model=lively, x=x, norm=Norm.L2, labels=lively(x).argmax(1), seeds=(3,))
    )
    distances = torch.stack([(step.x - x).norm() for step in steps])
    assert (distances.diff() <= 0).all()
    queries = torch.tensor([step.queries for step in steps])
    assert queries.diff().tolist() == [2 if index % 10 == 0 else 1 for index in range(1, 31)]


def test_a_proposal_lies_on_the_sphere_and_the_other_nearer_by_the_inward_step() -> None:
    source = torch.Generator().manual_seed(0)
    clean = torch.full((3, 3, 8, 8), 0.5, dtype=torch.float64)
    x = clean + 0.01 * torch.randn(clean.shape, generator=source, dtype=torch.float64)
    gaussian = torch.randn(clean.shape, generator=source, dtype=torch.float64)
    gait = Gait(torch.ones(3, dtype=torch.float64), 0.2, 0.05)
    aside, nearer = proposals(clean, x, (x - clean).flatten(1).norm(dim=1).view(-1, 1, 1, 1), gaussian, gait)
    before, after, last = ((each - clean).flatten(1).norm(dim=1) for each in (x, aside, nearer))
    torch.testing.assert_close(after, before)
    torch.testing.assert_close(last, 0.95 * before)
    angle = ((aside - clean) * (x - clean)).flatten(1).sum(1) / before / after
    torch.testing.assert_close(angle, torch.full((3,), 1 / (1 + 0.2**2) ** 0.5, dtype=torch.float64))


def test_steps_become_longer_where_many_succeed_and_shorter_where_few_do_and_then_wait_again() -> None:
    tally = Tally(torch.ones(3), 4, 0.25, 0.5)
    answers = torch.tensor([[1, 0, 0], [1, 0, 1], [1, 0, 0], [0, 0, 1]]).bool()
    factors = [tally.factor(each).tolist() for each in (*answers, *answers[:1])]
    assert factors[:3] == [[1, 1, 1]] * 3
    assert factors[3] == pytest.approx([1.5, 1 / 1.5, 1])
    assert factors[4] == [1, 1, 1]


def test_a_picture_whose_steps_have_become_tiny_is_at_the_end(pose: Pose, lively: nn.Module) -> None:
    gait = Gait(torch.ones(2), 0.01, 1.2e-7)
    assert not gait.is_converged.any()
    for _ in range(30):
        gait.adapt(torch.tensor([True, True]), torch.tensor([False, True]))
    assert gait.is_converged.tolist() == [True, False]
    ended = float(gait.inwards[0])
    gait.adapt(torch.tensor([True, True]), torch.tensor([True, True]))
    assert float(gait.inwards[0]) == ended
