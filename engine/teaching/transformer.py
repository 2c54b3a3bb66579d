"""A network as feature transformer: the numbers that its last layer is given, by way of its prepared copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from engine.errors import ExplainedError
from engine.models.classifier import Classifier, Normalise
from engine.models.own.taught import as_features
from engine.models.prepare import LAYERS
from engine.network.recording import Call, Recording, RecordingError, record
from engine.teaching.lesson import TeachError

MOST_FEATURES = 8192
"""Of a picture; a regression on more takes long, and learns them by heart."""

_LETS_THROUGH = frozenset(
    {
        "relu", "dropout", "avg_pool2d", "adaptive_avg_pool2d", "mean", "flatten", "view", "reshape", "squeeze",
        "getitem", "contiguous", "float",
    }
)  # fmt: skip
"""What may follow the last layer: features go through all of this, and are a row of numbers afterwards."""


@dataclass(frozen=True, eq=False)
class Transformer:
    """A network without its last layer.

    Attributes:
        base: the network as it is.
        layer: path in it of the last layer; empty where none could be told, and its answers are the features.
        features: pixels (N, C, H, W) in [0, 1] to (N, D): as a classifier of which every class is a feature.
    """

    base: Classifier
    layer: str
    features: Classifier

    @property
    def count(self) -> int:
        """D, how many numbers a picture becomes."""
        return len(self.features.classes)

    def __call__(self, x: Tensor) -> Tensor:
        """The features (N, D) of pixels (N, C, H, W) in [0, 1], on the processor, without a graph."""
        return self.features.logits(x.to(self.features.device)).cpu()


def transformer(base: Classifier) -> Transformer:
    """A network as feature transformer.

    The last layer is the last linear one, or the last convolution, on the way to the answer; where there is none, or
    where what comes after it computes more than means and rectifiers, the network's answers are the features.

    Raises:
        TeachError: the network gives no finite features.
    """
    layer = last_layer(base)
    found = _try(base, layer) if layer else None
    if found is None:
        layer, found = "", _try(base, "")
    if found is None:
        why = "it gives no row of finite numbers that is short enough"
        raise TeachError(f"{base.title} cannot be taught", why, "Choose another network.")
    return Transformer(base, layer, found)


def last_layer(base: Classifier) -> str:
    """The path, below ``base.module.network``, of the layer that gives the answer; empty where there is none."""
    network = base.module.get_submodule("network")
    try:
        recording = record(network, _probe(base))
    except RecordingError:
        return ""
    return _path(recording, network)


def _path(recording: Recording, network: nn.Module) -> str:
    for call in reversed(recording.calls):
        if call.layer is not None and call.kind in {"linear", "conv2d"}:
            return call.layer[0] if _is_last(call, recording, network) else ""
        if call.kind not in _LETS_THROUGH:
            return ""
    return ""


def _is_last(call: Call, recording: Recording, network: nn.Module) -> bool:
    """Whether a layer can be taken away: it runs once, and its place in the network is known."""
    assert call.layer is not None  # noqa: S101 - only such calls come here
    path = call.layer[0]
    once = [each for each in recording.calls if each.layer is not None and each.layer[0] == path]
    return bool(path) and len(once) == 1 and isinstance(network.get_submodule(path), nn.Linear | nn.Conv2d)


def _try(base: Classifier, layer: str) -> Classifier | None:
    """The features behind a layer as a classifier; None if they are no row of finite numbers, or too many."""
    try:
        network = as_features(base.module.get_submodule("network"), layer).cpu()
        count = _count(network, _probe(base).cpu())
        return None if count is None else _as_classifier(base, network, count)
    except (ExplainedError, RuntimeError, ValueError, TypeError, AttributeError):
        return None


def _count(network: nn.Module, probe: Tensor) -> int | None:
    with torch.no_grad(), LAYERS:
        answer = network(probe)
    is_row = isinstance(answer, Tensor) and answer.ndim == 2 and len(answer) == 1
    return answer.shape[1] if is_row and 2 <= answer.shape[1] <= MOST_FEATURES else None


def _as_classifier(base: Classifier, network: nn.Module, count: int) -> Classifier:
    normalise = cast(Normalise, base.module.get_submodule("normalise"))
    return Classifier(
        network,
        name=base.name,
        title=base.title,
        classes=[f"feature {each}" for each in range(count)],
        recipe=base.recipe,
        mean=normalise.mean.flatten().tolist(),
        std=normalise.std.flatten().tolist(),
        device=base.device,
    )


def _probe(base: Classifier) -> Tensor:
    """A picture of noise, always the same, on the network's device."""
    x = torch.rand(1, base.recipe.channels, *base.size, generator=torch.Generator().manual_seed(0))
    kind = next((each.dtype for each in base.module.parameters()), torch.float32)
    return x.to(base.device, kind)
