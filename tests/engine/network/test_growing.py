"""An image grown to excite a unit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.catalogue.growing import Growing
from engine.experiment import to_tensor
from engine.inside import Grown
from engine.look import Look
from engine.network.growing import grown, total_variation
from engine.network.recording import RecordingError
from engine.network.subject import Subject

from .subjects import CLASSES, ChannelsLast, Residual, Tokens, in_half_precision, looking_at, seeded, subject_of

STEPS = 12
UNITS = [(Residual, "branch", 1), (Tokens, "norm", 3), (ChannelsLast, "wide", 4), (Residual, "head", 2)]


def images_of(subject: Subject) -> list[Grown]:
    return [each for each in grown(subject) if each is not None]


def a_look(layer: str, unit: int, **options: object) -> Look:
    return Look(layer=layer, unit=unit, growing=Growing(**({"steps": STEPS, "jitter": 2, "smooth": 0.0} | options)))


@pytest.mark.parametrize(("kind", "layer", "unit"), UNITS)
def test_the_activation_rises_and_pixels_stay_pixels(kind: type[nn.Module], layer: str, unit: int) -> None:
    found = images_of(subject_of(seeded(kind), a_look(layer, unit, jitter=0)))
    values = [each.value for each in found]
    assert len(found) == STEPS
    assert values[-1] > values[0]
    assert np.mean(np.diff(values) > -0.01) > 0.9
    assert all(each.image.min() >= 0 and each.image.max() <= 1 for each in found)
    assert (found[-1].step, found[-1].steps) == (STEPS, STEPS)


def test_the_value_is_that_of_the_image_that_is_shown() -> None:
    subject = subject_of(seeded(Residual), a_look("branch", 1))
    last = images_of(subject)[-1]
    network = subject.watched.classifier.module.network
    with torch.no_grad():
        x = (to_tensor(last.image) - 0.5) / 0.25
        assert last.value == pytest.approx(float(network.branch(network.stem(x).relu())[0, 1].max()), abs=1e-5)


class EdgeDetector(nn.Module):
    """A stride of two and weights that add up to nothing: the mean answer to any moved pattern is nothing too."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 3, stride=2, bias=False)
        self.head = nn.Linear(1, CLASSES)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([1.0, 0.0, -1.0]).expand(1, 3, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        return self.head(self.conv(x).relu().mean((2, 3)))


def test_an_edge_detector_grows_edges_though_its_mean_is_nothing() -> None:
    found = images_of(subject_of(seeded(EdgeDetector), a_look("conv", 0, steps=40)))
    assert found[-1].value > 10 * found[0].value
    assert found[-1].image.std() > 5 * found[0].image.std()


def test_one_seed_gives_one_image_and_another_another() -> None:
    subject = subject_of(seeded(Residual), a_look("branch", 1))
    once, twice = images_of(subject)[-1].image, images_of(subject)[-1].image
    np.testing.assert_array_equal(once, twice)
    other = looking_at(subject, growing=Growing(steps=STEPS, jitter=2, smooth=0.0, seed=1))
    assert not np.array_equal(images_of(other)[-1].image, once)


def test_it_can_begin_with_the_picture() -> None:
    subject = subject_of(seeded(Residual), a_look("branch", 1, from_picture=True, steps=1, rate=0.001))
    (only,) = images_of(subject)
    np.testing.assert_allclose(only.image, subject.clean[0].permute(1, 2, 0).numpy(), atol=0.02)


def test_smoothing_gives_a_smoother_image() -> None:
    rough, smooth = (
        images_of(subject_of(seeded(Residual), a_look("branch", 1, smooth=each, steps=30)))[-1] for each in (0.0, 5.0)
    )
    assert total_variation(to_tensor(smooth.image)) < total_variation(to_tensor(rough.image))


def test_half_precision_grows_too() -> None:
    full = subject_of(seeded(Residual), a_look("branch", 1))
    found = images_of(in_half_precision(full, seeded(Residual)))
    assert found[-1].value > found[0].value


def test_growing_leaves_no_gradient_on_the_network() -> None:
    subject = subject_of(seeded(Residual), a_look("branch", 1))
    half_way = grown(subject)
    next(half_way)
    half_way.close()  # type: ignore[attr-defined]
    assert all(each.grad is None and not each.requires_grad for each in subject.watched.classifier.module.parameters())


class ShutAtGrey(nn.Module):
    """A rectifier that is shut unless some pixel is far from grey."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.head = nn.Linear(2, CLASSES)
        with torch.no_grad():
            self.conv.bias.fill_(-0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        return self.head(self.conv(x).relu().mean((2, 3)))


def test_a_rectifier_that_is_shut_at_first_is_opened() -> None:
    subject = subject_of(seeded(ShutAtGrey), a_look("relu", 0, steps=30))
    grey = torch.full_like(subject.clean, 0.5)
    assert not subject.watched.values(grey, ["relu"])[1]["relu"].any()
    found = images_of(subject)
    assert found[-1].value > found[0].value > 0


class Cut(nn.Module):
    """Lets no gradient back to the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.head = nn.Linear(3, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, CLASSES)."""
        told = self.conv(x.detach()).mean((1, 2, 3))[:, None]
        return self.head(x.mean((2, 3)) + told)


def test_a_unit_without_a_way_back_to_the_picture_is_told() -> None:
    subject = subject_of(seeded(Cut), a_look("conv", 0))
    with pytest.raises(RecordingError, match="no gradient comes back from conv"):
        images_of(subject)


def test_total_variation_is_the_mean_step_down_and_across() -> None:
    x = torch.tensor([[[[0.0, 1.0], [3.0, 3.0]]]])
    assert float(total_variation(x)) == pytest.approx((3 + 2) / 2 + (1 + 0) / 2)
