"""DeepFool: the same as foolbox's without the constants that it adds, and across the boundary for certain."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, run, search
from engine.catalogue.attacks import DeepFool, Norm

foolbox = pytest.importorskip("foolbox")

Pose = Callable[..., Problem]
every_norm = pytest.mark.parametrize("norm", [Norm.L2, Norm.LINF])


def bent(dtype: torch.dtype = torch.float64) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).to(dtype).eval()


def answers(model: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        labels: Tensor = model(x).argmax(1)
        return labels


def found(attack: DeepFool, problem: Problem) -> Tensor:
    *_, step = (each for each in search(attack, problem) if each is not None)
    return step.x


class ExactL2(foolbox.attacks.L2DeepFoolAttack):  # type: ignore[misc,name-defined]
    """That of foolbox, but for what it adds: 1e-4 to every distance and 1e-8 to every norm."""

    def get_distances(self, losses: Any, grads: Any) -> Any:
        return abs(losses) / grads.flatten(start=2).norms.l2(axis=-1)

    def get_perturbations(self, distances: Any, grads: Any) -> Any:
        steps = (distances - 1e-4) / grads.flatten(start=1).norms.l2(axis=-1)
        return steps.reshape((-1, 1, 1, 1)) * grads


class ExactLinf(foolbox.attacks.LinfDeepFoolAttack):  # type: ignore[misc,name-defined]
    """The same in L∞."""

    def get_distances(self, losses: Any, grads: Any) -> Any:
        return abs(losses) / grads.flatten(start=2).abs().sum(axis=-1)

    def get_perturbations(self, distances: Any, grads: Any) -> Any:
        return (distances - 1e-4).reshape((-1, 1, 1, 1)) * grads.sign()


@every_norm
@pytest.mark.parametrize("candidates", [3, 10])
def test_it_is_foolbox_deepfool_without_the_constants_that_it_adds(
    monkeypatch: pytest.MonkeyPatch, pose: Pose, norm: Norm, candidates: int
) -> None:
    """Foolbox follows the authors' program, which adds 1e-4 to every step; that makes L∞ changes 2 % too large."""
    monkeypatch.setattr("engine.attacks.deepfool.SHORTEST", 0.0)
    network = bent()
    problem = pose(model=network, labels=answers(network, pose().x), norm=norm)
    theirs: Any = (ExactL2 if norm is Norm.L2 else ExactLinf)(candidates=candidates)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    expected = theirs.run(model, problem.x, foolbox.criteria.Misclassification(problem.labels))
    ours = found(DeepFool(candidates=candidates), problem)
    assert (ours - problem.x).abs().max() > 1e-3
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-9)


@every_norm
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_it_finds_lies_across_the_boundary_whatever_the_batch(pose: Pose, norm: Norm, dtype: torch.dtype) -> None:
    """Stretching every step instead of the whole change leads onto the boundary, where rounding decides."""
    network = bent(dtype)
    x = torch.rand(24, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64).to(dtype)
    labels = answers(network, x)
    changed = found(DeepFool(), pose(model=network, x=x, labels=labels, norm=norm))
    assert (answers(network, changed) != labels).all()
    alone = torch.cat([answers(network, each[None]) for each in changed])
    assert (alone != labels).all()


def test_pictures_that_are_fooled_leave_the_batch(pose: Pose) -> None:
    network, shown = bent(), []

    def counting(pixels: Tensor) -> Tensor:
        shown.append(len(pixels))
        answer: Tensor = network(pixels)
        return answer

    labels = answers(network, pose().x)
    labels[0] = (labels[0] + 1) % 5  # is not seen as that to begin with
    list(search(DeepFool(), pose(model=counting, labels=labels, norm=Norm.L2)))
    assert shown[0] == 4
    assert set(shown[1:]) <= {3, 2, 1}


def test_a_picture_just_on_a_boundary_gets_off_it(pose: Pose) -> None:
    def tied(pixels: Tensor) -> Tensor:
        score = pixels.flatten(1).sum(1) - 96
        return torch.stack([score * 0, score], 1)

    x = torch.full((1, 3, 8, 8), 0.5, dtype=torch.float64)
    assert answers(tied, x).item() == 0
    changed = found(DeepFool(), pose(model=tied, x=x, labels=torch.zeros(1).long(), norm=Norm.L2))
    assert answers(tied, changed).item() == 1
    assert (changed - x).abs().max() < 1e-4


def test_it_cannot_be_aimed(pose: Pose) -> None:
    with pytest.raises(ValueError, match="cannot be aimed"):
        run(DeepFool(), pose(norm=Norm.L2, targeted=True))


def test_a_picture_is_asked_about_once_a_step(pose: Pose) -> None:
    """The answer that shows an iterate is the one whose gradients lead on from it."""
    x = pose().x[:1]
    model = bent()
    steps = list(run(DeepFool(), pose(model=model, x=x, labels=answers(model, x), norm=Norm.L2, epsilon=100.0)))
    assert len(steps) > 2
    assert [each.queries for each in steps[:-1]] == list(range(1, len(steps)))
