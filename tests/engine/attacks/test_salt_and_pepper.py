"""Salt and pepper: Foolbox's search with the same draws, and what its noise is like."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Step, search
from engine.attacks.salt_and_pepper import Amount
from engine.catalogue.attacks import Norm, SaltAndPepper

Pose = Callable[..., Problem]


def found(problem: Problem, steps: int) -> list[Step]:
    return [step for step in search(SaltAndPepper(steps=steps), problem) if step is not None]


def away(pose: Pose, network: nn.Module, **given: Any) -> Problem:
    """Away from what every picture is seen as."""
    x = given.pop("x", pose().x)
    return pose(**({"model": network, "x": x, "labels": network(x).argmax(1), "norm": Norm.L2} | given))


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_the_smallest_change_is_that_of_foolbox_with_the_same_draws(
    pose: Pose, lively: nn.Module, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    foolbox = pytest.importorskip("foolbox")
    problem = away(pose, lively, x=pose().x[place : place + 1], seeds=(8,))
    source = torch.Generator().manual_seed(8)
    kind = type(__import__("eagerpy").astensor(problem.x))

    def draw(like: Any, shape: Any, low: float = 0.0, high: float = 1.0) -> Any:
        return kind(torch.rand(shape, generator=source, dtype=torch.float64))

    monkeypatch.setattr(kind, "uniform", draw)
    theirs = foolbox.attacks.SaltAndPepperNoiseAttack(steps=120).run(
        foolbox.PyTorchModel(lively, bounds=(0, 1), device="cpu"),
        problem.x,
        foolbox.criteria.Misclassification(problem.labels),
    )
    assert not torch.equal(theirs, problem.x)
    torch.testing.assert_close(found(problem, 120)[-1].x, theirs, rtol=0, atol=1e-12)


def test_the_noise_is_white_and_black_pixels_in_all_channels_and_grows_until_the_answer_changes(
    pose: Pose, lively: nn.Module
) -> None:
    x = torch.full((1, 3, 16, 16), 0.5, dtype=torch.float64)
    counts = []

    def stubborn(pixels: Tensor) -> Tensor:
        changed = (pixels != 0.5).flatten(2).sum(2)
        assert torch.equal(changed.amin(1), changed.amax(1))  # a pixel goes in all its channels
        counts.append(int(changed[0, 0]))
        return torch.stack([torch.ones(len(pixels)), (changed[:, 0] >= 100).float() * 2], 1)

    problem = pose(model=stubborn, x=x, norm=Norm.L0, labels=torch.zeros(1).long())
    clean, *steps, last = found(problem, 100)
    first = next(step.index for step in steps if step.logits.argmax() == 1)
    assert counts[: first + 1 : 10] == sorted(counts[: first + 1 : 10])
    assert 30 < first < 50  # at a hundredth of 256 pixels more in every step
    for step in steps:
        assert set(step.x.flatten().tolist()) <= {0.0, 0.5, 1.0}
    assert 100 <= int((last.x != x).any(1).sum()) <= counts[first]
    assert torch.equal(clean.x, x)


@pytest.mark.parametrize("norm", SaltAndPepper.norms)
def test_the_smallest_in_the_norm_that_is_asked_for_comes_last(pose: Pose, lively: nn.Module, norm: Norm) -> None:
    problem = away(pose, lively, norm=norm)
    *steps, last = found(problem, 60)
    order = {Norm.L0: 0, Norm.L1: 1, Norm.L2: 2}[norm]
    for place in range(4):
        sizes = [
            float(torch.linalg.vector_norm(change.any(0).double() if order == 0 else change, order))
            for step in [*steps, last]
            if step.logits[place].argmax() != problem.labels[place]
            for change in [(step.x - problem.x)[place]]
        ]
        assert len(sizes) > 2
        assert sizes[-1] == min(sizes)


def test_a_step_is_one_query_and_a_picture_that_is_seen_so_already_stays(pose: Pose, lively: nn.Module) -> None:
    problem = away(pose, lively)
    assert [step.queries for step in found(problem, 5)] == [1, 2, 3, 4, 5, 6, 6]
    seen_so = away(pose, lively, labels=torch.full((4,), 2))
    steps = found(seen_so, 5)
    assert [step.queries for step in steps] == [1, 1]
    assert torch.equal(steps[-1].x, seen_so.x)


def test_where_no_noise_changes_the_answer_the_clean_picture_comes_last(pose: Pose) -> None:
    def constant(pixels: Tensor) -> Tensor:
        return torch.stack([torch.ones(len(pixels)), torch.zeros(len(pixels))], 1)

    problem = pose(model=constant, norm=Norm.L0, labels=torch.zeros(4).long())
    steps = found(problem, 10)
    assert torch.equal(steps[-1].x, problem.x)
    assert (steps[-2].x != problem.x).any()


def test_the_share_of_pixels_begins_anew_below_half_of_what_has_succeeded() -> None:
    amount = Amount(2, 8)
    for left in (8, 7, 6):
        amount.next(torch.tensor([False, False]), left)
    assert amount.share.tolist() == [0.5, 0.5]
    amount.next(torch.tensor([True, False]), 5)
    assert amount.share.tolist() == pytest.approx([0.25 + (0.6 - 0.25) / 5, 0.625])
    for left in (4, 3, 2, 1):
        amount.next(torch.tensor([False, False]), left)
    assert amount.share.tolist() == pytest.approx([0.6, 0.125])
