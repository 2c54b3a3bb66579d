"""Controls against foolbox, SciPy and numpy, JPEG against its transform by hand, and the sizes that they promise."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.attacks import FLAT, UNCHANGED, Problem, direction, is_flat, run
from engine.catalogue.attacks import (
    ATTACKS,
    FGSM,
    JPEG,
    Attack,
    Blur,
    Brightness,
    Contrast,
    Control,
    GaussianNoise,
    Norm,
    Pixelate,
    UniformNoise,
)
from engine.experiment import notes_on

foolbox = pytest.importorskip("foolbox")
scipy = pytest.importorskip("scipy")  # foolbox brings it along

Pose = Callable[..., Problem]
Array = NDArray[np.float64]

CONTROLS = [kind for kind in ATTACKS.values() if issubclass(kind, Control)]
TOWARDS_A_COPY = [Contrast(), Blur(), Blur(radius=1), Pixelate(), Pixelate(block=7)]
every_norm = pytest.mark.parametrize("norm", [Norm.LINF, Norm.L2])


def sizes(delta: Tensor, norm: Norm) -> Tensor:
    flat = delta.flatten(1)
    return flat.abs().amax(1) if norm is Norm.LINF else flat.square().sum(1).sqrt()


def on_lattice(count: int, channels: int, side: int = 20) -> Tensor:
    """Smooth pictures of 8-bit values: waves that a JPEG file does not keep to the letter."""
    places = torch.arange(side, dtype=torch.float64)
    waves = [
        (place * (1 + index) / 3).sin()[:, None] * (places * (2 + index) / 5).cos()
        for index, place in enumerate([places] * (count * channels))
    ]
    return (torch.stack(waves).view(count, channels, side, side) * 110 + 120).round() / 255


def end_of(attack: Attack, problem: Problem) -> Tensor:
    *_, step = run(attack, problem)
    return step.x


def copy_of(attack: Attack, x: Array) -> Array:
    """The copy of a picture, (C, H, W), that a control leads towards, by other means than its own."""
    if isinstance(attack, Contrast):
        return np.full_like(x, 0.5)
    if isinstance(attack, Blur):
        reach = attack.radius
        blurred = [scipy.ndimage.gaussian_filter(each, sigma=reach / 3, radius=reach, mode="nearest") for each in x]
        return np.stack(blurred)
    assert isinstance(attack, Pixelate)
    copy, side = x.copy(), attack.block
    for top in range(0, x.shape[1], side):
        for left in range(0, x.shape[2], side):
            square = copy[:, top : top + side, left : left + side]
            square[:] = square.mean((1, 2), keepdims=True)
    return copy


LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
)
"""The steps to which the standard's annex K rounds, for quality 50."""


