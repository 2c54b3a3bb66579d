"""DDN: the same as foolbox's, step by step as the paper has it."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from engine.attacks import Problem, search
from engine.attacks.ddn import length_of_step
from engine.catalogue.attacks import DDN, Norm

foolbox = pytest.importorskip("foolbox")

Pose = Callable[..., Problem]


def bent() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, 40), nn.Softplus(beta=3), nn.Linear(40, 5)).double().eval()


def answers(model: nn.Module, x: Tensor) -> Tensor:
    with torch.no_grad():
        labels: Tensor = model(x).argmax(1)
        return labels


@pytest.mark.parametrize("targeted", [False, True])
def test_it_finds_the_same_change_as_foolbox(pose: Pose, targeted: bool) -> None:
    """But for the iterate after the last step, which foolbox does not try, and its radius in single precision."""
    network = bent()
    x = pose().x
    labels = (answers(network, x) + targeted) % 5
    problem = pose(model=network, labels=labels, norm=Norm.L2, targeted=targeted)
    *steps, ours = (each for each in search(DDN(steps=40), problem) if each is not None)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    kind = foolbox.criteria.TargetedMisclassification if targeted else foolbox.criteria.Misclassification
    theirs = foolbox.attacks.DDNAttack(steps=40).run(model, x, kind(labels))
    last = steps[-1]
    size, found = ((each - x).flatten(1).norm(dim=1) for each in (last.x, theirs))
    is_last_best = ((last.logits.argmax(1) == labels) == targeted) & (size < found)
    assert not is_last_best.all()
    torch.testing.assert_close(ours.x[~is_last_best], theirs[~is_last_best], rtol=0, atol=1e-5)


def test_the_sphere_shrinks_where_the_picture_fools_and_grows_where_it_does_not(pose: Pose) -> None:
    network = bent()
    x = pose().x[:1] * 0.2 + 0.4  # far from 0 and 1, so that every change is as long as the radius
    labels = answers(network, x)
    problem = pose(model=network, x=x, labels=labels, norm=Norm.L2)
    *steps, _ = (each for each in search(DDN(steps=12, gamma=0.1, first_radius=0.3), problem) if each is not None)
    radius = 0.3
    for step, after in pairwise(steps):
        radius *= 0.9 if step.logits.argmax() != labels else 1.1
        assert float((after.x - x).norm()) == pytest.approx(radius, rel=1e-9)
    assert 0 < sum(int(step.logits.argmax() != labels) for step in steps) < len(steps)


def test_steps_shorten_along_a_cosine_from_1_to_a_hundredth() -> None:
    assert [length_of_step(done) for done in (0, 0.5, 1)] == pytest.approx([1, 0.505, 0.01])
