"""Fits the last layers of a network together with the new one above them: a few rounds, from the same seed the same."""

from __future__ import annotations

import copy
from collections.abc import Generator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.experiment import to_tensor
from engine.models.own.taught import FEATURES, put_together
from engine.models.prepare import LAYERS
from engine.tasks import Progress
from engine.teaching.fitting import Fitted
from engine.teaching.gathering import BATCH, Gathered, picture_of
from engine.teaching.lesson import TeachError
from engine.teaching.transformer import Transformer

SHARE = 0.25
"""Of a network's parameters, how many are fitted: those nearest to the answer, in whole layers."""
RATE = 1e-4
"""Step size of Adam (Kingma, Ba 2015, arXiv:1412.6980)."""


def last_parameters(network: nn.Module) -> list[str]:
    """The names of the parameters that are fitted: of the last layers with a quarter of all together, one at least."""
    layers = [
        (sum(each.numel() for each in layer.parameters(recurse=False)), path)
        for path, layer in network.named_modules()
        if any(True for _ in layer.parameters(recurse=False))
    ]
    room = SHARE * sum(count for count, _ in layers)
    picked: list[str] = []
    for count, path in reversed(layers):
        if picked and count > room:
            break
        room -= count
        picked.append(path)
    names = dict(network.named_parameters())
    return [name for name in names if name.rpartition(".")[0] in picked]


class Tuning:
    """A network while its last layers are fitted.

    Attributes:
        network: features and head, pixels as ``normalise`` leaves them to logits.
        names: of the parameters of ``network`` that are fitted, beside the head's.

    Args:
        base: gives the features; its own layers stay as they are.
        start: the head to begin with.
        seed: of the order of the pictures.
    """

    def __init__(self, base: Transformer, start: Fitted, seed: int) -> None:
        self._base, self._seed = base, seed
        features = base.features.module.get_submodule("network")
        with LAYERS:
            self.network = put_together(_copy(features), _tensor(start.weight), _tensor(start.bias))
        self.network.to(base.base.device)
        self.names = [f"{FEATURES}.{each}" for each in last_parameters(self.network.get_submodule(FEATURES))]
        self._fitted = [
            each for name, each in self.network.named_parameters() if name in self.names or name.startswith("head.")
        ]

    def run(self, gathered: Gathered, rows: NDArray[np.intp], epochs: int) -> Generator[Progress, None, None]:
        """Goes over the pictures of those rows, in another order every time.

        Raises:
            TeachError: the numbers grow without bound.
        """
        for each in self._fitted:
            each.requires_grad_(True)
        steps = torch.optim.Adam(self._fitted, lr=RATE)
        for epoch in range(epochs):
            order = np.random.default_rng((self._seed, epoch)).permutation(rows)
            for start in range(0, len(order), BATCH):
                loss = self._step(gathered, order[start : start + BATCH], steps)
                done = epoch * len(order) + start
                said = f"fitting the last layers, round {epoch + 1} of {epochs}, loss {loss:.3f}"
                yield Progress(done, epochs * len(order), said)
        self.network.requires_grad_(False)

    def answers(
        self, gathered: Gathered, rows: NDArray[np.intp], which: str
    ) -> Generator[Progress, None, NDArray[np.float64]]:
        """The probabilities (len(rows), K) of the pictures of those rows; ``which`` are said to be asked about."""
        found = []
        for start in range(0, len(rows), BATCH):
            with torch.no_grad():
                found.append(self._logits(gathered, rows[start : start + BATCH])[0].double().softmax(1).cpu().numpy())
            yield Progress(start, len(rows), f"asking about the pictures {which}")
        return np.concatenate(found)

    def _step(self, gathered: Gathered, rows: NDArray[np.intp], steps: torch.optim.Optimizer) -> float:
        logits, labels = self._logits(gathered, rows)
        loss = nn.functional.cross_entropy(logits, labels)
        if not bool(loss.isfinite()):
            why = "the numbers have grown without bound"
            raise TeachError("The last layers could not be fitted", why, "Teach it without fitting them.")
        steps.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        steps.step()
        return float(loss.detach())

    def _logits(self, gathered: Gathered, rows: NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        x = self._pixels([gathered.paths[row] for row in rows]).to(self._base.base.device)
        labels = torch.from_numpy(gathered.labels[rows]).to(x.device)
        with LAYERS:
            normalised = self._base.features.module.get_submodule("normalise")(x)
            return self.network(normalised), labels

    def _pixels(self, paths: Sequence[str]) -> Tensor:
        pictures = []
        for path in paths:
            picture = picture_of(path, self._base)
            if picture is None:
                why = f"“{path}” could be read before, and cannot any more"
                raise TeachError("The last layers could not be fitted", why, "Check the disk, then start again.")
            pictures.append(to_tensor(picture))
        return torch.cat(pictures)


def _copy(network: nn.Module) -> nn.Module:
    return copy.deepcopy(network).cpu().requires_grad_(False)


def _tensor(values: NDArray[np.float64]) -> Tensor:
    return torch.from_numpy(values).float()
