"""A picture is moved under the network, and what may be exact is exact."""

from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.answers import Floats
from engine.catalogue.moves import Moves
from engine.catalogue.options import bounds
from engine.frame import Frame, Stage
from engine.images import move, permutation
from engine.images.moving import bend
from engine.job import Job
from engine.request import FORMAT, Request, RequestError
from engine.wording import sentence

SHIFTS = st.integers(-6, 6)


def lattice(height: int, width: int, channels: int, seed: int = 0) -> Floats:
    levels = np.random.default_rng(seed).integers(0, 256, (height, width, channels))
    return (levels / 255).astype(np.float32)


@pytest.fixture(params=[1, 3], ids=["grey", "colour"])
def picture(request: pytest.FixtureRequest) -> Floats:
    return lattice(20, 24, request.param)


def test_without_a_move_the_very_same_pixels_come_back(picture: Floats) -> None:
    assert move(picture, Moves()) is picture
    assert move(picture, Moves(seed=5)) is picture


@given(SHIFTS, SHIFTS)
def test_a_shift_by_whole_pixels_and_back_restores_the_inside_exactly(right: int, down: int) -> None:
    picture = lattice(20, 24, 3)
    back = move(move(picture, Moves(right=right, down=down)), Moves(right=-right, down=-down))
    margin = slice(6, -6)
    np.testing.assert_array_equal(back[margin, margin], picture[margin, margin])


@given(SHIFTS, SHIFTS)
def test_right_is_right_and_down_is_down(right: int, down: int) -> None:
    picture = np.zeros((20, 20, 1), np.float32)
    picture[10, 10] = 1
    moved = move(picture, Moves(right=right, down=down))
    assert np.argwhere(moved[..., 0]).tolist() == [[10 + down, 10 + right]]


def test_what_comes_in_is_black_beside_a_drawing_and_the_border_beside_a_photograph() -> None:
    grey, colour = np.ones((8, 8, 1), np.float32), lattice(8, 8, 3)
    for right in (3.0, 2.5):
        assert (move(grey, Moves(right=right))[:, :2] == 0).all()
    np.testing.assert_array_equal(move(colour, Moves(right=3))[:, :3], np.repeat(colour[:, :1], 3, axis=1))
    np.testing.assert_array_equal(move(colour, Moves(right=2.5))[:, 0], colour[:, 0])


def test_a_shift_by_half_a_pixel_is_the_mean_of_two_neighbours(picture: Floats) -> None:
    moved = move(picture, Moves(right=0.5))
    mean = (picture[:, :-1] + picture[:, 1:]) / 2
    np.testing.assert_allclose(moved[:, 1:], mean, atol=0.51 / 255)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_quarter_turn_is_exact_and_clockwise(quarters: int) -> None:
    for channels in (1, 3):
        picture = lattice(20, 20, channels)
        turn = 90.0 * quarters if quarters < 3 else -90.0
        np.testing.assert_allclose(move(picture, Moves(turn=turn)), np.rot90(picture, -quarters), atol=1e-6)


def test_a_turn_is_what_pillow_makes_of_it() -> None:
    smooth = np.asarray(Image.fromarray(np.uint8(lattice(6, 6, 3) * 255)).resize((48, 48), Image.Resampling.BICUBIC))
    ours = move(smooth.astype(np.float32) / 255, Moves(turn=25))
    theirs = np.asarray(Image.fromarray(smooth).rotate(-25, Image.Resampling.BILINEAR)) / 255
    inside = slice(12, 36)
    np.testing.assert_allclose(ours[inside, inside], theirs[inside, inside], atol=1.5 / 255)


def test_mirroring_is_exact_and_undoes_itself(picture: Floats) -> None:
    np.testing.assert_array_equal(move(picture, Moves(flip=True)), picture[:, ::-1])
    resampled = move(picture, Moves(flip=True, right=1e-9))
    np.testing.assert_allclose(resampled, picture[:, ::-1], atol=1e-6)


def test_shrinking_averages_and_does_not_pick_single_pixels() -> None:
    stripes = np.zeros((40, 40, 3), np.float32)
    stripes[:, ::2] = 1
    assert np.ptp(move(stripes, Moves(scale=0.4))[15:25, 15:25]) < 0.2


def test_at_twice_the_size_the_middle_half_fills_the_picture() -> None:
    picture = np.zeros((20, 20, 1), np.float32)
    picture[5:15, 5:15] = 1
    assert move(picture, Moves(scale=2))[1:-1, 1:-1].min() == 1


def test_the_bend_moves_pixels_by_as_much_as_it_says_and_smoothly() -> None:
    field = bend(28, 28, 3)
    assert np.sqrt(np.mean(field**2)) == pytest.approx(1)
    assert np.abs(np.diff(field, axis=2)).max() < 1
    ramp = np.tile(np.linspace(0, 1, 28, dtype=np.float32), (28, 1))[..., None]
    apart = (move(ramp, Moves(elastic=1.0, seed=3)) - ramp)[4:-4, 4:-4, 0] * 27
    np.testing.assert_allclose(apart, field[1, 4:-4, 4:-4], atol=0.08)


