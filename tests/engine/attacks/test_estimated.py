"""Gradients estimated from answers: what the estimate is, the steps along it, and how many queries attacks take."""

from collections.abc import Callable
from dataclasses import fields
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from engine.attacks import FLAT, GradientError, Problem, Step, margin, run, run_in_parts
from engine.attacks.adam import Adam
from engine.attacks.budget import LinfBall
from engine.attacks.estimated import Estimator
from engine.catalogue.attacks import ATTACKS, BIM, FGSM, NES, NIFGSM, PGD, SPSA, Attack, Noise, Norm, Weights
from engine.experiment import Experiment, Question
from engine.models.classifier import Classifier

Pose = Callable[..., Problem]
Array = NDArray[np.float64]
Linear = Any
"""``LinearSoftmax`` of conftest.py."""

EPSILON = {Norm.LINF: 0.05, Norm.L2: 0.6}
BOTH = [NES(steps=3), SPSA(steps=3)]
every_aim = pytest.mark.parametrize("targeted", [False, True])
every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
each_of_both = pytest.mark.parametrize("attack", BOTH, ids=lambda each: each.name)


def lead(logits: Tensor, labels: Tensor, targeted: bool) -> Tensor:
    aim = margin(logits, labels)
    return aim if targeted else -aim


def estimate(estimator: Estimator, x: Tensor) -> Tensor:
    parts = estimator.at(x)
    while True:
        try:
            next(parts)
        except StopIteration as end:
            return cast(Tensor, end.value)


def gaussian(shape: torch.Size, source: Generator) -> Tensor:
    return torch.randn(shape, generator=source, dtype=torch.float64)


# The estimate


@pytest.mark.parametrize("draw", [gaussian, LinfBall.on_edge])
def test_on_a_linear_loss_the_estimate_is_the_gradient_seen_along_the_directions(pose: Pose, draw: Any) -> None:
    """L = ⟨w, x⟩ gives g = 1/n Σ ⟨w, vᵢ⟩ vᵢ exactly, whatever the reach."""
    w = torch.randn(2, 192, generator=Generator().manual_seed(1), dtype=torch.float64)
    problem = pose(model=lambda pixels: pixels.flatten(1) @ w.T, labels=torch.zeros(4).long())
    found = estimate(Estimator(problem, lead, draw, samples=7, reach=0.03), problem.x)
    for image, seed in zip(found, problem.seeds, strict=True):
        source = Generator().manual_seed(seed)
        ways = [draw(torch.Size((3, 8, 8)), source).flatten() for _ in range(7)]
        by_hand = sum((w[1] - w[0]) @ way * way for way in ways) / 7
        torch.testing.assert_close(image.flatten(), by_hand, rtol=0, atol=1e-11)


@pytest.mark.parametrize("draw", [gaussian, LinfBall.on_edge])
def test_with_many_samples_the_estimate_points_along_the_gradient(pose: Pose, draw: Any) -> None:
    """In d dimensions its cosine with the gradient is about √(n / (n + d)): 0.957 for n = 2000 and d = 192."""
    problem = pose()
    leaf = problem.x.clone().requires_grad_()
    lead(problem.model(leaf), problem.labels, False).sum().backward()
    assert leaf.grad is not None
    found = estimate(Estimator(problem, lead, draw, samples=2000, reach=1e-5), problem.x)
    cosines = torch.cosine_similarity(found.flatten(1), leaf.grad.flatten(1))
    torch.testing.assert_close(cosines, torch.full_like(cosines, 0.957), rtol=0, atol=0.015)
    ratios = found.flatten(1).norm(dim=1) / leaf.grad.flatten(1).norm(dim=1)
    assert ((ratios > 0.95) & (ratios < 1.15)).all()


