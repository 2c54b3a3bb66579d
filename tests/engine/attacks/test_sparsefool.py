"""SparseFool against a replay of its two loops, one value after another, and against a linear network's fewest."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.attacks import Problem, Step, search
from engine.catalogue.attacks import Norm, SparseFool

Pose = Callable[..., Problem]
Array = NDArray[np.float64]
either_norm = pytest.mark.parametrize("norm", [Norm.L0, Norm.L1])


def bent() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5))
    return network.double().eval()


def pictures(count: int = 8) -> Tensor:
    return torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def aims(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    with torch.no_grad():
        return network(x).argmax(1)


def steps_of(attack: SparseFool, problem: Problem) -> list[Step]:
    return [step for step in search(attack, problem) if step is not None]


def asked(network: nn.Module, x: Array) -> tuple[Array, Array]:
    """Logits (K,) and their gradients (K, values)."""
    leaf = torch.from_numpy(x).requires_grad_()
    logits = network(leaf.view(1, 3, 8, 8))[0]
    gradients = [torch.autograd.grad(each, leaf, retain_graph=True)[0].numpy() for each in logits]
    return logits.detach().numpy(), np.stack(gradients)


def deepfool(network: nn.Module, x: Array, label: int) -> tuple[Array, Array]:
    """The way to the nearest boundary, and the normal of the boundary there."""
    way, there = np.zeros_like(x), label
    for _ in range(50):
        logits, gradients = asked(network, x + way)
        others = [each for each in range(len(logits)) if each != label]
        nearest = min(
            others,
            key=lambda each: abs(logits[each] - logits[label]) / np.linalg.norm(gradients[each] - gradients[label]),
        )
        normal = gradients[nearest] - gradients[label]
        length = np.linalg.norm(normal)
        way = way + max(abs(logits[nearest] - logits[label]) / length, 1e-4) * normal / length
        there = int(asked(network, x + 1.02 * way)[0].argmax())
        if there != label:
            break
    gradients = asked(network, x + way)[1]
    return way, gradients[there] - gradients[label]


def onto_plane(x: Array, normal: Array, point: Array) -> Array:
    """Algorithm 1: the value that counts most goes as far as it must or can, then the next."""
    x, untouched = x.copy(), np.abs(normal)
    while normal @ (x - point) < -1e-12 and untouched.any():
        place = int(untouched.argmax())
        x[place] = np.clip(x[place] - normal @ (x - point) / normal[place], 0, 1)
        untouched[place] = 0
    return x


@either_norm
@pytest.mark.parametrize("reach", [1.0, 3.0])
def test_every_iterate_is_that_of_the_papers_loops(pose: Pose, norm: Norm, reach: float) -> None:
    network, x = bent(), pictures()
    labels = aims(network, x)
    steps = steps_of(SparseFool(reach=reach), pose(model=network, x=x, labels=labels, norm=norm, seeds=tuple(range(8))))
    for place, label in enumerate(labels.tolist()):
        clean = x[place].flatten().numpy()
        at = shown = clean
        for step in steps[1:]:
            if asked(network, shown)[0].argmax() == label:
                way, normal = deepfool(network, at, label)
                at = onto_plane(at, normal, at + reach * way)
                shown = np.clip(clean + 1.02 * (at - clean), 0, 1)
            np.testing.assert_allclose(step.x[place].flatten().numpy(), shown, rtol=0, atol=1e-9)
        assert asked(network, shown)[0].argmax() != label


def test_on_a_linear_network_one_step_changes_the_fewest_values(pose: Pose, linear: Any) -> None:
    """From the middle all values have the same room, so that those of the largest weights are the fewest."""
    x = torch.full((4, 3, 8, 8), 0.5, dtype=torch.float64)
    labels = linear(x).argmax(1)
    steps = steps_of(SparseFool(reach=1), pose(model=linear, x=x, labels=labels, norm=Norm.L0))
    assert len(steps) == 3
    logits, weights = linear(x)[0], torch.from_numpy(linear.weights)
    label = int(labels[0])
    normals = [(weights[other] - weights[label]) for other in range(4) if other != label]
    gaps = [logits[label] - logits[other] for other in range(4) if other != label]
    nearest = int(torch.stack([gap / normal.norm() for gap, normal in zip(gaps, normals, strict=True)]).argmin())
    gains = normals[nearest].abs().sort(descending=True).values.cumsum(0) / 2
    fewest = int((gains < gaps[nearest]).sum()) + 1
    assert (steps[-1].logits.argmax(1) != labels).all()
    assert ((steps[-1].x != x).flatten(1).sum(1) == fewest).all()


def test_a_longer_reach_needs_fewer_steps_and_changes_more(pose: Pose) -> None:
    network, x = bent(), pictures()
    problem = pose(model=network, x=x, labels=aims(network, x), norm=Norm.L1, seeds=tuple(range(8)))
    near, far = (steps_of(SparseFool(reach=reach), problem) for reach in (1.0, 6.0))
    assert len(near) > len(far)
    sizes = [(steps[-1].x - x).abs().sum((1, 2, 3)).mean() for steps in (near, far)]
    assert sizes[0] < sizes[1]


def test_fooled_pictures_rest_while_the_others_are_attacked(pose: Pose) -> None:
    network, x = bent(), pictures()
    labels = aims(network, x)
    labels[3] = (labels[3] + 1) % 5  # wrong as it is
    asked_about: list[int] = []

    def counting(pixels: Tensor) -> Any:
        asked_about.append(len(pixels))
        return network(pixels)

    problem = pose(model=counting, x=x, labels=labels, norm=Norm.L0, seeds=tuple(range(8)))
    steps = steps_of(SparseFool(reach=1), problem)
    assert asked_about[:2] == [8, 7]
    assert min(asked_about) < 7
    assert all(torch.equal(step.x[3], x[3]) for step in steps)
    fooled = [step.logits.argmax(1) != labels for step in steps]
    for before, after, is_fooled in zip(steps, steps[1:], fooled, strict=False):
        assert torch.equal(before.x[is_fooled], after.x[is_fooled])


def test_a_place_to_stop_comes_after_every_question(pose: Pose) -> None:
    network, x = bent(), pictures(1)
    questions = 0

    def counting(pixels: Tensor) -> Any:
        nonlocal questions
        questions += 1
        return network(pixels)

    problem = pose(model=counting, x=x, labels=aims(network, x), norm=Norm.L0, seeds=(1,))
    for _ in search(SparseFool(), problem):
        assert questions <= 2
        questions = 0


def test_where_no_gradient_shows_a_way_the_picture_stays(pose: Pose) -> None:
    def flat(pixels: Tensor) -> Tensor:
        return torch.stack([1 + 0 * pixels.sum((1, 2, 3)), 0 * pixels.sum((1, 2, 3))], 1)

    problem = pose(model=flat, labels=torch.zeros(4).long(), norm=Norm.L0)
    steps = steps_of(SparseFool(steps=2), problem)
    assert all(torch.equal(step.x, problem.x) for step in steps)
