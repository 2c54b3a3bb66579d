"""Attacks that move what a picture shows: turning and shifting it, and bending it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
import scipy.ndimage
import torch
from torch import Tensor
from torch.nn import functional

from engine.attacks import Problem, run
from engine.attacks.flow import bent, roughness
from engine.attacks.moving_pictures import bounds_of, farthest, turned_and_shifted
from engine.attacks.sampling import sampled
from engine.catalogue.attacks import GridOfMoves, Norm, RandomMoves, StAdv
from engine.experiment import Experiment, Question
from engine.models.classifier import Classifier

Pose = Callable[..., Problem]


def moves(*numbers: float) -> tuple[Tensor, Tensor, Tensor]:
    angle, down, right = (torch.tensor([number], dtype=torch.float64) for number in numbers)
    return angle, down, right


@pytest.fixture
def picture() -> Tensor:
    return torch.rand(1, 3, 9, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def test_a_shift_by_whole_pixels_is_exact_and_black_comes_in(picture: Tensor) -> None:
    shifted = turned_and_shifted(picture, *moves(0, 2, -3))
    assert torch.equal(shifted[:, :, 2:, :-3], picture[:, :, :-2, 3:])
    assert not shifted[:, :, :2].any()
    assert not shifted[:, :, :, -3:].any()


def test_a_quarter_turn_is_clockwise_and_exact(picture: Tensor) -> None:
    square = picture[:, :, :, :9]
    turned = turned_and_shifted(square, *moves(np.pi / 2, 0, 0))
    torch.testing.assert_close(turned, square.rot90(-1, (2, 3)))


@pytest.mark.parametrize(("angle", "down", "right"), [(0.3, 0.0, 0.0), (-0.2, 1.3, -0.7), (1.0, -4.0, 2.5)])
def test_any_move_is_that_of_grid_sample_and_of_scipy(picture: Tensor, angle: float, down: float, right: float) -> None:
    ours = turned_and_shifted(picture, *moves(angle, down, right))
    height, width = picture.shape[2:]
    cosine, sine = np.cos(angle), np.sin(angle)
    # torch counts from −1 to 1 across the picture, columns first.
    back = torch.tensor([[cosine, sine * height / width, 0], [-sine * width / height, cosine, 0]]).double()
    moved = torch.tensor([2 * right / width, 2 * down / height], dtype=torch.float64)
    back[:, 2] = -back[:, :2] @ moved
    grid = functional.affine_grid(back[None], list(picture.shape), align_corners=False)
    theirs = functional.grid_sample(picture, grid, "bilinear", "zeros", align_corners=False)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    middle = np.array([(height - 1) / 2, (width - 1) / 2])
    offset = middle - matrix @ (middle + np.array([down, right]))
    padded = np.pad(picture[0].numpy(), ((0, 0), (1, 1), (1, 1)))
    again = [
        scipy.ndimage.affine_transform(each, matrix, offset + 1 - matrix @ [1, 1], order=1, mode="constant")
        for each in padded
    ]
    np.testing.assert_allclose(ours[0].numpy(), np.stack(again)[:, 1:-1, 1:-1], atol=1e-9)


def test_the_farthest_point_is_a_corner_followed_by_hand() -> None:
    shape = torch.Size([1, 3, 6, 8])
    assert float(farthest(shape, *moves(0, 3, 4))) == pytest.approx(5)
    assert float(farthest(shape, *moves(0.4, 0, 0))) == pytest.approx(2 * 5 * np.sin(0.2))  # the corners are 5 away
    assert float(farthest(shape, *moves(np.pi, 0, 0))) == pytest.approx(10)
    both = float(farthest(shape, *moves(0.4, 1, 1)))
    assert 2 * 5 * np.sin(0.2) < both <= 2 * 5 * np.sin(0.2) + np.sqrt(2)


@pytest.mark.parametrize("turning", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("epsilon", [0.5, 3.0, 40.0])
def test_no_move_of_the_grid_goes_beyond_epsilon_and_its_ends_come_near_it(
    pose: Pose, turning: float, epsilon: float
) -> None:
    sizes = []

    def model(pixels: Tensor) -> Tensor:
        return pixels.mean((2, 3))

    problem = pose(model=model, labels=torch.zeros(4).long(), norm=Norm.FLOW, epsilon=epsilon)
    for seed in range(30):
        seeded = pose(model=model, labels=problem.labels, norm=Norm.FLOW, epsilon=epsilon, seeds=(seed,) * 4)
        *_, end = run(RandomMoves(steps=1, turning=turning), seeded)
        assert end.moved is not None
        sizes.append(end.moved)
    assert torch.stack(sizes).max() <= epsilon + 1e-9
    *_, end = run(GridOfMoves(angles=3, shifts=3, turning=turning), problem)
    assert end.moved is not None
    assert end.moved.max() <= epsilon + 1e-9


def test_at_the_papers_bounds_the_angle_is_some_30_degrees_and_the_shift_a_tenth_of_the_side(pose: Pose) -> None:
    problem = pose(model=lambda x: x.mean((2, 3)), x=torch.rand(1, 3, 32, 32), labels=torch.zeros(1).long())
    problem = pose(
        model=problem.model, x=problem.x, labels=problem.labels, norm=Norm.FLOW, epsilon=16.0, seeds=problem.seeds
    )
    bounds = bounds_of(RandomMoves(), problem)
    assert float(bounds.angle.rad2deg()) == pytest.approx(30, abs=2)
    assert float(bounds.shift) == pytest.approx(3.2, abs=0.3)


def test_the_grid_finds_the_worst_of_all_its_moves(pose: Pose) -> None:
    problem = pose(norm=Norm.FLOW, epsilon=3.0)
    *_, end = run(GridOfMoves(angles=5, shifts=3), problem)
    angle = 2 * np.arcsin(0.7 * 3 / (2 * np.hypot(8, 8) / 2))
    side = 0.3 * 3 / np.sqrt(2)
    found = []
    for share in np.linspace(-1, 1, 5):
        for down in (-side, 0, side):
            for right in (-side, 0, side):
                move = [each.expand(4) for each in moves(share * angle, down, right)]
                logits = problem.model(turned_and_shifted(problem.x, *move))
                found.append(
                    (
                        logits.argmax(1) != problem.labels,
                        functional.cross_entropy(logits, problem.labels, reduction="none"),
                    )
                )
    does, losses = (torch.stack(each) for each in zip(*found, strict=True))
    # First of all one that changes the answer, then the highest loss; the picture as it is lies in the grid.
    ranks = losses.detach() + 1e6 * does
    wanted = losses.gather(0, ranks.argmax(0)[None])[0]
    torch.testing.assert_close(end.loss, wanted.detach())


def test_a_move_that_changes_the_answer_is_not_given_up_for_a_higher_loss(pose: Pose) -> None:
    holds, fooled, likelier = [0.0, -9.0, -9.0], [1.0, 1.1, -9.0], [9.0, 8.0, 8.9]
    answers = iter([holds, fooled, likelier])
    problem = pose(
        model=lambda pixels: torch.tensor([next(answers)], dtype=pixels.dtype),
        x=pose().x[:1],
        labels=torch.zeros(1).long(),
        norm=Norm.FLOW,
        epsilon=1.0,
    )
    assert [step.logits[0].tolist() for step in run(RandomMoves(steps=2), problem)] == [holds, fooled, fooled]


def test_no_gradient_is_asked_for(pose: Pose) -> None:
    def blind(pixels: Tensor) -> Tensor:
        assert not torch.is_grad_enabled()
        return pixels.flatten(1)[:, :5]

    list(run(RandomMoves(steps=2), pose(model=blind, norm=Norm.FLOW)))


def test_a_walk_keeps_how_far_every_iterate_was_moved() -> None:
    def model(pixels: Tensor) -> Tensor:
        return pixels[:, :, 2:5, 3:6].mean((2, 3))

    classifier = SimpleNamespace(device="cpu", prepared=model, logits=model)
    picture = torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(1)).numpy()
    experiment = Experiment(cast(Classifier, classifier), picture)
    question = Question(StAdv(steps=4), Norm.FLOW, experiment.before.label, targeted=False, seed=1)
    walk = experiment.walk(question, 0.25)
    while walk.advance():
        pass
    sizes = walk.trace().sizes(Norm.FLOW)
    assert sizes[0] == 0
    assert 0 < sizes.max() <= 0.25 + 1e-6
    shown = experiment.attacked(walk.iterate(None), walk.last_index, question.label, None)
    assert shown.flow == pytest.approx(float(sizes[-1]))
    assert np.isnan(experiment.sizes(experiment.x).of(Norm.FLOW))  # values alone do not tell it


# Bending


def test_between_pixels_a_picture_is_read_off_as_by_grid_sample_beyond_its_edge_as_it_ends(picture: Tensor) -> None:
    height, width = picture.shape[2:]
    source = torch.Generator().manual_seed(3)
    rows = torch.rand(1, 5, 6, generator=source, dtype=torch.float64) * (height + 4) - 2
    columns = torch.rand(1, 5, 6, generator=source, dtype=torch.float64) * (width + 4) - 2
    grid = torch.stack([2 * (columns + 0.5) / width - 1, 2 * (rows + 0.5) / height - 1], 3)
    theirs = functional.grid_sample(picture, grid, "bilinear", "border", align_corners=False)
    torch.testing.assert_close(sampled(picture, rows, columns), theirs, rtol=0, atol=1e-9)


def test_the_slope_by_the_places_is_that_of_finite_differences(picture: Tensor) -> None:
    flow = torch.rand(1, 2, 9, 12, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 0.9 + 0.05
    assert torch.autograd.gradcheck(lambda each: bent(picture, each), (flow.requires_grad_(),), atol=1e-6)


def test_the_roughness_is_the_papers_sum_over_all_neighbours() -> None:
    flow = torch.randn(2, 2, 4, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    wanted = torch.zeros(2, dtype=torch.float64)
    for row in range(4):
        for column in range(5):
            for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                if 0 <= row + down < 4 and 0 <= column + right < 5:
                    wanted += (flow[:, :, row, column] - flow[:, :, row + down, column + right]).norm(dim=1)
    cost, gradient = roughness(flow)
    torch.testing.assert_close(cost, wanted)
    step = 1e-6 * torch.randn(flow.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    difference = roughness(flow + step)[0] - roughness(flow - step)[0]
    torch.testing.assert_close(2 * (gradient * step).sum((1, 2, 3)), difference, rtol=1e-6, atol=1e-12)


def test_where_all_points_move_alike_there_is_no_roughness_and_no_slope() -> None:
    cost, gradient = roughness(torch.full((1, 2, 4, 5), 0.7, dtype=torch.float64))
    assert float(cost) < 1e-9
    assert not gradient.any()


@pytest.mark.parametrize("targeted", [False, True])
def test_a_bend_changes_the_answer_while_no_point_moves_beyond_epsilon(pose: Pose, targeted: bool) -> None:
    weights = torch.randn(192, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)

    def model(pixels: Tensor) -> Tensor:
        return pixels.flatten(1) @ weights

    logits = model(pose().x)
    labels = logits.topk(2).indices[:, 1] if targeted else logits.argmax(1)
    steps = list(run(StAdv(steps=60), pose(model=model, norm=Norm.FLOW, epsilon=2.0, labels=labels, targeted=targeted)))
    end = steps[-1]
    assert ((end.logits.argmax(1) == labels) == targeted).all()
    assert all(step.moved is not None and (step.moved <= 2 + 1e-9).all() for step in steps)
    assert end.moved is not None
    assert end.moved.min() > 0


def test_a_higher_price_makes_a_smoother_bend(pose: Pose) -> None:
    labels = pose().model(pose().x).argmax(1)
    found = []
    for price in (0.0, 0.05):
        problem = pose(norm=Norm.FLOW, epsilon=0.5, labels=labels)
        *_, end = run(StAdv(steps=20, smoothness=price, confidence=50.0), problem)
        found.append((end.x - problem.x).diff(dim=3).abs().mean())
    assert found[1] < found[0]


def test_the_last_step_is_the_smoothest_bend_that_did_what_it_should(pose: Pose) -> None:
    labels = pose().model(pose().x).argmax(1)
    steps = list(run(StAdv(steps=30), pose(norm=Norm.FLOW, epsilon=2.0, labels=labels)))
    for place in range(4):
        fooled = [step for step in steps[:-1] if step.logits[place].argmax() != labels[place]]
        assert (steps[-1].logits[place].argmax() != labels[place]) == bool(fooled)
        assert not fooled or any(torch.equal(step.x[place], steps[-1].x[place]) for step in fooled)