@each_of_both
def test_a_step_is_asked_in_bearable_passes_and_may_be_left_between_them(
    pose: Pose, network: nn.Module, monkeypatch: pytest.MonkeyPatch, attack: Attack
) -> None:
    asked: list[int] = []

    def model(pixels: Tensor) -> Tensor:
        asked.append(len(pixels))
        return cast(Tensor, network(pixels))

    problem = pose(model=model)
    whole = [step.x for step in run(attack, problem)]
    assert max(asked) == 8 * attack.samples  # type: ignore[attr-defined]
    asked.clear()
    monkeypatch.setattr("engine.attacks.estimated.VALUES_AT_ONCE", 24 * 3 * 8 * 8)
    parts = list(run_in_parts(attack, problem))
    assert max(asked) == 24  # three directions, both ways, of four pictures
    stops = -(-attack.samples // 3)  # type: ignore[attr-defined]
    assert [part is None for part in parts] == [False, *([True] * stops + [False]) * 3]
    for part, straight in zip((part for part in parts if part is not None), whole, strict=True):
        torch.testing.assert_close(part.x, straight, rtol=0, atol=1e-12)


# The steps


def directions(problem: Problem, attack: NES | SPSA) -> list[list[Array]]:
    """Of every step, the directions (n, N, d) that the attack is to draw."""
    sources = [Generator().manual_seed(seed) for seed in problem.seeds]

    def draw(source: Generator) -> Array:
        if isinstance(attack, NES):
            return torch.randn(192, generator=source, dtype=torch.float64).numpy()
        return torch.randint(0, 2, (192,), generator=source).double().numpy() * 2 - 1

    return [
        [np.stack([draw(source) for source in sources]) for _ in range(attack.samples)] for _ in range(attack.steps)
    ]


def within(x: Array, problem: Problem) -> Array:
    clean, size = problem.x.flatten(1).numpy(), float(problem.epsilon)
    if problem.norm is Norm.LINF:
        return np.clip(np.clip(x, clean - size, clean + size), 0, 1)
    delta = x - clean
    length = np.linalg.norm(delta, axis=1, keepdims=True)
    return np.clip(clean + delta * np.minimum(1, size / length), 0, 1)


@every_aim
@every_norm
def test_nes_steps_are_those_of_the_paper_by_hand(pose: Pose, linear: Linear, norm: Norm, targeted: bool) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, targeted=targeted, epsilon=EPSILON[norm])
    attack = NES(steps=6, step_size=0.3, samples=5, sigma=0.002)
    x = problem.x.flatten(1).numpy()

    def loss(at: Array) -> Array:
        z = at @ linear.weights.T + linear.bias
        found = np.log(np.exp(z).sum(1)) - z[np.arange(4), np.arange(4)]
        return -found if targeted else found

    first, *steps = run(attack, problem)
    assert torch.equal(first.x, problem.x)
    for step, ways in zip(steps, directions(problem, attack), strict=True):
        g = sum((loss(x + 0.002 * u) - loss(x - 0.002 * u))[:, None] * u for u in ways) / (2 * 5 * 0.002)
        way = np.sign(g) if norm is Norm.LINF else g / np.linalg.norm(g, axis=1, keepdims=True)
        x = within(x + 0.3 * EPSILON[norm] * way, problem)
        np.testing.assert_allclose(step.x.flatten(1).numpy(), x, rtol=0, atol=1e-9)
        assert step.slope is not None
        np.testing.assert_allclose(step.slope.numpy(), np.abs(g).max(1), rtol=1e-9)


