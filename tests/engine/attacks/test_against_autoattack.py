"""The same iterates as AutoAttack's own APGD from the same start, and the same success on a trained network."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.attacks import Problem, cross_entropy, run
from engine.attacks.apgd import checkpoints, logit_ratio
from engine.attacks.budget import ball
from engine.catalogue.attacks import APGD, APGDDLR, Norm

autopgd = pytest.importorskip("pyautoattack.autopgd_base")

Pose = Callable[..., Problem]

NORMS = {Norm.LINF: "Linf", Norm.L2: "L2"}
LOSSES = [(APGD, "ce"), (APGDDLR, "dlr")]
STEPS = 100


@pytest.fixture
def double_precision() -> Iterator[None]:
    """It makes tensors of the default type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class AsInThePaper(autopgd.APGDAttack):  # type: ignore[misc]
    """Its program with the two counts of rising steps that depart from the paper mended."""

    first_loss: Tensor

    def check_oscillation(self, losses: Tensor, last: int, count: int, _best: Tensor, k3: float = 0.75) -> Tensor:
        """Fewer than k3 of the steps rose, the first of them from the loss of the start instead of from 0."""
        known = torch.cat([self.first_loss[None], losses[: last + 1]])
        rises = (known.diff(dim=0)[-count:] > 0).double().sum(0)
        return (rises < count * k3).double()


@pytest.mark.usefixtures("double_precision")
@pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])
@pytest.mark.parametrize(("kind", "loss"), LOSSES)
def test_the_best_picture_is_that_of_autoattack_from_the_same_start(
    pose: Pose, kind: type[APGD], loss: str, norm: Norm
) -> None:
    # Away from the strongest class: where the label is third, the ratio is 1 whatever the picture, and what is left of
    # its gradient is rounding, which their floor under the norm shortens.
    labels = pose().model(pose().x).argmax(1)
    problem = pose(norm=norm, epsilon={Norm.LINF: 0.3, Norm.L2: 4.0}[norm], labels=labels)
    start = ball(norm)(problem.x, problem.radius).random_start(problem.seeds)
    theirs = AsInThePaper(problem.model, n_iter=STEPS, norm=NORMS[norm], eps=float(problem.epsilon), loss=loss)
    theirs.init_hyperparam(problem.x)
    logits = problem.model(start).detach()
    theirs.first_loss = (
        functional.cross_entropy(logits, problem.labels, reduction="none")
        if loss == "ce"
        else theirs.dlr_loss(logits, problem.labels)
    )
    expected, _, reached, _ = theirs.attack_single_run(problem.x, problem.labels, x_init=start)
    first, *_, best = run(kind(steps=STEPS), problem)
    assert torch.equal(first.x, start)
    torch.testing.assert_close(best.x, expected.detach(), rtol=0, atol=1e-6)
    if loss == "ce":
        torch.testing.assert_close(best.loss, reached, rtol=0, atol=1e-9)


def test_the_checkpoints_are_those_of_autoattack() -> None:
    theirs = autopgd.APGDAttack(None, n_iter=STEPS, eps=0.1)
    places, stretch = [0], theirs.n_iter_2
    while places[-1] + stretch <= STEPS:
        places.append(places[-1] + stretch)
        stretch = max(stretch - theirs.size_decr, theirs.n_iter_min)
    assert list(checkpoints(STEPS)) == places[1:]


def test_the_ratio_of_logits_is_that_of_autoattack() -> None:
    logits = torch.randn(200, 7, generator=torch.Generator().manual_seed(1))
    labels, targets = torch.arange(200) % 7, torch.arange(1, 201) % 7
    plain = autopgd.APGDAttack(None, eps=0.1)
    torch.testing.assert_close(logit_ratio(logits, labels, False), plain.dlr_loss(logits, labels))
    aimed = autopgd.APGDAttack_targeted(None, eps=0.1)
    aimed.y_target = targets
    # Where the true class is the strongest besides the target, the two speak of the same classes.
    strongest = logits.scatter(1, targets[:, None], -torch.inf).argmax(1)
    theirs = aimed.dlr_loss_targeted(logits, strongest)
    torch.testing.assert_close(logit_ratio(logits, targets, True), theirs)


@pytest.fixture(scope="module")
def digits() -> tuple[nn.Module, Tensor, Tensor]:
    """A small convolutional network trained on digits, and pictures that it gets right."""
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = datasets.load_digits()
    x, y = torch.from_numpy(bunch.images / 16).float()[:, None], torch.from_numpy(bunch.target).long()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(256, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )
        optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
        for _ in range(60):
            optimiser.zero_grad()
            functional.cross_entropy(network(x[:1500]), y[:1500]).backward()
            optimiser.step()
    network.eval()
    right = network(x[1500:]).argmax(1) == y[1500:]
    return network, x[1500:][right][:128], y[1500:][right][:128]


@pytest.mark.filterwarnings("ignore:there are .* points with zero gradient:Warning")
@pytest.mark.parametrize(("norm", "epsilon"), [(Norm.LINF, 0.1), (Norm.L2, 0.6)])
@pytest.mark.parametrize(("kind", "loss"), LOSSES)
def test_success_and_loss_are_those_of_autoattack_as_it_is(
    digits: Any, kind: type[APGD], loss: str, norm: Norm, epsilon: float
) -> None:
    """From its own random starts: at most 4 of 128 pictures fall otherwise, and half have a loss within 0.02."""
    network, x, y = digits
    problem = Problem(network, x, y, False, norm, epsilon, tuple(range(len(x))))
    *_, best = run(kind(steps=STEPS), problem)
    theirs = autopgd.APGDAttack(network, n_iter=STEPS, norm=NORMS[norm], eps=epsilon, loss=loss)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        answers = network(theirs.perturb(x, y, best_loss=True)).detach()
    ours, others = (best.logits.argmax(1) != y).sum(), (answers.argmax(1) != y).sum()
    assert 13 < int(others) < 115  # there is something to compare
    assert abs(int(ours) - int(others)) <= 4
    climbed = logit_ratio if loss == "dlr" else lambda logits, labels, _: cross_entropy(logits, labels)
    differences = climbed(best.logits, y, False) - climbed(answers, y, False)
    assert differences.abs().median() < 0.02
