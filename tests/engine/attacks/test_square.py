"""Random search with squares: the paper's algorithm step by step, the authors' program, and a known optimum."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from engine.attacks import GradientError, Problem, Step, margin, run
from engine.attacks.budget import LinfBall
from engine.attacks.square import LinfSearch, eta, share_of_pixels
from engine.catalogue.attacks import Norm, Square

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

EPSILON = {Norm.LINF: 0.05, Norm.L2: 0.6}
every_aim = pytest.mark.parametrize("targeted", [False, True])
every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])


def one_by_one(problem: Problem) -> Iterator[Problem]:
    for place in range(len(problem.x)):
        part = slice(place, place + 1)
        yield Problem(
            problem.model,
            problem.x[part],
            problem.labels[part],
            problem.targeted,
            problem.norm,
            problem.epsilon,
            problem.seeds[part],
        )


class ByHand:
    """Algorithms 1 to 3 of the paper for one picture, in NumPy, with the same draws."""

    def __init__(self, problem: Problem, share: float, steps: int) -> None:
        self.problem, self.share, self.steps = problem, share, steps
        self.x: Array = problem.x[0].numpy()
        self.epsilon = float(problem.epsilon)
        self.source = Generator().manual_seed(problem.seeds[0])

    def run(self) -> list[Array]:
        is_linf = self.problem.norm is Norm.LINF
        best = self.stripes() if is_linf else self.tiles()
        rank = self.rank(best)
        found = [best]
        for index in range(self.steps):
            area = self.share / 2 ** self.halvings(index * 10_000 // self.steps) * 64
            tried = self.square(best, area) if is_linf else self.windows(best, area)
            if self.rank(tried) < rank:
                best, rank = tried, self.rank(tried)
            found.append(best)
        return found

    @staticmethod
    def halvings(at: int) -> int:
        ends = [10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000]
        return next((count for count, end in enumerate(ends) if at <= end), 9)

    def rank(self, x: Array) -> tuple[float, ...]:
        """What is made smaller: the margin; towards a target first whether it is missed, then the cross-entropy."""
        with torch.no_grad():
            z = self.problem.model(torch.from_numpy(x)[None])[0].numpy()
        label = int(self.problem.labels[0])
        lead = z[label] - np.delete(z, label).max()
        return (lead <= 0, np.log(np.exp(z).sum()) - z[label]) if self.problem.targeted else (lead,)

    def number(self, end: int) -> int:
        return int(torch.randint(0, end, (), generator=self.source))

    def signs(self, *shape: int) -> Array:
        drawn: Array = torch.randint(0, 2, shape, generator=self.source).double().numpy() * 2 - 1
        return drawn

    def stripes(self) -> Array:
        return np.clip(self.x + self.epsilon * self.signs(3, 1, 8), 0, 1)

    def square(self, best: Array, area: float) -> Array:
        side = min(max(round(area**0.5), 1), 8)
        top, left, signs = self.number(9 - side), self.number(9 - side), self.signs(3, 1, 1)
        moved = best.copy()
        moved[:, top : top + side, left : left + side] += 2 * self.epsilon * signs
        moved = np.minimum(np.maximum(moved, self.x - self.epsilon), self.x + self.epsilon)
        return np.clip(moved, 0, 1)

    def shape(self, side: int) -> Array:
        """η: equation 4 read off pixel by pixel, then both halves together."""

        def hill(height: int, width: int) -> Array:
            half = max(height, width) // 2
            found = np.zeros((height, width))
            for row in range(height):
                for column in range(width):
                    reach = half - max(abs(row - height // 2), abs(column - width // 2))
                    found[row, column] = sum(1 / (half + 1 - k) ** 2 for k in range(reach + 1))
            return found / np.sqrt((found**2).sum()) if height else found

        found = np.concatenate([hill(side // 2, side), -hill(side - side // 2, side)])
        found = found / np.sqrt((found**2).sum())
        return found.T if self.number(2) else found

    def tiles(self) -> Array:
        delta = np.zeros_like(self.x)
        for row in range(8):
            for column in range(8):
                delta[:, row : row + 1, column : column + 1] = self.shape(1) * self.signs(3, 1, 1)
        return self.at_length(delta)

    def windows(self, best: Array, area: float) -> Array:
        side = max(round(area**0.5), 3)
        side = min(side + (side % 2 == 0), 8)
        (top, left), (top2, left2) = [(self.number(9 - side), self.number(9 - side)) for _ in range(2)]
        shape = self.shape(side)
        signs = self.signs(3, 1, 1)
        nu = best - self.x
        unused = max(self.epsilon**2 - (nu**2).sum(), 0)
        after = nu.copy()
        after[:, top2 : top2 + side, left2 : left2 + side] = 0
        for channel in range(3):
            mask = np.zeros((8, 8), bool)
            mask[top : top + side, left : left + side] = mask[top2 : top2 + side, left2 : left2 + side] = True
            available = np.sqrt((nu[channel][mask] ** 2).sum() + unused / 3)
            window = nu[channel, top : top + side, left : left + side]
            mixed = signs[channel] * shape
            if window.any():  # it may have been emptied
                mixed = mixed + window / np.sqrt((window**2).sum())
            mixed *= available / np.sqrt((mixed**2).sum())
            after[channel, top : top + side, left : left + side] = mixed
        return self.at_length(after)

    def at_length(self, delta: Array) -> Array:
        return np.clip(self.x + self.epsilon * delta / np.sqrt((delta**2).sum()), 0, 1)


@every_aim
@every_norm
def test_every_step_is_that_of_the_papers_algorithm_with_the_same_draws(pose: Pose, norm: Norm, targeted: bool) -> None:
    changes = 0
    for problem in one_by_one(pose(norm=norm, targeted=targeted, epsilon=EPSILON[norm])):
        by_hand = ByHand(problem, share=0.6, steps=60).run()
        for step, expected in zip(run(Square(steps=60, share=0.6), problem), by_hand, strict=True):
            np.testing.assert_allclose(step.x[0].numpy(), expected, rtol=0, atol=1e-9)
        changes += sum(not np.array_equal(one, two) for one, two in pairwise(by_hand))
    assert changes > 20  # some were taken


@pytest.fixture
def double_precision() -> Iterator[None]:
    """The authors' program makes tensors of the default type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def authors_result(problem: Problem, steps: int, share: float) -> tuple[int, Tensor]:
    """How many steps their program takes until the answer is changed, and its picture; with our draws."""
    theirs = pytest.importorskip("pyautoattack.square")
    source = Generator().manual_seed(problem.seeds[0])

    class WithDraws(theirs.SquareAttack):  # type: ignore[misc]
        def random_int(self, low: int, high: int) -> Tensor:
            """Theirs leaves ``high`` out, so that the last row and column are never changed."""
            return torch.randint(low, high + 1, (1,), generator=source)

        def random_choice(self, shape: list[int]) -> Tensor:
            return torch.randint(0, 2, shape, generator=source).double() * 2 - 1

        def eta(self, side: int) -> Tensor:
            found = super().eta(side)
            upright = found if found[-1, 0] < 0 else found.T
            return upright.T if int(torch.randint(0, 2, (), generator=source)) else upright

    attack = WithDraws(
        problem.model,
        norm={Norm.LINF: "Linf", Norm.L2: "L2"}[problem.norm],
        n_queries=steps,
        eps=float(problem.epsilon),
        p_init=share,
        targeted=problem.targeted,
        loss="ce" if problem.targeted else "margin",
    )
    attack.init_hyperparam(problem.x)
    asked, found = attack.attack_single_run(problem.x, problem.labels)
    return int(asked[0]) - 1, found


