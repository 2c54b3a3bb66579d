"""APGD-T against AutoAttack's own, against APGD on its loss, and against what is known of a linear network."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attacks import GradientError, Problem, Step, margin, run
from engine.attacks.apgd import Pace, climb_at_its_pace
from engine.attacks.apgd_targeted import aimed_ratio, other_classes
from engine.attacks.budget import ball
from engine.catalogue.attacks import APGD, APGDT, Norm

Pose = Callable[..., Problem]

LOGITS = torch.tensor([[5.0, 3.0, 1.0, 0.0, -9.0]], dtype=torch.float64)


def runs_of(attack: APGDT, problem: Problem) -> tuple[list[list[Step]], Step]:
    """The steps of every run, and the best that is shown last."""
    *steps, best = run(attack, problem)
    length = attack.steps + 1
    return [steps[start : start + length] for start in range(0, len(steps), length)], best


def firm(network: nn.Module, x: Tensor) -> Tensor:
    """The network's own answers."""
    with torch.no_grad():
        answers: Tensor = network(x).argmax(1)
    return answers


@pytest.mark.parametrize(
    ("label", "target", "ratio"),
    [(0, 1, (3 - 5) / (5 - 0.5)), (1, 0, (5 - 3) / (5 - 0.5)), (4, 2, (1 + 9) / (5 - 0.5)), (0, 4, -14 / (5 - 0.5))],
)
def test_the_aimed_ratio_is_the_one_computed_by_hand(label: int, target: int, ratio: float) -> None:
    for logits in (LOGITS, LOGITS * 1000 - 7):
        found = aimed_ratio(logits, torch.tensor([label]), torch.tensor([target]))
        assert found.item() == pytest.approx(ratio, abs=1e-10)


def test_equal_logits_have_a_finite_aimed_ratio_and_slope() -> None:
    logits = torch.zeros(1, 5, requires_grad=True)
    ratio = aimed_ratio(logits, torch.tensor([2]), torch.tensor([0]))
    (gradient,) = torch.autograd.grad(ratio.sum(), logits)
    assert ratio.item() == 0
    assert gradient.isfinite().all()


def test_the_other_classes_come_the_strongest_first_and_without_the_one_to_leave() -> None:
    logits = torch.tensor([[0.0, -2, 5, 3], [7, -1, -3, -2]])
    assert other_classes(logits, torch.tensor([0, 2])).tolist() == [[2, 3, 1], [0, 1, 3]]


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_every_run_climbs_the_ratio_of_its_own_target_from_its_own_start(
    pose: Pose, network: nn.Module, norm: Norm
) -> None:
    """The runs of an attack that never succeeds are APGD on the loss written out here, the targets in order."""
    problem = pose(model=network, norm=norm, epsilon=1e-4, labels=firm(network, pose().x))
    attack = APGDT(steps=6, targets=3)
    runs, _ = runs_of(attack, problem)
    assert len(runs) == 3
    order = network(problem.x).argsort(1, descending=True)
    starts = ball(norm)(problem.x, problem.radius).random_starts(problem.seeds)
    for rank, steps in enumerate(runs, start=1):
        target = order[:, rank]

        def ratio(logits: Tensor, labels: Tensor, _: bool, target: Tensor = target) -> Tensor:
            ordered = logits.sort(1, descending=True).values
            lead = (logits * (functional.one_hot(target, 5) - functional.one_hot(labels, 5))).sum(1)
            return lead / (ordered[:, 0] - ordered[:, 2] / 2 - ordered[:, 3] / 2)

        expected = climb_at_its_pace(problem, next(starts), attack, ratio, Pace(2 * problem.radius))
        for step, by_hand in zip(steps, expected, strict=True):
            torch.testing.assert_close(step.x, by_hand.x, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("classes", "ranks"), [(4, [1, 2, 3, 1, 2, 3, 1, 2, 3]), (6, [1, 2, 3, 4, 5, 1, 2, 3, 4])])
def test_with_fewer_other_classes_than_targets_it_begins_again_with_the_first(
    pose: Pose, linear: Any, classes: int, ranks: list[int]
) -> None:
    """Along the sign of w_t − w_y alone, since the denominator is held constant: so the target can be read off."""
    weights = torch.randn(classes, 192, generator=torch.Generator().manual_seed(2), dtype=torch.float64) / 14
    steep = 1e3 * torch.arange(classes, 0, -1, dtype=torch.float64)  # the order stays what it is

    def model(pixels: Tensor) -> Tensor:
        return pixels.flatten(1) @ weights.T + steep

    x = torch.full((2, 3, 8, 8), 0.5, dtype=torch.float64)
    problem = pose(model=model, x=x, labels=torch.zeros(2).long(), epsilon=0.1, seeds=(1, 2))
    runs, _ = runs_of(APGDT(steps=12), problem)
    for rank, steps in zip(ranks, runs, strict=True):
        way = (steps[-1].x - x).sign().flatten(1)
        likeness = [float((way * (weights[each] - weights[0]).sign()).mean()) for each in range(1, classes)]
        assert likeness.index(max(likeness)) + 1 == rank
    starts = [steps[0].x for steps in runs]
    assert len({float(each.sum()) for each in starts}) == 9


