"""Learning: epoch after epoch, the same every time, and resumed where it was cut short.

All that is random in an epoch comes from the seed and the epoch's number, so that a training that was resumed ends
with the very weights of one that was not. On other hardware, or with another number of threads, sums are rounded
differently and the weights differ a little.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.boxed import ARCHITECTURES
from engine.models.classifier import Normalise
from engine.training.adversarial import attacked
from engine.training.augmenting import vary
from engine.training.data import Pictures
from engine.training.errors import TrainingError
from engine.training.recipe import TrainingRecipe


@dataclass(frozen=True)
class Epoch:
    """What is told after every epoch.

    Attributes:
        number: how many are done, of ``total``.
        total: how many there are.
        loss: mean cross-entropy of what the network learnt from.
        accuracy: the share of that it was right about, before it learnt from it.
        seconds: how long it took.
    """

    number: int
    total: int
    loss: float
    accuracy: float
    seconds: float

    def describe(self, name: str) -> str:
        """One line of progress."""
        done = f"{name}: epoch {self.number} of {self.total}"
        return f"{done}, loss {self.loss:.4f}, {self.accuracy:.2%} right while learning, {self.seconds:.1f} s"


class Training:
    """One network on its way through a recipe.

    Attributes:
        recipe: what is done.
        network: normalised pixels to logits; in float32, on ``device``.
        done: how many epochs.

    Args:
        recipe: what to do.
        seed: of everything random.
        checkpoint: the file that the state is written to after every epoch, and taken up from; None keeps none.
        device: ``"cpu"``, ``"cuda"`` or ``"mps"``.

    Raises:
        TrainingError: the checkpoint belongs to another recipe or seed, or is damaged.
    """

    def __init__(self, recipe: TrainingRecipe, seed: int, checkpoint: Path | None, device: str = "cpu") -> None:
        self.recipe = recipe
        self.done = 0
        self._seed, self._checkpoint, self._device = seed, checkpoint, device
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.network = ARCHITECTURES[recipe.family]().to(device)
        layers = OrderedDict(normalise=Normalise(recipe.mean, recipe.std).to(device), network=self.network)
        self._model = nn.Sequential(layers).to(memory_format=torch.channels_last)
        self._descent = torch.optim.SGD(_groups(self.network, recipe.decay), recipe.rate, 0.9, nesterov=True)
        if checkpoint is not None and checkpoint.exists():
            self._resume(checkpoint)

    def run(self, pictures: Pictures) -> Iterator[Epoch]:
        """Trains to the end; every ``Epoch`` is told after its checkpoint is written. May be left at any of them."""
        pictures = Pictures(*(each.to(self._device) for each in pictures))
        while self.done < self.recipe.epochs:
            start = time.perf_counter()
            with torch.random.fork_rng():
                torch.manual_seed(self._seed * 100_003 + self.done)
                loss, accuracy = self._epoch(pictures)
            self.done += 1
            self._keep()
            yield Epoch(self.done, self.recipe.epochs, loss, accuracy, time.perf_counter() - start)

    def _epoch(self, pictures: Pictures) -> tuple[float, float]:
        """Sees every picture once, in random order; mean loss and share of right answers."""
        self._model.train()
        order = torch.randperm(len(pictures.x), device=self._device)
        batches = torch.split(order, self.recipe.batch)
        lost = right = 0.0
        for index, chosen in enumerate(batches):
            progress = (self.done + (index + 0.5) / len(batches)) / self.recipe.epochs
            labels = pictures.labels[chosen]
            loss, logits = self._learn(self._shown(pictures.x[chosen], labels, progress), labels, progress)
            lost += float(loss) * len(chosen)
            right += int((logits.argmax(1) == labels).sum())
        return lost / len(order), right / len(order)

    def _shown(self, pixels: Tensor, labels: Tensor, progress: float) -> Tensor:
        """What the network is to learn from: varied, and attacked if the recipe says so."""
        x = vary(pixels.float() / 255, self.recipe.variation).contiguous(memory_format=torch.channels_last)
        opponent = self.recipe.opponent
        if opponent is None:
            return x
        epsilon = self.recipe.epsilon_at(progress)
        with _half(self._device):
            return attacked(self._model, x, labels, epsilon=epsilon, steps=opponent.steps, step_size=opponent.step_size)

    def _learn(self, x: Tensor, labels: Tensor, progress: float) -> tuple[Tensor, Tensor]:
        """One step of the descent; the loss, and the logits before it."""
        for group in self._descent.param_groups:
            group["lr"] = self.recipe.rate_at(progress)
        with _half(self._device):
            logits = self._model(x).float()
        loss = functional.cross_entropy(logits, labels, label_smoothing=self.recipe.smoothing)
        self._descent.zero_grad()
        torch.autograd.backward(loss)
        self._descent.step()
        return loss.detach(), logits.detach()

    def _keep(self) -> None:
        """Writes the state beside the checkpoint and then puts it in its place: a kill never leaves half a file."""
        if self._checkpoint is None:
            return
        self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "recipe": self.recipe.what_matters,
            "seed": self._seed,
            "done": self.done,
            "network": self.network.state_dict(),
            "descent": self._descent.state_dict(),
        }
        part = self._checkpoint.with_suffix(".part")
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._checkpoint)

    def _resume(self, path: Path) -> None:
        remedy = f"Delete {path} to begin anew."
        try:
            state: dict[str, Any] = torch.load(path, map_location=self._device, weights_only=True)
        except (RuntimeError, UnpicklingError, EOFError, OSError) as error:
            raise TrainingError("The training could not be resumed", f"{path} is damaged", remedy) from error
        if (state["recipe"], state["seed"]) != (self.recipe.what_matters, self._seed):
            why = f"{path} was written with another recipe or seed"
            raise TrainingError("The training could not be resumed", why, remedy)
        self.network.load_state_dict(state["network"])
        self._descent.load_state_dict(state["descent"])
        self.done = state["done"]


def _groups(network: nn.Module, decay: float) -> list[dict[str, object]]:
    """Only weights are pulled towards 0: biases and batch norms, of one axis, are left alone."""
    parameters = list(network.parameters())
    return [
        {"params": [each for each in parameters if each.ndim > 1], "weight_decay": decay},
        {"params": [each for each in parameters if each.ndim <= 1], "weight_decay": 0.0},
    ]


def _half(device: str) -> AbstractContextManager[Any]:
    """bfloat16 within, where that is faster: on graphics cards and on processors with matrix tiles (AMX)."""
    if device == "cpu":
        faster = bool(torch.cpu.get_capabilities().get("amx_bf16", False))
    else:
        faster = device == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device, torch.bfloat16, enabled=faster)
