"""ZFNet: Zeiler, Fergus 2013, "Visualizing and understanding convolutional networks", arXiv:1311.2901, figure 3.

Its authors published no weights; here it is as its seed made it.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.catalogue.models import NetworkCard


class ZFNet(nn.Module):
    """Five convolutions, the first of 7 × 7 with stride 2, and three dense layers; 62 357 608 parameters.

    The contrast normalisation of the first two layers is the one of AlexNet (Krizhevsky et al. 2012, section 3.3),
    across neighbouring maps. Dropout, which only serves training, is kept in its place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2, padding=1)
        self.relu1 = nn.ReLU()
        self.pool1 = nn.MaxPool2d(3, stride=2, padding=1)
        self.norm1 = _contrast_norm()
        self.conv2 = nn.Conv2d(96, 256, 5, stride=2)
        self.relu2 = nn.ReLU()
        self.pool2 = nn.MaxPool2d(3, stride=2, padding=1)
        self.norm2 = _contrast_norm()
        self.conv3 = nn.Conv2d(256, 384, 3, padding=1)
        self.relu3 = nn.ReLU()
        self.conv4 = nn.Conv2d(384, 384, 3, padding=1)
        self.relu4 = nn.ReLU()
        self.conv5 = nn.Conv2d(384, 256, 3, padding=1)
        self.relu5 = nn.ReLU()
        self.pool5 = nn.MaxPool2d(3, stride=2)
        self.fc6 = nn.Linear(256 * 6 * 6, 4096)
        self.relu6 = nn.ReLU()
        self.dropout6 = nn.Dropout(0.5)
        self.fc7 = nn.Linear(4096, 4096)
        self.relu7 = nn.ReLU()
        self.dropout7 = nn.Dropout(0.5)
        self.fc8 = nn.Linear(4096, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 224, 224) to logits (N, 1000)."""
        x = self.norm1(self.pool1(self.relu1(self.conv1(x))))
        x = self.norm2(self.pool2(self.relu2(self.conv2(x))))
        x = self.relu4(self.conv4(self.relu3(self.conv3(x))))
        x = self.pool5(self.relu5(self.conv5(x)))
        x = self.dropout6(self.relu6(self.fc6(x.flatten(1))))
        x = self.dropout7(self.relu7(self.fc7(x)))
        answer: Tensor = self.fc8(x)
        return answer


def _contrast_norm() -> nn.LocalResponseNorm:
    """AlexNet's: each value over (2 + 1e-4 Σ)^0.75, Σ the squares of five neighbouring maps; torch takes their mean."""
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


def build(card: NetworkCard) -> nn.Module:  # noqa: ARG001 - every builder is given the card
    """The network as seed 0 makes it, with He's initial weights; the global random state stays as it is."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = ZFNet()
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return network