def test_the_starts_at_one_target_come_before_the_next_target(pose: Pose, network: nn.Module) -> None:
    problem = pose(model=network, epsilon=1e-4, labels=firm(network, pose().x))
    doubled, _ = runs_of(APGDT(steps=4, targets=2, restarts=2), problem)
    order = network(problem.x).argsort(1, descending=True)
    assert len(doubled) == 4
    for index, steps in enumerate(doubled):
        first, last = steps[0], steps[-1]
        gained = [
            aimed_ratio(last.logits, problem.labels, order[:, rank])
            - aimed_ratio(first.logits, problem.labels, order[:, rank])
            for rank in (1, 2)
        ]
        aimed, other = gained if index < 2 else gained[::-1]
        assert (aimed > other).all()


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_the_last_step_shows_every_pictures_best_of_all_runs(pose: Pose, norm: Norm) -> None:
    problem = pose(norm=norm, epsilon={Norm.LINF: 0.05, Norm.L2: 0.5}[norm])
    *steps, best = run(APGDT(steps=8), problem)
    margins = torch.stack([margin(step.logits, problem.labels) for step in steps])
    lowest, when = margins.min(0)
    assert torch.equal(margin(best.logits, problem.labels), lowest)
    for place, index in enumerate(when):
        assert torch.equal(best.x[place], steps[index].x[place])
        torch.testing.assert_close(best.loss[place], steps[index].loss[place])


def test_a_fooled_picture_rests_while_the_others_are_attacked_and_the_network_is_not_asked_about_it(
    pose: Pose, linear: Any
) -> None:
    asked: list[int] = []

    def counting(pixels: Tensor) -> Any:
        asked.append(len(pixels))
        return linear(pixels)

    labels = linear(pose().x).argmax(1)
    epsilon = torch.tensor([0.9, 1e-4, 0.9, 1e-4], dtype=torch.float64).view(-1, 1, 1, 1)
    problem = pose(model=counting, labels=labels, epsilon=epsilon)
    (first, *later), best = runs_of(APGDT(steps=6), problem)
    fooled = torch.stack([step.logits.argmax(1) != labels for step in first]).any(0)
    assert fooled.tolist() == [True, False, True, False]
    assert asked == [4] + 7 * [4] + 8 * 7 * [2]
    for step in [each for steps in later for each in steps]:
        assert torch.equal(step.x[::2], best.x[::2])
        assert torch.equal(step.logits[::2], best.logits[::2])
        assert step.flat is None or not step.flat.any()
    assert all(not torch.equal(steps[0].x[1::2], first[0].x[1::2]) for steps in later)
    for step in later[0][:-1]:
        assert step.slope is not None
        assert step.slope.isnan().tolist() == fooled.tolist()