def grey_through_jpeg(x: Array, quality: int) -> Array:
    """(H, W), sides multiples of 8, through the transform of ITU-T T.81 and its rounding, step by step."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    steps = np.clip((LUMINANCE * scale + 50) // 100, 1, 255)
    back = np.empty_like(x)
    for top in range(0, x.shape[0], 8):
        for left in range(0, x.shape[1], 8):
            part = slice(top, top + 8), slice(left, left + 8)
            waves = scipy.fft.dctn(np.rint(x[part] * 255) - 128, norm="ortho")
            back[part] = scipy.fft.idctn(_to_nearest(waves / steps) * steps, norm="ortho") + 128
    return np.clip(_to_nearest(back), 0, 255) / 255


def _to_nearest(values: Array) -> Array:
    """A half away from zero, as the programs do it; nearly a half is one."""
    return np.asarray(np.sign(values) * np.floor(np.abs(values) + 0.5 + 1e-9))


@pytest.mark.parametrize("attack", TOWARDS_A_COPY)
@every_norm
def test_at_the_size_of_the_whole_change_the_copy_itself_is_reached_and_at_half_of_it_the_middle(
    pose: Pose, attack: Attack, norm: Norm
) -> None:
    x = on_lattice(3, 3)
    copies = torch.from_numpy(np.stack([copy_of(attack, each) for each in x.numpy()]))
    size = sizes(copies - x, norm).view(-1, 1, 1, 1)
    network = nn.Sequential(nn.Flatten(), nn.Linear(1200, 5)).double()
    whole = pose(model=network, x=x, norm=norm, epsilon=size)
    torch.testing.assert_close(end_of(attack, whole), copies, rtol=0, atol=1e-12)
    half = pose(model=network, x=x, norm=norm, epsilon=size / 2)
    torch.testing.assert_close(end_of(attack, half), (x + copies) / 2, rtol=0, atol=1e-12)


@pytest.mark.parametrize("epsilon", [0.01, 0.5, 2.0])
def test_fading_contrast_is_that_of_foolbox(pose: Pose, network: nn.Module, epsilon: float) -> None:
    problem = pose(model=network.float(), x=pose().x.float(), norm=Norm.L2, epsilon=epsilon)
    theirs = foolbox.attacks.L2ContrastReductionAttack(target=0.5)
    model: Any = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    expected, _, _ = theirs(model, problem.x, problem.labels, epsilons=epsilon)
    torch.testing.assert_close(end_of(Contrast(), problem), expected, rtol=0, atol=1e-6)


def test_the_other_way_contrast_moves_exactly_away_from_grey(pose: Pose) -> None:
    x = torch.tensor([0.3, 0.5, 0.6, 0.9], dtype=torch.float64).view(1, 1, 2, 2)
    moved = end_of(Contrast(fades=False), pose(model=nn.Flatten(), x=x, epsilon=0.2))
    expected = [0.3 - 0.1, 0.5, 0.6 + 0.05, 1.0]  # 0.9 would go to 1.1
    assert moved.flatten().tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("brighter", "sign"), [(True, 1), (False, -1)])
def test_brightness_moves_every_pixel_by_the_same(pose: Pose, brighter: bool, sign: int) -> None:
    grey = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 0.4 + 0.3
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 5)).double()
    bright = Brightness(brighter=brighter)
    moved = end_of(bright, pose(model=network, x=grey, epsilon=0.2))
    torch.testing.assert_close(moved, grey + sign * 0.2, rtol=0, atol=1e-12)
    moved = end_of(bright, pose(model=network, x=grey, norm=Norm.L2, epsilon=0.7))
    torch.testing.assert_close(moved, grey + sign * 0.7 / 48**0.5, rtol=0, atol=1e-12)


def test_gaussian_noise_is_the_seeds_normal_numbers_over_their_largest(pose: Pose) -> None:
    x = torch.full((2, 3, 32, 32), 0.5, dtype=torch.float64)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 5)).double()
    moved = end_of(GaussianNoise(), pose(model=network, x=x, epsilon=0.2, seeds=(4, 5)))
    for place, seed in enumerate((4, 5)):
        drawn = torch.randn((3, 32, 32), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        torch.testing.assert_close(moved[place] - 0.5, 0.2 * drawn / drawn.abs().max(), rtol=0, atol=1e-12)
    values = (moved - 0.5).flatten()
    assert float((values / values.std()).pow(4).mean()) == pytest.approx(3, abs=0.2)  # of signs it is 1, of uniform 1.8


def test_uniform_noise_takes_every_amount_between_minus_and_plus_epsilon_equally_often(pose: Pose) -> None:
    x = torch.full((2, 3, 32, 32), 0.5, dtype=torch.float64)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3072, 5)).double()
    moved = end_of(UniformNoise(), pose(model=network, x=x, epsilon=0.2, seeds=(4, 5)))
    values = (moved - 0.5).flatten() / 0.2
    assert float(values.abs().max()) == pytest.approx(1)
    counts = torch.histc(values, bins=8, min=-1, max=1)
    assert ((counts / len(values) - 1 / 8).abs() < 0.015).all()


@pytest.mark.parametrize("kind", CONTROLS)
@every_norm
def test_a_direction_has_the_size_one_and_the_picture_moves_by_epsilon(
    pose: Pose, kind: type[Attack], norm: Norm
) -> None:
    if norm not in kind.norms:
        pytest.skip("that is what random noise is")
    epsilon = {Norm.LINF: 2 / 255, Norm.L2: 0.05}[norm]
    x = on_lattice(3, 3) * 0.9 + 0.05
    problem = pose(model=nn.Flatten(), x=x, norm=norm, epsilon=epsilon)
    way = direction(kind(), problem)
    torch.testing.assert_close(sizes(way, norm), torch.ones(3).double(), rtol=0, atol=1e-12)
    delta = end_of(kind(), problem) - x
    torch.testing.assert_close(sizes(delta, norm), torch.full((3,), epsilon, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("attack", "value"),
    [
        (Blur(), 0.3),
        (Pixelate(), 0.3),
        (JPEG(), 128 / 255),
        (Contrast(), 0.5),
        (Brightness(), 1.0),
        (Brightness(brighter=False), 0.0),
        (Contrast(fades=False), 1.0),
    ],
)
@every_norm
def test_a_picture_that_a_control_cannot_change_is_told_from_the_others_and_does_not_move(
    pose: Pose, attack: Attack, value: float, dtype: torch.dtype, norm: Norm
) -> None:
    even = torch.full((1, 3, 20, 20), value)
    x = torch.cat([on_lattice(1, 3), even]).to(dtype)
    problem = pose(model=nn.Flatten(), x=x, norm=norm, epsilon=0.3)
    way = direction(attack, problem)
    assert is_flat(way).tolist() == [False, True]
    assert way.isfinite().all()
    assert notes_on(attack, way[:1]) == ()
    assert notes_on(attack, way[1:]) == (UNCHANGED,)
    assert notes_on(FGSM(), way[1:]) == (FLAT,)
    moved = end_of(attack, problem)
    assert torch.equal(moved[1], x[1])
    assert not torch.equal(moved[0], x[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_change_however_small_is_brought_to_the_size_epsilon(pose: Pose, dtype: torch.dtype) -> None:
    """One value of a dark picture is one 255th: its blur is faint, but is no rounding."""
    x = torch.zeros(1, 3, 20, 20, dtype=dtype)
    x[0, 1, 10, 10] = 1 / 255
    moved = end_of(Blur(radius=1), pose(model=nn.Flatten(), x=x, norm=Norm.L2, epsilon=1e-3))
    assert float((moved - x).square().sum().sqrt()) == pytest.approx(1e-3, rel=1e-5)


def test_what_cannot_move_takes_nothing_of_epsilon(pose: Pose) -> None:
    """White pixels cannot get brighter: without them the others get all of an L2 budget."""
    x = torch.tensor([1.0, 1.0, 0.5, 0.2], dtype=torch.float64).view(1, 1, 2, 2)
    moved = end_of(Brightness(), pose(model=nn.Flatten(), x=x, norm=Norm.L2, epsilon=0.1, labels=torch.tensor([1])))
    assert (moved - x).flatten().tolist() == pytest.approx([0, 0, 0.1 / 2**0.5, 0.1 / 2**0.5], abs=1e-12)


@pytest.mark.parametrize("quality", [5, 10, 25])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_jpeg_leads_to_what_the_standards_transform_leaves_of_the_picture(
    pose: Pose, channels: int, quality: int
) -> None:
    """Three even channels are a grey picture, whose colours are lost nowhere; any others are grey one by one."""
    x = on_lattice(2, channels, 24)
    x = x[:, :1].expand(-1, 3, -1, -1).contiguous() if channels == 3 else x
    copies = np.array([[grey_through_jpeg(grey, quality) for grey in picture] for picture in x.numpy()])
    expected = torch.from_numpy(copies) - x
    assert expected.abs().amax() * 255 > 20  # there is something to compare
    way = direction(JPEG(quality=quality), pose(model=nn.Flatten(), x=x, norm=Norm.L2))
    likeness = (way * expected).sum((1, 2, 3)) / expected.square().sum((1, 2, 3)).sqrt()
    # Of whole numbers the odd wave lies at a half, and is rounded otherwise. At a quality that is off by 2 it is 0.94.
    assert (likeness > 0.97).all()


def test_jpeg_halves_the_detail_of_colour_but_not_that_of_light(pose: Pose) -> None:
    """Stripes of equal light, 0.299 R + 0.587 G + 0.114 B, run into one even at a high quality; grey ones stay."""
    coloured, grey = torch.empty(2, 1, 3, 32, 32, dtype=torch.float64)
    coloured[..., ::2] = torch.tensor([150.0, 100, 100]).view(1, 3, 1, 1) / 255
    coloured[..., 1::2] = torch.tensor([100.0, 100, 231]).view(1, 3, 1, 1) / 255
    grey[..., ::2], grey[..., 1::2] = 100 / 255, 150 / 255
    way = direction(JPEG(quality=95), pose(model=nn.Flatten(), x=coloured, norm=Norm.L2))
    to_one = coloured.mean((2, 3), keepdim=True) - coloured
    assert (way * to_one).sum() / to_one.square().sum().sqrt() > 0.95
    way = direction(JPEG(quality=95), pose(model=nn.Flatten(), x=grey, norm=Norm.L2))
    to_one = grey.mean((2, 3), keepdim=True) - grey
    assert (way * to_one).sum() / to_one.square().sum().sqrt() < 0.5


def test_values_between_the_8_bit_ones_change_nothing_of_the_jpeg(pose: Pose) -> None:
    x = on_lattice(2, 3)
    way = direction(JPEG(), pose(model=nn.Flatten(), x=x))
    between = direction(JPEG(), pose(model=nn.Flatten(), x=(x + 0.3 / 255).clamp(0, 1)))
    torch.testing.assert_close(between, way, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_control_needs_no_gradient_and_asks_the_network_only_what_it_answers(pose: Pose, kind: type[Attack]) -> None:
    seen = []

    def blind(x: Tensor) -> Tensor:
        seen.append(x)
        return x.detach().flatten(1)[:, :5]

    assert len(list(run(kind(), pose(model=blind)))) == len(seen) == 2


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_control_says_that_it_is_one_and_cannot_be_aimed(pose: Pose, kind: type[Attack]) -> None:
    assert kind.summary.startswith("A control: ")
    assert ": a control" in kind.title
    with pytest.raises(ValueError, match="cannot be aimed at a class"):
        run(kind(), pose(targeted=True))
