"""How far a run is from the clean one, measured while it runs: the distances of the original, the answer as ever."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.models import script
from engine.models.classifier import Classifier
from engine.models.sparing import PATIENCE
from engine.network import apart
from engine.network.divergence import compared
from engine.network.live import Live
from engine.network.recording import RecordingError
from engine.network.watched import Watched

from .test_live import NETWORKS, classifier, picture
from .zoo import classifier_of

TOLERANCE = 5e-6
"""Of the distances, as a share of the length of the clean values: the rounding of the last layers of a deep network."""


@pytest.fixture(autouse=True)
def a_fresh_count_of_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "_traced", count(1))


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each network that was to be traced could be."""
    made: list[bool] = []

    def note(*arguments: Any, **options: bool) -> Any:
        found = script.scripted(*arguments, **options)
        made.append(found is not None)
        return found

    monkeypatch.setattr(apart, "scripted", note)
    return made


def moved(clean: Tensor, epsilon: float) -> Tensor:
    chance = torch.Generator().manual_seed(2)
    return (clean + epsilon * torch.randn(clean.shape, generator=chance).sign()).clamp(0, 1)


@torch.no_grad()
def wanted(watched: Watched, x: Tensor, clean: Tensor) -> tuple[Tensor, Tensor]:
    """By the original layers, each by itself: ‖value − clean value‖ and ‖clean value‖, (n,) each."""
    one, other = (watched.values(each)[1] for each in (x, clean))
    names = [each.name for each in compared(watched.architecture)]
    distances = [(one[name] - other[name]).norm() for name in names]
    return torch.stack(distances), torch.stack([other[name].norm() for name in names])


def small(*layers: nn.Module) -> Classifier:
    torch.manual_seed(0)
    stem = layers or (nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
    return classifier(nn.Sequential(*stem, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), 16)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet-lite0", "vit"])
def test_every_compared_node_is_as_far_as_in_the_original_and_the_answer_stays_bit_for_bit(
    name: str, traces: list[bool]
) -> None:
    torch.manual_seed(0)
    model = NETWORKS[name]()
    watched = Watched(model)
    live = Live(watched)
    clean = picture(0, model)
    for turn in range(PATIENCE + 1):
        x = moved(clean, (turn + 1) / 255)
        assert torch.equal(live.ask(x, [], clean), model.logits(x))
        if turn in {0, PATIENCE}:  # layer by layer, and in one call
            distances, lengths = wanted(watched, x, clean)
            found = live.distances(x, clean)
            assert ((found - distances).abs() <= TOLERANCE * lengths).all()
        else:
            live.distances(x, clean)
    assert watched.answers_apart
    assert traces == [name != "vit"], "it checks the size of the picture otherwise while it is traced"


def test_an_answer_and_its_distances_cost_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    watched = Watched(model)
    live = Live(watched)
    clean, x = picture(0, model), picture(1, model)
    live.ask(x, [], clean)
    monkeypatch.setattr(type(watched.apart), "__call__", None)
    assert live.distances(x, clean) is live.distances(x, clean)


def test_another_clean_picture_gives_other_distances() -> None:
    model = small()
    live = Live(Watched(model))
    one, other, x = (picture(seed, model) for seed in range(3))
    first, second = (live.distances(x, each) for each in (one, other))
    assert not torch.equal(first, second)
    assert torch.equal(first, live.distances(x, one))
    assert not live.distances(one, one).any()


def test_where_a_norm_takes_a_channel_away_the_original_is_measured() -> None:
    norm = nn.BatchNorm2d(4)
    with torch.no_grad():
        norm.weight[1] = 0
    model = small(nn.Conv2d(3, 4, 3), norm, nn.ReLU())
    watched = Watched(model)
    live = Live(watched)
    clean = picture(0, model)
    x = moved(clean, 0.02)
    assert torch.equal(live.ask(x, [], clean), model.logits(x))
    assert not watched.answers_apart
    distances, lengths = wanted(watched, x, clean)
    assert ((live.distances(x, clean) - distances).abs() <= TOLERANCE * lengths).all()


def test_a_network_that_goes_another_way_answers_although_it_is_not_measured() -> None:
    model = classifier_of("data-dependent way")
    live = Live(Watched(model))
    bright, dark = torch.ones(1, 3, *model.size), torch.zeros(1, 3, *model.size)
    assert torch.equal(live.ask(dark, [], bright), model.logits(dark))
    with pytest.raises(RecordingError):
        live.distances(dark, bright)


def test_where_memory_runs_out_the_answer_comes_without_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    watched = Watched(model)

    def run_out(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    monkeypatch.setattr(type(watched.apart), "points", run_out)
    x = picture(0, model)
    assert torch.equal(Live(watched).ask(x, [], picture(1, model)), model.logits(x))