def test_every_picture_is_attacked_beside_resting_ones_as_it_is_alone(pose: Pose) -> None:
    weights = torch.randn(7, 192, generator=torch.Generator().manual_seed(2), dtype=torch.float64) / 14

    def model(pixels: Tensor) -> Tensor:
        return (pixels.flatten(1) - 0.5) @ weights.T

    x = torch.rand(6, 3, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = model(x).argmax(1)
    assert len(labels.unique()) > 3
    epsilon = torch.tensor([0.9, 1e-4, 0.9, 2e-4, 1e-4, 0.9], dtype=torch.float64).view(-1, 1, 1, 1)
    together = list(run(APGDT(steps=6), pose(model=model, x=x, labels=labels, epsilon=epsilon)))
    assert (together[-1].logits.argmax(1) == labels).tolist() == [False, True, False, True, True, False]
    for place in range(6):
        part = slice(place, place + 1)
        seeds = (10 + place,)
        alone = pose(model=model, x=x[part], labels=labels[part], epsilon=epsilon[part], seeds=seeds)
        for one, all_ in zip(run(APGDT(steps=6), alone), together, strict=True):
            torch.testing.assert_close(one.x[0], all_.x[place], rtol=0, atol=1e-9)
            cross_entropy = functional.cross_entropy(one.logits[0], labels[place])
            torch.testing.assert_close(all_.loss[place], cross_entropy, rtol=0, atol=1e-9)


def test_when_all_pictures_are_fooled_the_network_is_asked_no_more(pose: Pose, linear: Any) -> None:
    asked: list[int] = []

    def counting(pixels: Tensor) -> Any:
        asked.append(len(pixels))
        return linear(pixels)

    attack = APGDT(steps=6)
    steps = list(run(attack, pose(model=counting, labels=linear(pose().x).argmax(1), epsilon=0.9)))
    assert len(asked) == 1 + 7
    assert [step.index for step in steps] == list(range(attack.last_index + 1))
    assert all(torch.equal(step.x, steps[-1].x) for step in steps[7:])


@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
def test_a_linear_network_is_fooled_exactly_where_a_class_lies_within_epsilon(
    pose: Pose, linear: Any, norm: Norm
) -> None:
    """The way to class t is (z_y − z_t) / ‖w_y − w_t‖ long, in the dual norm, away from the edges of [0, 1]."""
    x = 0.5 + 0.02 * (pose().x - 0.5)
    labels = linear(x).argmax(1)
    weights = torch.from_numpy(linear.weights)
    gaps = weights[labels][:, None] - weights
    lengths = gaps.abs().sum(2) if norm is Norm.LINF else gaps.square().sum(2).sqrt()
    logits = linear(x)
    distances = (logits.gather(1, labels[:, None]) - logits) / lengths
    nearest = distances.scatter(1, labels[:, None], torch.inf).amin(1)
    assert (nearest < 0.4 if norm is Norm.LINF else nearest < 3).all()
    for share, falls in ((0.97, False), (1.03, True)):
        epsilon = (share * nearest).view(-1, 1, 1, 1)
        *_, best = run(APGDT(steps=60), pose(model=linear, x=x, labels=labels, norm=norm, epsilon=epsilon))
        assert (best.logits.argmax(1) != labels).tolist() == [falls] * 4


def test_it_finds_a_class_to_which_the_cross_entropy_does_not_lead(pose: Pose) -> None:
    """The strongest other class is out of reach, and hides the second, which is near."""
    x = torch.full((1, 1, 1, 2), 0.5, dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        first, second = pixels.flatten(1).sub(0.5).T
        return torch.stack([0 * first, -0.2 + first.clamp(max=0.05), second.mul(10) - 0.5, 0 * first - 9], 1) * 40

    problem = pose(model=model, x=x, labels=torch.tensor([0]), epsilon=0.1, seeds=(3,))
    runs, best = runs_of(APGDT(steps=20, targets=3), problem)
    assert best.logits.argmax(1).tolist() == [2]
    assert all((step.logits.argmax(1) == 0).all() for step in runs[0])


@pytest.mark.parametrize("classes", [2, 3])
def test_a_network_of_too_few_classes_is_named(pose: Pose, classes: int) -> None:
    problem = pose(model=lambda x: x.flatten(1)[:, :classes], labels=torch.zeros(4).long())
    with pytest.raises(GradientError, match=f"compares 4 classes, and it knows {classes}") as caught:
        list(run(APGDT(), problem))
    assert caught.value.failure().field == "model"
    assert "APGD-CE" in caught.value.failure().remedy


def test_it_cannot_be_aimed_by_the_user(pose: Pose) -> None:
    with pytest.raises(ValueError, match="apgd-t cannot be aimed at a class"):
        run(APGDT(), pose(targeted=True))


def test_a_gradient_of_zero_is_told_of_the_picture_that_has_it(pose: Pose) -> None:
    def half_blind(x: Tensor) -> Tensor:
        seen = torch.tensor([1.0, 0.0], dtype=x.dtype).view(-1, 1)
        constant = torch.tensor([9.0, 3, 2, 1, 0], dtype=x.dtype)
        return x.flatten(1)[:, :5] * seen[: len(x)] + constant

    problem = pose(model=half_blind, x=pose().x[:2], labels=torch.zeros(2).long(), seeds=(1, 2))
    *steps, _end, _best = run(APGDT(steps=3, targets=1), problem)
    for step in steps:
        assert step.flat is not None
        assert step.flat.tolist() == [False, True]


@pytest.fixture(scope="module")
def digits() -> tuple[nn.Module, Tensor, Tensor]:
    """A small network trained on digits, and pictures that it gets right."""
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = datasets.load_digits()
    x, y = torch.from_numpy(bunch.images / 16).float()[:, None], torch.from_numpy(bunch.target).long()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Flatten(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
        optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
        for _ in range(80):
            optimiser.zero_grad()
            functional.cross_entropy(network(x[:1500]), y[:1500]).backward()
            optimiser.step()
    network.eval()
    right = network(x[1500:]).argmax(1) == y[1500:]
    return network, x[1500:][right][:96], y[1500:][right][:96]


@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.08), (Norm.L2, 0.45)])
def test_it_fools_at_least_what_apgd_on_the_cross_entropy_fools(digits: Any, norm: Norm, epsilon: float) -> None:
    network, x, y = digits
    problem = Problem(network, x, y, False, norm, epsilon, tuple(range(len(x))))
    *_, plain = run(APGD(steps=30), problem)
    *_, aimed = run(APGDT(steps=30), problem)
    by_plain, by_aimed = plain.logits.argmax(1) != y, aimed.logits.argmax(1) != y
    assert 10 < int(by_aimed.sum()) < 86
    assert int((by_plain & ~by_aimed).sum()) <= 1


