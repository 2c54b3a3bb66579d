"""Small networks that do what networks are free to do, for the tests that everything works on any of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - as everybody calls it
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint

from engine.images import Recipe
from engine.models.classifier import Classifier

SIDE = 16
CLASSES = 5


class Net(nn.Module):
    """A network whose forward is given as a function of itself and the picture."""

    def __init__(self, forward: Callable[[Any, Tensor], Tensor], **parts: Any) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._way = forward

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, K)."""
        return self._way(self, x)


def _data_dependent() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.stem(x)
        x = net.one(x) if float(x.mean()) > 0 else net.other(net.one(x))
        return net.head(x.relu().mean((2, 3)))

    return Net(
        forward,
        stem=nn.Conv2d(3, 4, 3, padding=1),
        one=nn.Conv2d(4, 4, 3, padding=1),
        other=nn.Conv2d(4, 4, 1),
        head=nn.Linear(4, CLASSES),
    )


def _in_place() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.stem(x)
        alias = x
        net.relu(x)
        y = net.branch(x)
        y += alias
        y *= 0.5
        flat = y.view(len(y), -1)
        flat.clamp_(max=1.0)
        y[:, :2].add_(1.0)
        y[:, 2:] = y[:, 2:].sigmoid()
        return net.head(F.relu(y, inplace=True).mean((2, 3)))

    return Net(
        forward,
        stem=nn.Conv2d(3, 4, 3, padding=1),
        relu=nn.ReLU(inplace=True),
        branch=nn.Conv2d(4, 4, 3, padding=1),
        head=nn.Linear(4, CLASSES),
    )


def _three_times() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.stem(x)
        for _ in range(3):
            x = net.again(x).relu()
        return net.head(x.mean((2, 3)))

    return Net(forward, stem=nn.Conv2d(3, 4, 1), again=nn.Conv2d(4, 4, 3, padding=1), head=nn.Linear(4, CLASSES))