@pytest.mark.usefixtures("double_precision")
@every_aim
@every_norm
def test_the_picture_is_that_of_the_authors_program_when_it_ends(pose: Pose, norm: Norm, targeted: bool) -> None:
    x = torch.rand(4, 3, 10, 10, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weights = torch.randn(300, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        return (3 * pixels.flatten(1) @ weights / 10).sin() * 4

    labels = model(x).argmin(1) if targeted else model(x).argmax(1)
    for problem in one_by_one(
        pose(model=model, x=x, labels=labels, norm=norm, targeted=targeted, epsilon=EPSILON[norm])
    ):
        end, expected = authors_result(problem, steps=150, share=0.8)
        steps = list(run(Square(steps=150, share=0.8), problem))
        assert not torch.equal(steps[0].x, expected) or end == 0
        # Theirs has a floor of 1e-12 under the length of a window, which may be as short as 1e-5.
        torch.testing.assert_close(steps[end].x, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("at", "halvings"), [(0, 0), (10, 0), (11, 1), (51, 2), (201, 3), (501, 4), (1001, 5)])
@pytest.mark.parametrize("steps", [10_000, 20_000])
def test_the_squares_get_smaller_after_the_published_numbers_of_queries(steps: int, at: int, halvings: int) -> None:
    assert share_of_pixels(0.8, at * steps // 10_000, steps) == 0.8 / 2**halvings


def test_the_last_squares_are_a_512th_of_the_first_however_few_queries_there_are() -> None:
    assert share_of_pixels(1.0, 9_999, 10_000) == share_of_pixels(1.0, 99, 100) == 1 / 512


def test_eta_is_of_length_one_and_its_halves_cancel_where_they_are_alike() -> None:
    for side in (1, 2, 3, 6, 7, 44):
        assert float(eta(side).square().sum()) == pytest.approx(1)
    for side in (2, 6, 44):
        upper, lower = eta(side).split(side // 2)
        torch.testing.assert_close(upper, -lower)


def test_the_start_is_stripes_one_pixel_wide(pose: Pose) -> None:
    x = torch.full((2, 3, 12, 12), 0.5, dtype=torch.float64)
    start = next(run(Square(), pose(model=lambda pixels: pixels.mean((2, 3)), x=x, epsilon=0.125)))
    assert torch.equal((start.x - x).abs(), torch.full_like(x, 0.125))
    assert torch.equal(start.x, start.x[:, :, :1].expand_as(x))
    assert len(start.x[:, :, 0].flatten(0, 1).unique(dim=0)) == 6  # no two channels of any picture alike


def test_one_square_is_changed_at_a_time_and_every_place_has_its_turn(pose: Pose) -> None:
    problem = pose(x=torch.full((1, 3, 6, 9), 0.5, dtype=torch.float64), epsilon=0.1)
    search = LinfSearch(LinfBall(problem.x, problem.radius))
    source = (Generator().manual_seed(0),)
    seen = set()
    for _ in range(400):
        change = search.change(problem.x, 2, source)[0] - 0.5
        where = change.any(0).nonzero()
        top, left = (int(each) for each in where.min(0).values)
        seen.add((top, left))
        assert len(where) == 4
        assert torch.allclose(change[:, top : top + 2, left : left + 2].abs(), torch.tensor(0.1).double())
        assert torch.equal(change[:, top, left], change[:, top + 1, left + 1])
    assert seen == {(top, left) for top in range(5) for left in range(8)}


def test_in_l2_every_picture_asked_about_is_epsilon_away_where_nothing_is_cut(pose: Pose) -> None:
    asked = []

    def model(pixels: Tensor) -> Tensor:
        asked.append(pixels)
        return pixels.flatten(1)[:, :5] * 3

    x = torch.full((1, 3, 20, 20), 0.5, dtype=torch.float64)
    list(run(Square(steps=50, share=0.3), pose(model=model, x=x, norm=Norm.L2, epsilon=0.5)))
    sizes = torch.cat(asked).sub(x).flatten(1).square().sum(1).sqrt()
    torch.testing.assert_close(sizes, torch.full((51,), 0.5, dtype=torch.float64))


def test_squares_of_one_pixel_find_the_very_optimum_of_a_linear_network(pose: Pose) -> None:
    """Two classes: the least margin within max |δ| ≤ ε is m(x) − ε ‖w₀ − w₁‖₁."""
    weights = torch.randn(2, 48, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = torch.full((1, 3, 4, 4), 0.5, dtype=torch.float64)
    problem = pose(model=lambda pixels: pixels.flatten(1) @ weights.T, x=x, epsilon=0.1)
    *_, end = run(Square(steps=1500, share=0.03), problem)
    least = margin(problem.model(x), problem.labels) - 0.1 * (weights[0] - weights[1]).abs().sum()
    torch.testing.assert_close(margin(end.logits, problem.labels), least)


@every_aim
@every_norm
def test_the_best_so_far_never_gets_worse_and_ends_better_than_it_began(pose: Pose, norm: Norm, targeted: bool) -> None:
    problem = pose(norm=norm, targeted=targeted, epsilon=EPSILON[norm])
    steps = list(run(Square(steps=150), problem))
    leads = torch.stack([step.loss if targeted else margin(step.logits, problem.labels) for step in steps])
    if not targeted:
        assert (leads.diff(dim=0) <= 0).all()
    assert (leads[-1] < leads[0]).all()


def test_a_picture_that_reaches_the_target_is_not_given_up_for_one_that_only_comes_nearer(pose: Pose) -> None:
    """The cross-entropy of a close second may be smaller than that of a winner among many."""
    miss, hit, nearer = [0.0, 1.0, 0.0], [0.1, 0.0, 0.0], [3.0, 3.1, -9.0]
    better_hit = [9.0, 0.0, 0.0]
    answers = iter([miss, hit, nearer, better_hit])
    problem = pose(
        model=lambda pixels: torch.tensor([next(answers)], dtype=pixels.dtype),
        x=pose().x[:1],
        labels=torch.zeros(1).long(),
        targeted=True,
    )
    found = [step.logits[0].tolist() for step in run(Square(steps=3), problem)]
    assert found == [miss, hit, hit, better_hit]


def test_a_step_is_a_query_and_the_start_is_one_too(pose: Pose) -> None:
    asked = 0

    def model(pixels: Tensor) -> Tensor:
        nonlocal asked
        asked += len(pixels)
        return pixels.flatten(1)[:, :5]

    for step in run(Square(steps=5), pose(model=model)):
        assert step.queries == step.index + 1 == asked / 4
        assert step.slope is None


def test_no_gradient_is_asked_for(pose: Pose, network: nn.Module) -> None:
    def blind(pixels: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        assert not pixels.requires_grad
        return network(pixels)

    for norm in Square.norms:
        *_, end = run(Square(steps=3), pose(model=blind, norm=norm))
        assert isinstance(end, Step)


def test_an_answer_that_is_no_number_is_told(pose: Pose) -> None:
    with pytest.raises(GradientError, match="its answer is not a finite number"):
        list(run(Square(steps=3), pose(model=lambda pixels: pixels.flatten(1)[:, :5] / 0)))


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 2, 9), (1, 28, 28), (2, 4, 3)])
def test_pictures_of_any_shape_can_be_searched(pose: Pose, shape: Any) -> None:
    x = torch.full((2, *shape), 0.5, dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        return torch.stack([pixels.flatten(1).sum(1), pixels.flatten(1)[:, 0]], 1)

    for norm in Square.norms:
        for step in run(Square(steps=20, share=1.0), pose(model=model, x=x, norm=norm, epsilon=0.25)):
            assert step.x.isfinite().all()
            assert (step.x != x).flatten(1).any(1).all()