@every_aim
@every_norm
def test_spsa_steps_are_those_of_torchs_adam_along_the_papers_estimate(
    pose: Pose, linear: Linear, norm: Norm, targeted: bool
) -> None:
    problem = pose(model=linear, labels=torch.arange(4), norm=norm, targeted=targeted, epsilon=EPSILON[norm])
    attack = SPSA(steps=8, rate=0.4, samples=4, delta=0.02)
    rate = 0.4 * EPSILON[norm] / (1 if norm is Norm.LINF else 192**0.5)
    x = problem.x.flatten(1).clone().requires_grad_()
    adam = torch.optim.Adam([x], lr=rate)

    def loss(at: Array) -> Array:
        """What the paper makes smaller: the lead of the class to leave, or what the target lacks."""
        z = at @ linear.weights.T + linear.bias
        others = np.where(np.eye(4, dtype=bool), -np.inf, z).max(1)
        found = z[np.arange(4), np.arange(4)] - others
        return cast(Array, -found if targeted else found)

    _, *steps = run(attack, problem)
    for step, ways in zip(steps, directions(problem, attack), strict=True):
        at = x.detach().numpy()
        # Divided by each direction, as the paper writes it, which for ±1 is the same as multiplied.
        g = sum((loss(at + 0.02 * v) - loss(at - 0.02 * v))[:, None] / (2 * 0.02 * v) for v in ways) / 4
        x.grad = torch.from_numpy(g)
        adam.step()
        x.data = torch.from_numpy(within(x.detach().numpy(), problem))
        np.testing.assert_allclose(step.x.flatten(1).numpy(), x.detach().numpy(), rtol=0, atol=1e-9)


@every_aim
def test_spsa_finds_the_picture_of_torchattacks_with_the_same_draws(
    pose: Pose, network: nn.Module, monkeypatch: pytest.MonkeyPatch, targeted: bool
) -> None:
    torchattacks = pytest.importorskip("torchattacks")
    picture = slice(1, 2)
    problem = pose(
        model=network, x=pose().x[picture], labels=torch.tensor([1]), seeds=(11,), targeted=targeted, epsilon=0.1
    )
    source = Generator().manual_seed(11)

    def half(self: Tensor) -> Tensor:
        ones = [torch.randint(0, 2, self.shape[2:], generator=source) for _ in range(len(self))]
        return self.copy_(torch.stack(ones)[:, None])

    monkeypatch.setattr(Tensor, "bernoulli_", half)
    theirs = torchattacks.SPSA(network, eps=0.1, delta=0.01, lr=0.03, nb_iter=10, nb_sample=12, max_batch_size=12)
    if targeted:
        theirs.set_mode_targeted_by_label(quiet=True)
    expected = theirs(problem.x, problem.labels)
    *_, end = run(SPSA(steps=10, rate=0.3, samples=12, delta=0.01), problem)
    assert (expected - problem.x).abs().max() > 0.05
    torch.testing.assert_close(end.x, expected, rtol=0, atol=1e-8)


def test_adam_moves_every_value_by_one_at_first_and_nothing_without_a_gradient() -> None:
    gradient = torch.tensor([3.0, -0.001, 1e3, 0.0], dtype=torch.float64).view(1, 1, 2, 2)
    first = Adam(gradient).way(gradient).flatten()
    torch.testing.assert_close(first, torch.tensor([1.0, -1.0, 1.0, 0.0]).double(), rtol=0, atol=1e-4)


# Networks that cannot be differentiated, and such as give nothing to go by


