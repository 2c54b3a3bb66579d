"""A small network in the manner of VGG for colour pictures of 32 × 32 pixels."""

from __future__ import annotations

from torch import Tensor, nn


class CifarCNN(nn.Module):
    """Three times two convolutions and a pool: 32, 32, 64, 64, 128, 128 maps of 3 × 3 filters; then one dense layer.

    VGG (Simonyan, Zisserman 2014) in small, with batch norm after every convolution and 307 946 parameters.

    Args:
        dropout: the share of the maps that are left out at random after every pool while the network learns, and
            of the numbers before the last layer; 0 builds no such layers.
    """

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        before = 3
        for index, maps in enumerate((32, 32, 64, 64, 128, 128), 1):
            self.add_module(f"conv{index}", nn.Conv2d(before, maps, 3, padding=1, bias=False))
            self.add_module(f"norm{index}", nn.BatchNorm2d(maps))
            self.add_module(f"relu{index}", nn.ReLU())
            if index % 2 == 0:
                self.add_module(f"pool{index // 2}", nn.MaxPool2d(2))
                if dropout:
                    self.add_module(f"dropout{index // 2}", nn.Dropout2d(dropout / 2 if index < 6 else dropout))
            before = maps
        self.fc1 = nn.Linear(128 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 32, 32) to logits (N, 10)."""
        *layers, last = self.children()
        for layer in layers:
            x = layer(x)
        answer: Tensor = last(x.flatten(1))
        return answer
