"""The better of two iterates, picture by picture, copied no more than it has to be."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attacks.problem import Step, choose


def step(value: float) -> Step:
    return Step(int(value), torch.full((3, 1, 2, 2), value), torch.full((3, 4), value), torch.full((3,), value))


def wanted(*which: bool) -> Tensor:
    return torch.tensor(which)


def test_every_picture_comes_from_the_iterate_that_is_chosen_for_it() -> None:
    one, other = step(1), step(2)
    chosen = choose(wanted(True, False, True), one, other)
    assert chosen.x[:, 0, 0, 0].tolist() == [1, 2, 1]
    assert chosen.logits[:, 0].tolist() == [1, 2, 1]
    assert chosen.loss.tolist() == [1, 2, 1]
    assert chosen.index == other.index


def test_where_one_iterate_is_chosen_for_all_its_pictures_are_not_copied() -> None:
    """A search keeps its best at every step, and most often nothing is better: photographs would be copied for it."""
    one, other = step(1), step(2)
    assert choose(wanted(False, False, False), one, other).x is other.x
    assert choose(wanted(True, True, True), one, other).x is one.x


def test_how_far_points_are_moved_is_told_only_where_both_tell_it() -> None:
    one, other = step(1), Step(2, torch.zeros(3, 1, 2, 2), torch.zeros(3, 4), torch.zeros(3), moved=torch.ones(3))
    assert choose(wanted(False, False, False), one, other).moved is None