class _Several(nn.Module):
    """Gives its values as a dictionary of a tuple and an object."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: Tensor) -> dict[str, Any]:
        y = self.conv(x)
        return {"both": (y, x), "object": SimpleNamespace(half=y / 2)}


def _nested_outputs() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        found = net.several(net.stem(x))
        y, x = found["both"]
        values, _ = F.max_pool2d(y + x + found["object"].half, 2, return_indices=True)
        one, two = values.chunk(2, 1)
        largest, _ = torch.max(one, dim=1, keepdim=True)
        return net.head((largest * two).mean((2, 3)))

    return Net(forward, stem=nn.Conv2d(3, 4, 1), several=_Several(), head=nn.Linear(2, CLASSES))


def _recurrent(kind: type[nn.RNNBase]) -> Callable[[], nn.Module]:
    def forward(net: Any, x: Tensor) -> Tensor:
        rows = net.stem(x).mean(3).transpose(1, 2)
        out, _ = net.rnn(rows)
        return net.head(out[:, -1])

    return lambda: Net(
        forward, stem=nn.Conv2d(3, 4, 3, padding=1), rnn=kind(4, 6, batch_first=True), head=nn.Linear(6, CLASSES)
    )


def _one_dimensional() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        rows = net.first(x.flatten(2)).relu()
        rows = net.norm(net.second(rows))
        return net.head(rows.mean(2))

    return Net(
        forward,
        first=nn.Conv1d(3, 6, 5, stride=4),
        second=nn.Conv1d(6, 8, 3, dilation=2, groups=2),
        norm=nn.BatchNorm1d(8),
        head=nn.Linear(8, CLASSES),
    )


def _three_dimensional() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        return net.head(net.pool(net.conv(x[:, None]).relu()).flatten(1))

    return Net(forward, conv=nn.Conv3d(1, 4, (2, 3, 3)), pool=nn.AdaptiveAvgPool3d(1), head=nn.Linear(4, CLASSES))


def _transposed() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.down(x).relu()
        return net.head(net.up(x).mean((2, 3)))

    return Net(
        forward,
        down=nn.Conv2d(3, 8, 3, stride=2, padding=1),
        up=nn.ConvTranspose2d(8, 6, (3, 4), stride=2, padding=1, output_padding=1, groups=2),
        head=nn.Linear(6, CLASSES),
    )


def _odd_windows() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.wide(x).relu()
        x = net.grouped(x).relu()
        x = F.avg_pool2d(net.dilated(x), (3, 2), stride=(2, 1), padding=(1, 0), ceil_mode=True)
        return net.head(F.max_pool2d(x, 3, 2, dilation=(1, 2), ceil_mode=True).mean((2, 3)))

    return Net(
        forward,
        wide=nn.Conv2d(3, 8, (5, 3), stride=(2, 1), padding=(2, 0)),
        grouped=nn.Conv2d(8, 4, 3, padding=1, groups=2, bias=False),
        dilated=nn.Conv2d(4, 6, (3, 2), padding="same", dilation=(1, 3)),
        head=nn.Linear(6, CLASSES),
    )


def _padded(mode: str) -> Callable[[], nn.Module]:
    def forward(net: Any, x: Tensor) -> Tensor:
        return net.head(net.same(net.conv(x).relu()).mean((2, 3)))

    return lambda: Net(
        forward,
        conv=nn.Conv2d(3, 4, (3, 5), padding=(1, 2), padding_mode=mode),
        same=nn.Conv2d(4, 4, (2, 3), padding="same", padding_mode=mode),
        head=nn.Linear(4, CLASSES),
    )


def _attention() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        tokens = net.cut(x).flatten(2).transpose(1, 2)
        tokens = tokens + net.attention(tokens, tokens, tokens, need_weights=False)[0]
        query = net.query(tokens)
        tokens = tokens + F.scaled_dot_product_attention(query, tokens, tokens)
        scores = torch.einsum("bic,bjc->bij", tokens, tokens).softmax(-1)
        return net.head((scores @ tokens).mean(1))

    return Net(
        forward,
        cut=nn.Conv2d(3, 8, 4, stride=4),
        attention=nn.MultiheadAttention(8, 2, batch_first=True),
        query=nn.Linear(8, 8, bias=False),
        head=nn.Linear(8, CLASSES),
    )


def _encoder(batch_first: bool, norm_first: bool) -> Callable[[], nn.Module]:
    def forward(net: Any, x: Tensor) -> Tensor:
        tokens = net.cut(x).flatten(2)
        tokens = net.encoder(tokens.transpose(1, 2) if batch_first else tokens.permute(2, 0, 1))
        return net.head(tokens.mean(1 if batch_first else 0))

    def make() -> nn.Module:
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first, norm_first=norm_first)
        return Net(
            forward,
            cut=nn.Conv2d(3, 8, 4, stride=4),
            encoder=nn.TransformerEncoder(layer, 2, enable_nested_tensor=False),
            head=nn.Linear(8, CLASSES),
        )

    return make


def _parametrised() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        return net.head(net.spectral(net.weighted(x).relu()).mean((2, 3)))

    return Net(
        forward,
        weighted=parametrizations.weight_norm(nn.Conv2d(3, 4, 3, padding=1)),
        spectral=parametrizations.spectral_norm(nn.Conv2d(4, 4, 3, padding=1)),
        head=parametrizations.weight_norm(nn.Linear(4, CLASSES)),
    )


def _old_weight_norm() -> nn.Module:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return Net(
            lambda net, x: net.head(net.conv(x).relu().mean((2, 3))),
            conv=nn.utils.weight_norm(nn.Conv2d(3, 4, 3, padding=1)),
            head=nn.Linear(4, CLASSES),
        )


def _plain() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Dropout(),
        nn.Linear(32, CLASSES),
    )


def _of_type(kind: torch.dtype) -> Callable[[], nn.Module]:
    return lambda: _plain().to(kind)


def _scripted() -> nn.Module:
    return torch.jit.script(_plain().eval())


def _partly_scripted() -> nn.Module:
    part = torch.jit.script(nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU()).eval())
    return Net(
        lambda net, x: net.head(net.part(net.stem(x)).mean((2, 3))),
        stem=nn.Conv2d(3, 4, 1),
        part=part,
        head=nn.Linear(4, CLASSES),
    )


def _traced() -> nn.Module:
    return torch.jit.trace(_plain().eval(), torch.zeros(1, 3, SIDE, SIDE))


def _odd_names() -> nn.Module:
    inner = nn.Sequential()
    inner.add_module("normalise", nn.Conv2d(3, 4, 1))
    inner.add_module("network", nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU()))
    inner.add_module("add", nn.Identity())
    return Net(
        lambda net, x: net.networks["last one"]((net.network(x) + 1).mean((2, 3))),
        network=inner,
        networks=nn.ModuleDict({"last one": nn.Linear(4, CLASSES), "networkless": nn.Linear(1, 1)}),
    )


def _functional() -> nn.Module:
    class Functional(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("weight", torch.randn(4, 3, 3, 3))
            self.register_buffer("head", torch.randn(CLASSES, 4))

        def forward(self, x: Tensor) -> Tensor:
            return F.linear(F.conv2d(x, self.weight, padding=1).relu().mean((2, 3)), self.head)

    return Functional()


def _channels_last() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.stem(x).permute(0, 2, 3, 1)
        x = x + net.second(F.gelu(net.first(net.norm(x))))
        return net.head(x.mean((1, 2)))

    return Net(
        forward,
        stem=nn.Conv2d(3, 6, 2, stride=2),
        norm=nn.LayerNorm(6),
        first=nn.Linear(6, 12),
        second=nn.Linear(12, 6),
        head=nn.Linear(6, CLASSES),
    )


def _one_picture() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        if len(x) != 1:
            raise ValueError("one picture at a time")
        return net.head(net.stem(x).relu().mean((2, 3)))

    return Net(forward, stem=nn.Conv2d(3, 4, 3), head=nn.Linear(4, CLASSES))


def _not_finite() -> nn.Module:
    net = _plain()
    with torch.no_grad():
        net[0].weight[0] = float("nan")
        net[0].weight[1] = float("inf")
    return Net(
        lambda net, x: net.head(net.net[:7](x).nan_to_num(0, 0, 0).flatten(1)), net=net, head=nn.Linear(32, CLASSES)
    )


def _dense() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.Sigmoid(), nn.Linear(32, 10))


def _digits() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 13 * 13, 10), nn.Softmax(1)
    )


def _without_gradient() -> nn.Module:
    def forward(net: Any, x: Tensor) -> Tensor:
        with torch.no_grad():
            x = net.stem(x)
        return net.head(net.conv(x).relu().mean((2, 3)) + x.mean((2, 3)).detach())

    return Net(forward, stem=nn.Conv2d(3, 4, 3), conv=nn.Conv2d(4, 4, 3), head=nn.Linear(4, CLASSES))


class _Twice(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> Tensor:
        return slope * 2


def _own_gradient() -> nn.Module:
    return Net(
        lambda net, x: net.head(_Twice.apply(net.stem(x)).relu().mean((2, 3))),
        stem=nn.Conv2d(3, 4, 3),
        head=nn.Linear(4, CLASSES),
    )


def _checkpointed() -> nn.Module:
    return Net(
        lambda net, x: net.head(checkpoint(net.block, net.stem(x), use_reentrant=False).mean((2, 3))),
        stem=nn.Conv2d(3, 4, 3),
        block=nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU()),
        head=nn.Linear(4, CLASSES),
    )


def _shared() -> nn.Module:
    conv = nn.Conv2d(4, 4, 3, padding=1)
    net = nn.Sequential(nn.Conv2d(3, 4, 1), conv, nn.ReLU(), conv, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net.append(nn.Linear(4, CLASSES))
    return net


def _random() -> nn.Module:
    return Net(
        lambda net, x: net.head((net.stem(x) + 1e-3 * torch.randn(1)).relu().mean((2, 3))),
        stem=nn.Conv2d(3, 4, 3),
        head=nn.Linear(4, CLASSES),
    )


def _views() -> nn.Module:
    """A window attention's way with axes: cut into windows, mixed, put together, rolled."""

    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.stem(x).permute(0, 2, 3, 1)
        n, h, w, c = x.shape
        x = torch.roll(x, (-1, -1), (1, 2))
        windows = x.view(n, h // 4, 4, w // 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, c)
        windows = net.norm(windows + net.attention(windows, windows, windows)[0])
        x = windows.reshape(n, h // 4, w // 4, 4, 4, c).permute(0, 1, 3, 2, 4, 5).reshape(n, h, w, c)
        return net.head(torch.roll(x, (1, 1), (1, 2)).mean((1, 2)))

    return Net(
        forward,
        stem=nn.Conv2d(3, 8, 2, stride=2),
        norm=nn.LayerNorm(8),
        attention=nn.MultiheadAttention(8, 2, batch_first=True),
        head=nn.Linear(8, CLASSES),
    )


def _quantity() -> nn.Module:
    """Gates, a value that is a number only, and unequal branches put together."""

    def forward(net: Any, x: Tensor) -> Tensor:
        x = net.stem(x)
        gate = net.gate(F.adaptive_avg_pool2d(x, 1)).sigmoid()
        x = x * gate / (1 + x.abs().max())
        both = torch.cat([net.left(x), F.interpolate(net.right(x), scale_factor=2.0)], 1)
        return net.head(F.pixel_unshuffle(both, 2).amax((2, 3)))

    return Net(
        forward,
        stem=nn.Conv2d(3, 4, 3, padding=1),
        gate=nn.Conv2d(4, 4, 1),
        left=nn.Conv2d(4, 2, 3, padding=1),
        right=nn.Conv2d(4, 3, 2, stride=2),
        head=nn.Linear(20, CLASSES),
    )


def _deep() -> nn.Module:
    return nn.Sequential(
        *(nn.Sequential(nn.Conv2d(3, 3, 1), nn.Tanh()) for _ in range(500)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(3, CLASSES),
    )


@dataclass(frozen=True)
class Entry:
    """A network of the zoo, and what it takes and gives."""

    make: Callable[[], nn.Module]
    side: int = SIDE
    channels: int = 3
    classes: int = CLASSES


ZOO: Mapping[str, Entry] = {
    "plain": Entry(_plain),
    "data-dependent way": Entry(_data_dependent),
    "operations in place": Entry(_in_place),
    "a layer three times": Entry(_three_times),
    "nested outputs": Entry(_nested_outputs),
    "LSTM": Entry(_recurrent(nn.LSTM)),
    "GRU": Entry(_recurrent(nn.GRU)),
    "Conv1d": Entry(_one_dimensional),
    "Conv3d": Entry(_three_dimensional),
    "ConvTranspose2d": Entry(_transposed),
    "odd windows": Entry(_odd_windows),
    "reflected border": Entry(_padded("reflect")),
    "replicated border": Entry(_padded("replicate")),
    "circular border": Entry(_padded("circular")),
    "attention": Entry(_attention),
    "encoder": Entry(_encoder(batch_first=True, norm_first=False)),
    "encoder, norm first": Entry(_encoder(batch_first=True, norm_first=True)),
    "encoder, tokens first": Entry(_encoder(batch_first=False, norm_first=False)),
    "parametrisations": Entry(_parametrised),
    "weight norm by hooks": Entry(_old_weight_norm),
    "half precision": Entry(_of_type(torch.float16)),
    "bfloat16": Entry(_of_type(torch.bfloat16)),
    "double precision": Entry(_of_type(torch.float64)),
    "scripted": Entry(_scripted),
    "partly scripted": Entry(_partly_scripted),
    "traced": Entry(_traced),
    "odd names": Entry(_odd_names),
    "no parameters": Entry(_functional),
    "channels last": Entry(_channels_last),
    "one picture at a time": Entry(_one_picture),
    "weights that are no numbers": Entry(_not_finite),
    "dense digits": Entry(_dense, 28, 1, 10),
    "digits with softmax": Entry(_digits, 28, 1, 10),
    "no_grad inside": Entry(_without_gradient),
    "autograd.Function": Entry(_own_gradient),
    "checkpoint": Entry(_checkpointed),
    "a layer under two names": Entry(_shared),
    "random": Entry(_random),
    "windows": Entry(_views),
    "gates and branches": Entry(_quantity),
    "a thousand nodes": Entry(_deep, 8),
}


def seeded_network(name: str) -> nn.Module:
    """A network of the zoo; the same weights every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        return ZOO[name].make()


def classifier_of(name: str) -> Classifier:
    """A network of the zoo with its recipe."""
    entry = ZOO[name]
    return Classifier(
        seeded_network(name),
        name=name,
        title=name,
        classes=[f"class {each}" for each in range(entry.classes)],
        recipe=Recipe(entry.side, (entry.side, entry.side), channels=entry.channels),
        mean=[0.5] * entry.channels,
        std=[0.25] * entry.channels,
    )