def test_noise_has_the_size_that_is_asked_for_and_grows_in_place() -> None:
    grey = np.full((100, 100, 1), 0.5, np.float32)
    weak, strong = (move(grey, Moves(noise=each)) - 0.5 for each in (0.04, 0.08))
    assert weak.std() == pytest.approx(0.04, rel=0.05)
    np.testing.assert_allclose(strong, 2 * weak, atol=2 / 255)
    assert not np.array_equal(move(grey, Moves(noise=0.04, seed=1)), grey + weak)


def test_the_circle_of_colours_turned_by_a_third_makes_red_green() -> None:
    red = np.zeros((2, 2, 3), np.float32)
    red[..., 0] = 1
    np.testing.assert_allclose(move(red, Moves(hue=120)), np.roll(red, 1, axis=2), atol=1e-6)
    grey = np.full((2, 2, 1), 100 / 255, np.float32)
    np.testing.assert_array_equal(move(grey, Moves(hue=120)), grey)


@given(st.integers(1, 400), st.integers(0, 2**31 - 1))
def test_a_permutation_holds_every_pixel_once_and_argsort_leads_back(count: int, seed: int) -> None:
    order = permutation(count, seed)
    assert sorted(order.tolist()) == list(range(count))
    values = np.arange(count) * 3
    np.testing.assert_array_equal(values[order][np.argsort(order)], values)


def test_the_permutation_of_a_seed_is_the_same_on_every_machine() -> None:
    assert permutation(8, 0).tolist() == [2, 4, 3, 6, 5, 0, 1, 7]


def test_pixels_are_permuted_as_wholes_and_alike_in_every_picture(picture: Floats) -> None:
    other = lattice(*picture.shape, seed=1)
    order = permutation(20 * 24, 7)
    for each in (picture, other):
        moved = move(each, Moves(permute=True, seed=7)).reshape(20 * 24, -1)
        np.testing.assert_array_equal(moved, each.reshape(20 * 24, -1)[order])


@st.composite
def moves(draw: st.DrawFn) -> Moves:
    chosen = {}
    for each in fields(Moves):
        limits = bounds(each)
        kind = type(each.default)
        if kind is bool:
            chosen[each.name] = draw(st.booleans())
        elif kind is int:
            chosen[each.name] = draw(st.integers(int(limits.low), int(limits.high)))
        else:
            chosen[each.name] = draw(st.one_of(st.just(each.default), st.floats(limits.low, limits.high)))
    return Moves(**chosen)


@given(moves())
def test_whatever_the_moves_the_result_is_a_picture_that_a_file_can_hold(chosen: Moves) -> None:
    for channels in (1, 3):
        picture = lattice(9, 11, channels)
        moved = move(picture, chosen)
        assert moved.shape == picture.shape
        assert moved.dtype == np.float32
        assert moved.flags.c_contiguous, "views and Qt read it row by row"
        assert moved.min() >= 0
        assert moved.max() <= 1
        np.testing.assert_allclose(moved * 255, np.rint(moved * 255), atol=1e-3)
        np.testing.assert_array_equal(move(picture, chosen), moved)


@given(moves())
def test_moves_go_through_a_session_file(chosen: Moves) -> None:
    request = Request(moves=chosen)
    assert Request.from_json(request.to_json()) == request


def test_a_session_file_from_before_there_were_moves_still_opens() -> None:
    assert Request.from_json(json.dumps({"foolscope": FORMAT})).moves.is_still


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"name": "moves", "right": 1000}, "right must be between -256 and 256"),
        ({"name": "moves", "sideways": 1}, "sideways"),
        ({"name": "moves", "turn": float("nan")}, "turn must be between"),
        ("left", "must be an object"),
    ],
)
def test_a_session_file_with_impossible_moves_is_told_why(content: object, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        Request.from_json(json.dumps({"foolscope": FORMAT, "moves": content}))


@pytest.fixture(scope="module")
def job() -> Job:
    return Job()


def attacked(job: Job, request: Request) -> Frame:
    return next(each for each in job.run(request) if each.failure is None and each.stage >= Stage.ATTACKED)


def test_all_that_follows_sees_the_moved_picture_and_the_frame_tells_the_answer_before(job: Job) -> None:
    still = attacked(job, Request())
    assert still.unmoved is None
    assert still.clean is not None
    request = Request(moves=Moves(right=-40, turn=170))
    moved = attacked(job, request)
    assert moved.clean is not None
    assert moved.attacked is not None
    assert moved.before is not None
    assert moved.unmoved is not None
    np.testing.assert_array_equal(moved.clean, move(still.clean, request.moves))
    assert np.abs(moved.attacked.image - moved.clean).max() <= request.epsilon + 1e-6
    assert still.before is not None
    np.testing.assert_array_equal(moved.unmoved.probabilities, still.before.probabilities)
    assert not np.allclose(moved.before.probabilities, still.before.probabilities)
    assert moved.photo is still.photo, "the photograph is not laid out anew while it is moved"
    assert "(unmoved: tripod" in sentence(moved)
    again = attacked(job, Request())
    assert again.unmoved is None
    np.testing.assert_array_equal(again.clean, still.clean)


def test_a_seed_that_draws_nothing_leaves_the_work_as_it_was(job: Job) -> None:
    first = attacked(job, Request(moves=Moves(right=1)))
    second = attacked(job, Request(moves=Moves(right=1, seed=9)))
    assert first.clean is second.clean
