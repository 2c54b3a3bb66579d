"""A small network with everything that could be disturbed, some pictures, and a way to pose problems."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.attacks import Problem
from engine.catalogue.attacks import Norm

CLASSES = 5
SHAPE = (3, 8, 8)

Array = NDArray[np.float64]


def make_network(dtype: torch.dtype = torch.float64) -> nn.Module:
    """Convolutions, batch norm and dropout with fixed random weights, its parameters requiring gradients."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Conv2d(6, 8, 3, stride=2),
            nn.BatchNorm2d(8),
            nn.Softplus(),
            nn.Flatten(),
            nn.Linear(72, CLASSES),
        ).to(dtype)
        network(torch.rand(16, *SHAPE, dtype=dtype))
    return network.eval()


def make_pictures(count: int = 4, dtype: torch.dtype = torch.float64) -> Tensor:
    """Pictures in [0, 1], with some pixels at exactly 0 and 1."""
    drawn = torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    return (1.4 * drawn - 0.2).clamp(0, 1).to(dtype)


class Lively(nn.Module):
    """The small network without what it answers to everything: its pictures, and noise, are of several classes."""

    def __init__(self) -> None:
        super().__init__()
        self.network = make_network()
        with torch.no_grad():
            self.register_buffer("usual", self.network(make_pictures()).mean(0))

    def forward(self, pixels: Tensor) -> Tensor:
        answer: Tensor = self.network(pixels) - self.usual
        return answer


class LinearSoftmax:
    """z = W x + b with 4 classes, and the gradient of its cross-entropy written out: Wᵀ (softmax z − e_y)."""

    def __init__(self) -> None:
        random = np.random.default_rng(5)
        self.weights: Array = random.normal(size=(4, 3 * 8 * 8)) / 8
        self.bias: Array = random.normal(size=4)

    def __call__(self, pixels: Tensor) -> Tensor:
        return pixels.flatten(1) @ torch.from_numpy(self.weights).T + torch.from_numpy(self.bias)

    def gradient(self, x: Array, labels: NDArray[np.int64]) -> Array:
        logits = x @ self.weights.T + self.bias
        exponentials = np.exp(logits - logits.max(1, keepdims=True))
        probabilities = exponentials / exponentials.sum(1, keepdims=True)
        probabilities[np.arange(len(x)), labels] -= 1
        return probabilities @ self.weights


@pytest.fixture
def linear() -> LinearSoftmax:
    return LinearSoftmax()


@pytest.fixture
def network() -> nn.Module:
    return make_network()


@pytest.fixture
def lively() -> nn.Module:
    return Lively().eval()


@pytest.fixture
def pictures() -> Tensor:
    return make_pictures()


@pytest.fixture(scope="session")
def pose() -> Callable[..., Problem]:
    """Poses a problem, with a fresh network and four pictures where nothing else is said."""
    network, pictures = make_network(), make_pictures()

    def pose_problem(**given: object) -> Problem:
        x = given.get("x", pictures)
        assert isinstance(x, Tensor)
        usual: dict[str, object] = {
            "model": network,
            "x": x,
            "labels": torch.arange(len(x)) % CLASSES,
            "targeted": False,
            "norm": Norm.LINF,
            "epsilon": 8 / 255,
            "seeds": tuple(range(10, 10 + len(x))),
        }
        return Problem(**(usual | given))  # type: ignore[arg-type]

    return pose_problem
