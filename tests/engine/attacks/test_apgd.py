"""APGD against the paper's algorithm written out for one picture in numpy, and its loss against numbers by hand."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.attacks import GradientError, Problem, Step, run
from engine.attacks.apgd import Pace, checkpoints, logit_ratio
from engine.catalogue.attacks import APGD, APGDDLR, Norm

Pose = Callable[..., Problem]
Array = NDArray[np.float64]


class ByHand:
    """Algorithm 1 of Croce & Hein 2020 on one picture, (192,), with the cross-entropy of a linear network."""

    def __init__(self, linear: Any, problem: Problem, place: int) -> None:
        self.linear = linear
        self.clean: Array = problem.x[place].flatten().numpy()
        self.label = problem.labels[place : place + 1].numpy()
        self.sign = -1 if problem.targeted else 1
        self.norm, self.epsilon = problem.norm, float(problem.epsilon)
        self.halvings = 0

    def loss(self, x: Array) -> float:
        logits = self.linear.weights @ x + self.linear.bias
        return self.sign * float(np.log(np.exp(logits - logits[self.label]).sum()))

    def way(self, x: Array) -> Array:
        gradient: Array = self.sign * self.linear.gradient(x[None], self.label)[0]
        return np.sign(gradient) if self.norm is Norm.LINF else gradient / np.linalg.norm(gradient)

    def project(self, x: Array) -> Array:
        delta = x - self.clean
        if self.norm is Norm.LINF:
            delta = np.clip(delta, -self.epsilon, self.epsilon)
        else:
            delta = delta * min(1, self.epsilon / np.linalg.norm(delta))
        return np.clip(self.clean + delta, 0, 1)

    def iterates(self, start: Array, steps: int, rho: float) -> Iterator[Array]:
        eta, before, x, checks = 2 * self.epsilon, start, start, [0, *sorted(checkpoints(steps))]
        losses, best, best_losses, halved = [self.loss(x)], x, [self.loss(x)], [False]
        yield x
        for k in range(steps):
            ahead = self.project(x + eta * self.way(x))
            alpha = 0.75 if k else 1.0
            x, before = self.project(x + alpha * (ahead - x) + (1 - alpha) * (x - before)), x
            yield x
            losses.append(self.loss(x))
            best = x if losses[-1] > self.loss(best) else best
            if k + 1 in checks:
                last = checks[checks.index(k + 1) - 1]
                rises = sum(losses[i + 1] > losses[i] for i in range(last, k + 1))
                is_stuck = not halved[-1] and self.loss(best) == best_losses[-1]
                halved.append(rises < rho * (k + 1 - last) or is_stuck)
                best_losses.append(self.loss(best))
                if halved[-1]:
                    self.halvings += 1
                    eta, x = eta / 2, best
        yield best


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.06), (Norm.L2, 0.9)])
@pytest.mark.parametrize("rho", [0.75, 0.4])
def test_every_iterate_is_the_one_computed_by_hand(
    pose: Pose, linear: Any, rho: float, norm: Norm, epsilon: float, targeted: bool
) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, epsilon=epsilon, targeted=targeted)
    steps = list(run(APGD(steps=30, rho=rho), problem))
    halvings = []
    for place in range(4):
        one = ByHand(linear, problem, place)
        found = np.stack([step.x[place].flatten().numpy() for step in steps])
        expected = np.stack(list(one.iterates(found[0], 30, rho)))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
        halvings.append(one.halvings)
    assert max(halvings) > 0


def test_the_checkpoints_are_those_of_the_paper() -> None:
    assert list(checkpoints(100)) == [22, 41, 57, 70, 80, 87, 93, 99]
    assert list(checkpoints(100).values()) == [22, 19, 16, 13, 10, 7, 6, 6]
    assert list(checkpoints(1000)) == [220, 410, 570, 700, 800, 870, 930, 990]


@pytest.mark.parametrize("steps", range(1, 40))
def test_every_checkpoint_lies_after_the_last_and_within_the_steps(steps: int) -> None:
    places = list(checkpoints(steps))
    assert places == sorted(set(places))
    assert 1 <= places[0] <= places[-1] <= steps
    assert sum(checkpoints(steps).values()) == places[-1]


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_the_last_step_shows_every_pictures_best_with_the_answer_to_it(pose: Pose, norm: Norm, targeted: bool) -> None:
    *steps, best = run(APGD(steps=25), pose(norm=norm, targeted=targeted, epsilon=0.5))
    losses = torch.stack([step.loss for step in steps])
    reached, when = losses.min(0) if targeted else losses.max(0)
    assert torch.equal(best.loss, reached)
    for place, index in enumerate(when):
        assert torch.equal(best.x[place], steps[index].x[place])
        assert torch.equal(best.logits[place], steps[index].logits[place])


@pytest.mark.parametrize("targeted", [False, True])
def test_with_the_ratio_of_logits_the_best_is_the_one_with_the_largest_ratio(pose: Pose, targeted: bool) -> None:
    problem = pose(targeted=targeted, epsilon=0.5)
    *steps, best = run(APGDDLR(steps=25), problem)
    ratios = [logit_ratio(step.logits, problem.labels, targeted) for step in steps]
    assert torch.equal(logit_ratio(best.logits, problem.labels, targeted), torch.stack(ratios).amax(0))


@pytest.mark.parametrize("kind", [APGD, APGDDLR])
def test_every_picture_of_a_batch_finds_its_own_step_size(pose: Pose, kind: Any) -> None:
    epsilon = torch.tensor([0.002, 0.05, 0.3, 0.8], dtype=torch.float64).view(-1, 1, 1, 1)
    whole = pose(epsilon=epsilon)
    *_, together = run(kind(steps=40), whole)
    for place in range(4):
        part = slice(place, place + 1)
        *_, alone = run(
            kind(steps=40),
            pose(x=whole.x[part], labels=whole.labels[part], epsilon=epsilon[part], seeds=whole.seeds[part]),
        )
        torch.testing.assert_close(alone.x, together.x[part], rtol=0, atol=1e-9)


def step_at(value: float, count: int) -> Step:
    """Pictures of one value."""
    return Step(4, torch.full((count, 1, 1, 1), value), torch.zeros(count, 2), torch.zeros(count))


def pace_after(losses: list[list[float]]) -> Pace:
    """A pace that has seen pictures, one of each row, whose losses ran so."""
    pace = Pace(torch.ones(len(losses), 1, 1, 1))
    for index, loss in enumerate(torch.tensor(losses).T):
        x = torch.full((len(losses), 1, 1, 1), float(index))
        pace.see(Step(index, x, torch.zeros(len(losses), 2), loss), loss, -x)
    return pace


def test_a_step_is_halved_where_too_few_steps_rose_and_goes_on_from_the_best() -> None:
    climbed, just, zigzag = [0.0, 1, 2, 3, 4], [0.0, 1, 2, 3, 2.5], [0.0, 9, 2, 3, 2.5]
    pace = pace_after([climbed, just, zigzag])
    here = step_at(4.0, 3)
    goes_on, gradient = pace.check(here, -here.x, enough=0.75 * 4)
    assert pace.step_size.flatten().tolist() == [1, 1, 0.5]
    assert goes_on.x.flatten().tolist() == [4, 4, 1]
    assert gradient.flatten().tolist() == [-4, -4, -1]


def test_a_step_is_halved_where_the_best_has_not_changed_unless_it_was_halved_just_before() -> None:
    pace = pace_after([[9.0, 1, 2, 3, 4]])  # all but the first step rose, to nowhere
    here = step_at(4.0, 1)
    pace.check(here, here.x, enough=3.0)
    assert pace.step_size.item() == 0.5
    pace.check(here, here.x, enough=0.0)
    assert pace.step_size.item() == 0.5
    pace.check(here, here.x, enough=0.0)
    assert pace.step_size.item() == 0.25


LOGITS = torch.tensor([[5.0, 3.0, 1.0, 0.0, -9.0]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("label", "targeted", "ratio"),
    [
        (0, False, -(5 - 3) / (5 - 1)),
        (1, False, -(3 - 5) / (5 - 1)),
        (4, False, -(-9 - 5) / (5 - 1)),
        (0, True, (5 - 3) / (5 - 0.5)),
        (4, True, (-9 - 5) / (5 - 0.5)),
    ],
)
def test_the_ratio_of_logits_is_the_one_computed_by_hand(label: int, targeted: bool, ratio: float) -> None:
    found = logit_ratio(LOGITS, torch.tensor([label]), targeted)
    assert found.item() == pytest.approx(ratio, abs=1e-10)
    assert logit_ratio(LOGITS * 1000 - 7, torch.tensor([label]), targeted).item() == pytest.approx(ratio, abs=1e-10)


@pytest.mark.parametrize(("classes", "targeted", "needed"), [(2, False, 3), (3, True, 4)])
def test_a_network_of_too_few_classes_for_the_ratio_is_named(
    pose: Pose, classes: int, targeted: bool, needed: int
) -> None:
    problem = pose(model=lambda x: x.flatten(1)[:, :classes], labels=torch.zeros(4).long(), targeted=targeted)
    with pytest.raises(GradientError, match=f"compares {needed} classes, and it knows {classes}") as caught:
        list(run(APGDDLR(), problem))
    assert caught.value.failure().field == "model"


def test_the_ratio_leads_on_where_the_network_is_too_sure_for_the_cross_entropy(pose: Pose, linear: Any) -> None:
    labels = linear(pose().x).argmax(1)
    sure = pose(model=lambda x: 3e4 * linear(x), labels=labels, epsilon=0.2)
    first, *_, held = run(APGD(steps=30), sure)
    assert first.flat.all()
    assert torch.equal(held.logits.argmax(1), labels)
    *_, fooled = run(APGDDLR(steps=30), sure)
    assert (fooled.logits.argmax(1) != labels).all()


def test_equal_logits_have_a_finite_ratio_and_slope() -> None:
    logits = torch.zeros(1, 5, requires_grad=True)
    for targeted in (False, True):
        ratio = logit_ratio(logits, torch.tensor([2]), targeted)
        (gradient,) = torch.autograd.grad(ratio.sum(), logits)
        assert ratio.item() == 0
        assert gradient.isfinite().all()
