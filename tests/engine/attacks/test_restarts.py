"""PGD that begins anew: every run is shown, and the best ending of every picture last."""

from collections.abc import Callable

import pytest
import torch

from engine.attacks import Problem, run
from engine.catalogue.attacks import PGD, Norm

Pose = Callable[..., Problem]


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_the_first_run_is_the_one_without_restarts_and_every_other_starts_elsewhere(pose: Pose, norm: Norm) -> None:
    problem = pose(norm=norm, epsilon=0.1)
    many = list(run(PGD(steps=3, restarts=3), problem))
    once = list(run(PGD(steps=3), problem))
    assert all(torch.equal(one.x, other.x) for one, other in zip(once, many[:4], strict=True))
    starts = [many[0].x, many[4].x, many[8].x]
    assert not any(torch.allclose(starts[a], starts[b]) for a, b in ((0, 1), (0, 2), (1, 2)))


@pytest.mark.parametrize("targeted", [False, True])
def test_the_last_step_shows_every_pictures_best_ending(pose: Pose, targeted: bool) -> None:
    problem = pose(epsilon=0.3, targeted=targeted)
    attack = PGD(steps=2, restarts=5)
    *steps, best = run(attack, problem)
    endings = torch.stack([step.loss for step in steps[2::3]])
    reached, winners = endings.min(0) if targeted else endings.max(0)
    assert torch.equal(best.loss, reached)
    assert len(winners.unique()) > 1
    for place, winner in enumerate(winners):
        assert torch.equal(best.x[place], steps[3 * winner + 2].x[place])
        assert torch.equal(best.logits[place], steps[3 * winner + 2].logits[place])
    assert best.index == attack.last_index == 15


def test_without_a_random_start_all_runs_would_be_the_same_so_there_is_one(pose: Pose) -> None:
    alone = list(run(PGD(steps=3, random_start=False), pose()))
    many = list(run(PGD(steps=3, random_start=False, restarts=4), pose()))
    assert [step.index for step in many] == [0, 1, 2, 3]
    assert all(torch.equal(one.x, other.x) for one, other in zip(alone, many, strict=True))
