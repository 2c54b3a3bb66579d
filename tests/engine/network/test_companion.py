"""A second picture beside the first: which one, how it is moved, and how far apart the two are at each layer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from engine.experiment import Experiment, to_tensor
from engine.images import ImageError, Recipe, decode, place
from engine.look import Look
from engine.models.classifier import Classifier
from engine.network.companion import companion, distances, moved, say_shift
from engine.network.live import Live
from engine.network.subject import Subject
from engine.network.watched import Watched
from engine.request import Placement

SIDE, CLASSES = 16, 3


@pytest.fixture(scope="module")
def watched():
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(125, 3)
    )
    return Watched(
        Classifier(
            layers,
            name="small",
            title="Small",
            classes=[f"class {each}" for each in range(CLASSES)],
            recipe=Recipe(SIDE, (SIDE, SIDE)),
            mean=[0.5] * 3,
            std=[0.25] * 3,
        )
    )


@pytest.fixture(scope="module")
def clean():
    return (np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3)) / 255).astype(np.float32)


@pytest.fixture
def subject(watched, clean):
    """A look at that picture; of what a companion does not depend on there is nothing."""
    live = Live(watched)
    experiment = Experiment(watched.classifier, clean)

    def make(layer="0", placement=Placement.CROP, epsilon=0.0, **look):
        x = to_tensor(clean)
        answer = experiment.before
        return Subject(
            watched=watched,
            live=live,
            experiment=experiment,
            question=SimpleNamespace(),
            limit=0.1,
            clean=x,
            attacked=(x + epsilon).clamp(0, 1),
            before=answer,
            after=answer,
            left=answer.label,
            look=Look(layer=layer, **look),
            placement=placement,
        )

    return make


@pytest.fixture
def photo(tmp_path):
    """A file of a picture that is wider than high."""
    path = tmp_path / "wide.png"
    pixels = np.random.default_rng(1).integers(0, 256, (20, 40, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return str(path)


# Moved


def test_a_picture_is_moved_to_the_right_and_down_and_its_border_is_repeated():
    x = torch.arange(12.0).reshape(1, 1, 3, 4)
    assert moved(x, 1, 0)[0, 0].tolist() == [[0, 0, 1, 2], [4, 4, 5, 6], [8, 8, 9, 10]]
    assert moved(x, 0, -2)[0, 0].tolist() == [[8, 9, 10, 11]] * 3
    assert torch.equal(moved(x, 0, 0), x)


def test_moving_there_and_back_keeps_what_stayed_inside():
    x = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(moved(moved(x, -2, -2), 2, 2)[..., 2:, 2:], x[..., 2:, 2:])


def test_a_move_beyond_the_picture_leaves_the_border_alone():
    x = torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(moved(x, 100, 0), x[..., :1].expand_as(x))


@pytest.mark.parametrize(
    ("shift", "said"),
    [((0, 0), ""), ((-2, -2), "moved 2 left, 2 up"), ((1, 0), "moved 1 right"), ((0, 3), "moved 3 down")],
)
def test_a_move_is_said_in_words(shift, said):
    assert say_shift(*shift) == said


# Which picture


def test_the_picture_itself_is_no_distance_away(subject, watched, clean):
    *_, found = distances(subject())
    assert found.name == "this one"
    assert np.array_equal(found.image, clean)
    assert (found.distances == 0).all()
    assert len(found.layers) == len(found.distances) > 3


def test_the_moved_picture_is_answered_by_the_network(subject, watched, clean):
    found = companion(subject(shift=(-2, -2)))
    x = moved(to_tensor(clean), -2, -2)
    assert found.name == "this one, moved 2 left, 2 up"
    assert np.array_equal(found.image, x[0].permute(1, 2, 0).numpy())
    wanted = watched.classifier.module(x).softmax(-1)[0].numpy()
    assert found.prediction.probabilities == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize("placement", list(Placement))
def test_another_picture_is_placed_as_the_first_one_is(subject, watched, photo, placement):
    found = companion(subject(companion=photo, placement=placement))
    assert found.name == "wide.png"
    assert np.array_equal(found.image, place(decode(photo).pixels, placement, watched.classifier.recipe))


def test_a_picture_that_cannot_be_opened_says_why(subject):
    with pytest.raises(ImageError, match="there is no such file"):
        companion(subject(companion="/nowhere/cat.png"))


# Its layers


@pytest.mark.parametrize("layer", ["0", "3", "6"])
def test_the_values_are_those_of_the_layers_run_by_hand(subject, watched, photo, layer):
    found = companion(subject(layer=layer, companion=photo, shift=(1, 0)))
    x = to_tensor(found.image)
    module = watched.classifier.module
    with torch.no_grad():
        value = module.network[: int(layer) + 1](module.normalise(x))[0]
    assert found.activations.dtype == np.float32
    assert found.activations == pytest.approx(value.numpy(), abs=1e-5)


def test_distances_are_relative_to_the_first_picture(subject, watched, clean):
    *_, found = distances(subject(shift=(3, 1)))
    module = watched.classifier.module
    first, second = (module.network[:4](module.normalise(to_tensor(each))) for each in (clean, found.image))
    wanted = float((second - first).norm() / first.norm())
    assert found.distances[found.layers.index("3")] == pytest.approx(wanted, rel=1e-4)


# While ε is dragged


def test_nothing_is_computed_anew_while_epsilon_is_dragged(subject, watched, monkeypatch):
    before = companion(subject(shift=(1, 1), epsilon=0.01))
    monkeypatch.setattr(watched, "values", lambda *_: pytest.fail("the network was asked again"))
    assert companion(subject(shift=(1, 1), epsilon=0.02)) is before


def test_another_layer_keeps_the_picture_and_its_distances(subject, photo, monkeypatch):
    *_, before = distances(subject(layer="0", companion=photo))
    monkeypatch.setattr("engine.network.companion.decode", lambda _: pytest.fail("the picture was read again"))
    after = companion(subject(layer="3", companion=photo))
    assert np.array_equal(after.distances, before.distances)
    assert after.activations.shape != before.activations.shape


def test_distances_come_after_the_picture_and_are_not_found_twice(subject, monkeypatch):
    assert companion(subject(shift=(2, 1))).distances is None
    *_, found = distances(subject(shift=(2, 1)))
    again = list(distances(subject(shift=(2, 1), epsilon=0.01)))
    assert len(again) == 1
    assert np.array_equal(again[0].distances, found.distances)


def test_another_shift_is_another_picture(subject):
    assert companion(subject(shift=(1, 1))) is not companion(subject(shift=(1, 2)))
