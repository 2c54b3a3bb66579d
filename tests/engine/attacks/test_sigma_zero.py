"""σ-zero against a replay with torch's own Adam, and against adv-lib's in what it achieves."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, Step, search
from engine.catalogue.attacks import Norm, SigmaZero

Pose = Callable[..., Problem]
either_way = pytest.mark.parametrize("targeted", [False, True])

STEPS = 40


def bent(channels: int = 3) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = nn.Sequential(nn.Flatten(), nn.Linear(64 * channels, 40), nn.Softplus(beta=3), nn.Linear(40, 5))
    return network.double().eval()


def aims(network: nn.Module, x: Tensor, targeted: bool = False) -> Tensor:
    """The classes that the network answers with, or towards a target the second likeliest ones."""
    with torch.no_grad():
        ranks: Tensor = network(x).topk(2, 1).indices
    return ranks[:, int(targeted)]


def steps_of(attack: SigmaZero, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def ahead(logits: Tensor, label: int, targeted: bool) -> Tensor:
    """What is brought to zero: by how much the class to leave still leads, or the target is still behind."""
    others = torch.cat([logits[:label], logits[label + 1 :]]).max()
    return others - logits[label] if targeted else logits[label] - others


def replayed(network: nn.Module, x: Tensor, label: int, targeted: bool, pixels: bool) -> list[Tensor]:
    """The paper's algorithm for one picture (C, H, W): a loss, its gradient, Adam and a schedule, as torch has them."""
    change = torch.zeros_like(x, requires_grad=True)
    adam = torch.optim.Adam([change], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=STEPS, eta_min=0.1)
    threshold, iterates = 0.3, []
    for _ in range(STEPS):
        iterates.append((x + change).detach().clone())
        behind = ahead(network((x + change)[None])[0], label, targeted)
        square = change.square().sum(0) if pixels else change.square()
        loss = behind.clamp(min=0) + (square / (square + 1e-3)).mean()
        (gradient,) = torch.autograd.grad(loss, change)
        change.grad = gradient / gradient.abs().max()
        adam.step()
        schedule.step()
        rate = float(schedule.get_last_lr()[0])
        threshold = min(max(threshold + 0.01 * rate * (1 if float(behind.detach()) <= 0 else -1), 0.0), 1.0)
        with torch.no_grad():
            moved = (x + change).clamp(0, 1) - x
            size = moved.abs().amax(0, keepdim=True).expand_as(moved) if pixels else moved.abs()
            change.copy_(torch.where(size < threshold, 0, moved))
    return [*iterates, (x + change).detach()]


@either_way
@pytest.mark.parametrize("pixels", [False, True])
def test_every_iterate_is_that_of_a_replay_with_torchs_own_adam(pose: Pose, targeted: bool, pixels: bool) -> None:
    network = bent()
    problem = pose(model=network, labels=aims(network, pose().x, targeted), norm=Norm.L0, targeted=targeted)
    steps = steps_of(SigmaZero(steps=STEPS, whole_pixels=pixels), problem)
    for place, label in enumerate(problem.labels.tolist()):
        for step, by_hand in zip(steps, replayed(network, problem.x[place], label, targeted, pixels), strict=False):
            torch.testing.assert_close(step.x[place], by_hand, rtol=0, atol=1e-7)


def test_in_one_channel_pixels_are_values(pose: Pose) -> None:
    network = bent(channels=1)
    x = pose().x[:, :1]
    problem = pose(model=network, x=x, labels=aims(network, x), norm=Norm.L0)
    ends = [steps_of(SigmaZero(steps=STEPS, whole_pixels=whole), problem)[-1].x for whole in (False, True)]
    assert not torch.equal(ends[0], x)
    torch.testing.assert_close(*ends)


def test_counting_whole_pixels_changes_fewer_of_them(pose: Pose) -> None:
    network = bent()
    x = torch.rand(24, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    problem = pose(model=network, x=x, labels=aims(network, x), norm=Norm.L0)
    counts = []
    for whole in (True, False):
        end = steps_of(SigmaZero(whole_pixels=whole), problem)[-1]
        assert (end.logits.argmax(1) != problem.labels).all()
        counts.append((end.x != x).any(1).flatten(1).sum(1).double())
    assert counts[0].mean() < counts[1].mean()


def test_as_few_values_are_changed_as_by_adv_lib(pose: Pose, monkeypatch: pytest.MonkeyPatch) -> None:
    """Theirs is a step late in its schedule, so that its iterates are others: the mean count is within a tenth."""
    monkeypatch.setitem(sys.modules, "visdom", ModuleType("visdom"))  # only draws
    theirs: Any = pytest.importorskip("adv_lib.attacks.sigma_zero")
    network = bent(channels=1)
    x = torch.rand(32, 1, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    problem = pose(model=network, x=x, labels=aims(network, x), norm=Norm.L0)
    end = steps_of(SigmaZero(steps=100), problem)[-1]
    expected = theirs.sigma_zero(network, x, problem.labels, num_steps=100)
    counts = [(each != x).flatten(1).sum(1).double() for each in (end.x, expected)]
    assert (end.logits.argmax(1) != problem.labels).all()
    assert float(counts[1].mean()) > 1
    assert float(counts[0].mean()) == pytest.approx(float(counts[1].mean()), rel=0.1)


def test_on_a_linear_network_hardly_more_pixels_are_changed_than_need_be(pose: Pose, linear: Any) -> None:
    """The fewest are counted by giving the pixels all their room, those that gain most first."""
    x = pose().x
    labels = linear(x).argmax(1)
    end = steps_of(SigmaZero(steps=300), pose(model=linear, x=x, labels=labels, norm=Norm.L0))[-1]
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
        assert min(needed) <= int(changed[place]) <= min(needed) + 1


def test_a_picture_that_fools_has_a_slope_all_the_same(pose: Pose) -> None:
    """The loss is flat there by design, which is no flaw of the network and must not be told as one."""
    network = bent()
    problem = pose(model=network, labels=aims(network, pose().x), norm=Norm.L0)
    steps = steps_of(SigmaZero(steps=STEPS), problem)
    assert any((step.logits.argmax(1) != problem.labels).any() for step in steps[:-2])
    assert all(step.flat is None or not step.flat.any() for step in steps)