@pytest.mark.filterwarnings("ignore:there are .* points with zero gradient:Warning")
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.08), (Norm.L2, 0.45)])
def test_success_is_that_of_autoattack(digits: Any, norm: Norm, epsilon: float) -> None:
    """From its own random starts: at most 2 of 96 pictures fall otherwise."""
    autopgd = pytest.importorskip("pyautoattack.autopgd_base")
    network, x, y = digits
    problem = Problem(network, x, y, False, norm, epsilon, tuple(range(len(x))))
    *_, best = run(APGDT(steps=30), problem)
    name = {Norm.LINF: "Linf", Norm.L2: "L2"}[norm]
    theirs = autopgd.APGDAttack_targeted(network, n_iter=30, norm=name, eps=epsilon)
    with torch.random.fork_rng():
        found = theirs.perturb(x, y)
    ours, others = best.logits.argmax(1) != y, network(found).argmax(1) != y
    assert 10 < int(others.sum()) < 86
    assert int((ours != others).sum()) <= 2


def test_its_loss_is_that_of_autoattack() -> None:
    autopgd = pytest.importorskip("pyautoattack.autopgd_base")
    logits = torch.randn(200, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    labels, targets = torch.arange(200) % 12, torch.arange(5, 205) % 12
    theirs = autopgd.APGDAttack_targeted(None, eps=0.1)
    theirs.y_target = targets
    expected = theirs.dlr_loss_targeted(logits, labels)
    torch.testing.assert_close(aimed_ratio(logits, labels, targets), expected, rtol=0, atol=1e-12)
    right = logits.argmax(1)
    for rank in range(2, 11):
        assert torch.equal(other_classes(logits, right)[:, rank - 2], logits.sort(dim=1)[1][:, -rank])


@pytest.fixture
def double_precision() -> Iterator[None]:
    """Their program makes tensors of the default type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize("rank", [1, 3])
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.02), (Norm.L2, 0.3)])
def test_a_run_finds_the_picture_that_autoattack_finds_from_the_same_start(
    pose: Pose, network: nn.Module, norm: Norm, epsilon: float, rank: int
) -> None:
    autopgd = pytest.importorskip("pyautoattack.autopgd_base")

    class AsInThePaper(autopgd.APGDAttack_targeted):  # type: ignore[misc, name-defined]
        """With the two counts of rising steps mended that depart from the paper, as for APGD-DLR."""

        first_loss: Tensor

        def check_oscillation(self, losses: Tensor, last: int, count: int, _best: Tensor, k3: float = 0.75) -> Tensor:
            known = torch.cat([self.first_loss[None], losses[: last + 1]])
            rises = (known.diff(dim=0)[-count:] > 0).double().sum(0)
            return (rises < count * k3).double()

    problem = pose(model=network, norm=norm, epsilon=epsilon, labels=firm(network, pose().x))
    runs, _ = runs_of(APGDT(steps=100, targets=rank), problem)
    steps = runs[rank - 1]
    theirs = AsInThePaper(network, n_iter=100, norm={Norm.LINF: "Linf", Norm.L2: "L2"}[norm], eps=epsilon)
    theirs.init_hyperparam(problem.x)
    theirs.y_target = network(problem.x).sort(dim=1)[1][:, -1 - rank]
    theirs.first_loss = theirs.dlr_loss_targeted(network(steps[0].x).detach(), problem.labels)
    expected, *_ = theirs.attack_single_run(problem.x, problem.labels, x_init=steps[0].x)
    ratios = torch.stack([aimed_ratio(step.logits, problem.labels, theirs.y_target) for step in steps])
    found = torch.stack([steps[int(when)].x[place] for place, when in enumerate(ratios.argmax(0))])
    assert (found - steps[0].x).abs().amax() > 1e-3  # there is something to compare
    torch.testing.assert_close(found, expected.detach(), rtol=0, atol=1e-6)
