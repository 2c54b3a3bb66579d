"""A folder of faint stripes, bars and checks on grey, and a linear network that tells them apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from engine.images import Recipe
from engine.models.classifier import Classifier

SIDE = 12
SIGNS = (
    np.where(np.arange(SIDE) % 4 < 2, 1.0, -1.0)[:, None] * np.ones(SIDE),
    np.where(np.arange(SIDE) % 4 < 2, 1.0, -1.0)[None, :] * np.ones((SIDE, 1)),
    np.where((np.arange(SIDE)[:, None] // 3 + np.arange(SIDE) // 3) % 2, 1.0, -1.0),
)
"""What every class is recognised by, (SIDE, SIDE) of ±1."""
FAINT = 12 / 255
SHARE = 0.2
"""Weights of the linear network, as a share of the signs."""


def picture(label: int, random: np.random.Generator) -> NDArray[np.uint8]:
    values = 0.5 + FAINT * SIGNS[label] + random.normal(0, 0.05, (SIDE, SIDE))
    return np.rint(255 * values.clip(0, 1)).astype(np.uint8)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures, most of them of the first class, and a file that is none."""
    made = tmp_path_factory.mktemp("pictures")
    random = np.random.default_rng(4)
    for place in range(60):
        Image.fromarray(picture(max(0, place % 10 - 7), random)).save(made / f"{place:02d}.png")
    (made / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (made / "notes.txt").write_text("no picture")
    return made


def make_classifier(network: nn.Module) -> Classifier:
    return Classifier(
        network,
        name="signs",
        title="Signs",
        classes=("stripes", "bars", "checks"),
        recipe=Recipe(resize=SIDE, size=(SIDE, SIDE), channels=1),
        mean=(0.5,),
        std=(1.0,),
    )


@pytest.fixture
def linear() -> Classifier:
    """The score of a class is how much of its sign is there."""
    layer = nn.Linear(SIDE * SIDE, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(SHARE * np.stack([each.ravel() for each in SIGNS])))
        layer.bias.zero_()
    return make_classifier(nn.Sequential(nn.Flatten(), layer))


@pytest.fixture
def small_cnn() -> Classifier:
    """Two filters per sign and a rectifier: the same, but not linear."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        convolution = nn.Conv2d(1, 6, 4, padding=2)
        dense = nn.Linear(6 * 13 * 13, 3)
    network = nn.Sequential(convolution, nn.Softplus(), nn.Flatten(), dense)
    fit(network)
    return make_classifier(network)


def fit(network: nn.Module) -> None:
    random = np.random.default_rng(8)
    labels = np.arange(150) % 3
    pictures = np.stack([picture(int(each), random) for each in labels])
    x = torch.from_numpy(pictures[:, None].astype(np.float32) / 255 - 0.5)
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(network(x), torch.from_numpy(labels)).backward()
        optimiser.step()
    optimiser.zero_grad()


LEVELS = (0.45, 0.5, 0.55)
"""Mean brightness of a dark, a middling and a bright picture."""


@pytest.fixture(scope="session")
def shades(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty pictures of noise, twenty of each brightness."""
    made = tmp_path_factory.mktemp("shades")
    random = np.random.default_rng(6)
    for place in range(60):
        values = LEVELS[place % 3] + random.normal(0, 0.05, (SIDE, SIDE))
        Image.fromarray(np.rint(255 * values.clip(0, 1)).astype(np.uint8)).save(made / f"{place:02d}.png")
    return made


@pytest.fixture
def brightness() -> Classifier:
    """The class whose level is nearest to the mean: −(m − mₖ)² but for what is the same for all, times 500."""
    layer = nn.Linear(SIDE * SIDE, 3)
    levels = torch.tensor(LEVELS) - 0.5
    with torch.no_grad():
        layer.weight.copy_((1000 * levels / SIDE**2)[:, None].expand(-1, SIDE * SIDE))
        layer.bias.copy_(-500 * levels.square())
    return make_classifier(nn.Sequential(nn.Flatten(), layer))
