"""ResNet-20 for colour pictures of 32 × 32 pixels: He, Zhang, Ren, Sun 2015, arXiv:1512.03385, section 4.2."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """x + f(x) with f of two convolutions; where the maps become more, x is halved and gets maps of zeros (option A).

    Args:
        before: how many maps come in.
        maps: how many go out, at half the height and width if they are more.
    """

    def __init__(self, before: int, maps: int) -> None:
        super().__init__()
        self.stride = 1 if before == maps else 2
        self.added = maps - before
        self.conv1 = nn.Conv2d(before, maps, 3, self.stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(maps)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(maps, maps, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(maps)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """(N, before, H, W) to (N, maps, H / stride, W / stride)."""
        residual = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(x)))))
        answer: Tensor = self.relu2(residual + self._shortcut(x))
        return answer

    def _shortcut(self, x: Tensor) -> Tensor:
        if not self.added:
            return x
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


class ResNet20(nn.Module):
    """Three stages of three residual layers each, with 16, 32 and 64 maps; 269 722 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(16)
        self.relu1 = nn.ReLU()
        self.stage1 = _stage(16, 16)
        self.stage2 = _stage(16, 32)
        self.stage3 = _stage(32, 64)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 32, 32) to logits (N, 10)."""
        x = self.relu1(self.norm1(self.conv1(x)))
        x = self.stage3(self.stage2(self.stage1(x)))
        answer: Tensor = self.fc(self.pool(x).flatten(1))
        return answer


def _stage(before: int, maps: int) -> nn.Sequential:
    return nn.Sequential(Residual(before, maps), Residual(maps, maps), Residual(maps, maps))