@each_of_both
def test_no_gradient_is_asked_for_and_a_network_without_any_is_attacked_all_the_same(
    pose: Pose, attack: Attack
) -> None:
    def stepped(pixels: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        assert not pixels.requires_grad
        return (pixels.flatten(1)[:, :48].view(-1, 4, 12).sum(2) * 1e6).round() / 1e6

    problem = pose(model=stepped, labels=torch.arange(4), epsilon=0.1)
    first, *_, end = run(attack, problem)
    assert (margin(end.logits, problem.labels) < margin(first.logits, problem.labels) - 0.1).all()


@each_of_both
@every_norm
def test_pictures_whose_answer_does_not_change_nearby_are_told_and_stay(pose: Pose, attack: Attack, norm: Norm) -> None:
    def half_blind(pixels: Tensor) -> Tensor:
        seen = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=pixels.dtype).repeat(len(pixels) // 4)
        return pixels.flatten(1)[:, :5] * seen[:, None]

    problem = pose(model=half_blind, norm=norm)
    first, *steps = run(attack, problem)
    assert first.flat is None
    for step in steps:
        assert step.flat is not None
        assert step.flat.tolist() == [False, True, False, True]
        assert torch.equal(step.x[1::2], problem.x[1::2])
        assert not torch.equal(step.x[::2], problem.x[::2])


@each_of_both
def test_an_answer_that_is_no_number_is_told_at_the_picture_and_beside_it(pose: Pose, attack: Attack) -> None:
    with pytest.raises(GradientError, match="its answer is not a finite number"):
        list(run(attack, pose(model=lambda pixels: pixels.flatten(1)[:, :5] / 0)))
    with pytest.raises(GradientError, match="a picture nearby is not a finite number") as caught:
        list(run(attack, pose(model=lambda pixels: pixels.sqrt().flatten(1)[:, :5], x=torch.zeros(4, 3, 8, 8))))
    assert caught.value.failure().field == "model"


# Queries


@pytest.mark.parametrize("kind", [kind for kind in ATTACKS.values() if kind is not Weights])  # it refuses this network
def test_every_attack_tells_how_many_pictures_it_has_asked_about(
    pose: Pose, network: nn.Module, kind: type[Attack]
) -> None:
    asked = 0

    def model(pixels: Tensor) -> Tensor:
        nonlocal asked
        asked += len(pixels)
        return cast(Tensor, network(pixels))

    few = {each.name: 4 for each in fields(kind) if each.name in {"steps", "queries", "targets", "angles", "shifts"}}
    told = []
    # Where ε is so large, what an attack finds by itself is never moved back, which would be one more question.
    for step in run(kind(**few), pose(model=model, norm=kind.norms[0], epsilon=1000.0)):
        assert step.queries == asked // 4
        told.append(step.queries)
    assert told == sorted(told)
    assert told[0] > 0


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        (Noise(), [1, 2]),
        (FGSM(), [1, 3]),
        (BIM(steps=3), [1, 2, 3, 4]),
        (NIFGSM(steps=2), [2, 4, 5]),
        (PGD(steps=1, restarts=2), [1, 2, 3, 4, 4]),
        (NES(steps=2, samples=3), [1, 8, 15]),
        (SPSA(steps=2, samples=3), [1, 8, 15]),
    ],
    ids=lambda each: getattr(each, "name", ""),
)
def test_the_queries_of_an_iterate_are_what_it_took_to_get_there(
    pose: Pose, attack: Attack, expected: list[int]
) -> None:
    assert [step.queries for step in run(attack, pose())] == expected


def test_a_step_on_its_own_is_as_before_and_a_network_in_training_is_left_so(pose: Pose, network: nn.Module) -> None:
    """The network is counted from without, and its layers are still found and put into evaluation mode."""
    network.train()
    *_, one = run(NES(steps=2), pose(model=network))
    assert all(each.training for each in network.modules())
    *_, two = run(NES(steps=2), pose(model=network.eval()))
    assert torch.equal(one.x, two.x)
    assert Step(0, one.x, one.logits, one.loss).queries == 0


@each_of_both
def test_a_walk_keeps_the_queries_and_says_where_the_answer_never_changes(attack: NES | SPSA) -> None:
    def constant(pixels: Tensor) -> Tensor:
        return torch.ones(len(pixels), 3)

    classifier = SimpleNamespace(device="cpu", prepared=constant, logits=constant)
    experiment = Experiment(cast(Classifier, classifier), np.full((8, 8, 3), 0.5, np.float32))
    walk = experiment.walk(Question(attack, Norm.LINF, 0, targeted=False, seed=1), 0.1)
    assert walk.advance()
    assert not walk.notes
    while walk.advance():
        pass
    assert walk.complete
    trace = walk.trace()
    assert trace.queries.dtype == np.int64
    assert trace.queries.tolist() == [1 + k * (2 * attack.samples + 1) for k in range(4)]
    assert len(trace.loss) == 4
    assert walk.notes == (FLAT,)
