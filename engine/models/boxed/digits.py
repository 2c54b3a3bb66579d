"""Networks for grey pictures of 28 × 28 pixels: digits and garments."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class MLP512(nn.Module):
    """Dense 512 – Dense 10, with 407 050 parameters; to it no two pixels are neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(28 * 28, 512)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to logits (N, 10)."""
        answer: Tensor = self.fc2(self.relu1(self.fc1(x.flatten(1))))
        return answer


class CNN3232(nn.Module):
    """Conv 32 – pool – Conv 32 – pool – Dense 64 – Dense 10, without padding, with 61 482 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(32, 32, 3)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(32 * 5 * 5, 64)
        self.relu3 = nn.ReLU()
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to logits (N, 10)."""
        x = self.pool1(self.relu1(self.conv1(x)))
        x = self.pool2(self.relu2(self.conv2(x)))
        answer: Tensor = self.fc2(self.relu3(self.fc1(x.flatten(1))))
        return answer


class Permute(nn.Module):
    """Puts the pixels of every picture into another order, always the same: ``order``, drawn once by a seed.

    Attributes:
        order: (784,) of int64: which pixel comes to each place; kept with the weights.
    """

    order: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("order", torch.randperm(28 * 28, generator=torch.Generator().manual_seed(0)))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to the same shape."""
        return x.flatten(1)[:, self.order].view(x.shape)


class Permuted(CNN3232):
    """The same network behind one fixed permutation of all pixels: it takes ordinary pictures.

    What is left is what a convolution is worth where neighbours mean nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.permute = Permute()

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to logits (N, 10)."""
        return super().forward(self.permute(x))


class LeNet5(nn.Module):
    """LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition", section II.B.

    As there: the sizes of all layers, tanh, and pooling by averages. Otherwise than there: pooling has no weights of
    its own; every map of the second convolution sees all six of the first, where the paper leaves some out; tanh is
    not scaled by 1.7159; the last layer gives logits for a softmax instead of distances to drawn digits. Hence 61 706
    parameters instead of 60 000. The picture of 28 × 28 gets a border of two pixels, as it has there.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.tanh1 = nn.Tanh()
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.tanh2 = nn.Tanh()
        self.pool2 = nn.AvgPool2d(2)
        self.conv3 = nn.Conv2d(16, 120, 5)
        self.tanh3 = nn.Tanh()
        self.fc1 = nn.Linear(120, 84)
        self.tanh4 = nn.Tanh()
        self.fc2 = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 1, 28, 28) to logits (N, 10)."""
        x = self.pool1(self.tanh1(self.conv1(x)))
        x = self.pool2(self.tanh2(self.conv2(x)))
        x = self.tanh3(self.conv3(x))
        answer: Tensor = self.fc2(self.tanh4(self.fc1(x.flatten(1))))
        return answer
