"""What a training leaves: ``NAME.safetensors`` with the weights, and ``NAME.json`` with the card of the network."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.catalogue.classes import class_names
from engine.images import Recipe
from engine.models.classifier import Classifier
from engine.training.data import DataSet
from engine.training.measuring import (
    ATTACK,
    BUDGETS,
    Measured,
    accuracies,
    robust_accuracies,
    say_robust,
    say_share,
)
from engine.training.recipe import TrainingRecipe

TITLES = {
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "cifar-10": "CIFAR-10",
    "frog-or-ship": "CIFAR-10, frogs and ships only",
}
"""The data sets as read."""


@dataclass(frozen=True)
class Outcome:
    """What a training came to.

    Attributes:
        recipe: what was done.
        seed: of everything random.
        clean: how often the network is right; ``robust`` under attack.
        parameters: how many numbers it learnt.
        size: (height, width) of its input.
    """

    recipe: TrainingRecipe
    seed: int
    clean: list[Measured]
    robust: list[Measured]
    parameters: int
    size: tuple[int, int]

    def describe(self) -> str:
        """The card in a few lines."""
        lines = [f"{self.recipe.title} ({self.recipe.name})", *(each.describe() for each in self.clean)]
        return "\n  ".join([*lines, say_robust(self.robust)])


def measure(recipe: TrainingRecipe, seed: int, network: nn.Module, data: DataSet, device: str) -> Outcome:
    """Asks a trained network about the test pictures, as they are and attacked."""
    height, width = data.train.x.shape[2:]
    model = Classifier(
        network,
        name=recipe.name,
        title=recipe.title,
        classes=class_names(recipe.labels),
        recipe=Recipe(min(height, width), (height, width), channels=len(recipe.mean)),
        mean=recipe.mean,
        std=recipe.std,
        device=device,
    )
    clean, robust = accuracies(model, data), robust_accuracies(model, data, BUDGETS[recipe.labels])
    return Outcome(recipe, seed, clean, robust, model.parameters_count, (height, width))


def write(outcome: Outcome, network: nn.Module, folder: Path) -> None:
    """Writes weights and card; the card last, and each whole or not at all."""
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    weights = save({name: each.cpu().contiguous() for name, each in network.state_dict().items()})
    name = outcome.recipe.name
    _replace(folder / f"{name}.safetensors", weights)
    card = json.dumps(_entry(outcome, weights), indent=1, ensure_ascii=False)
    _replace(folder / f"{name}.json", card.encode() + b"\n")


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _entry(outcome: Outcome, weights: bytes) -> dict[str, Any]:
    """``card`` is what ``engine.catalogue.models`` reads; ``measured`` and ``recipe`` are for who wants to know all."""
    return {
        "card": _card(outcome, weights),
        "measured": {
            "clean": [asdict(each) for each in outcome.clean],
            "attacked": [asdict(each) for each in outcome.robust],
            "attack": {"name": ATTACK.name, "norm": "linf", **asdict(ATTACK)},
        },
        "recipe": asdict(outcome.recipe),
        "seed": outcome.seed,
        "torch": torch.__version__,
    }


def _card(outcome: Outcome, weights: bytes) -> dict[str, Any]:
    recipe = outcome.recipe
    return {
        "name": recipe.name,
        "title": recipe.title,
        "family": recipe.family,
        "data": TITLES[recipe.labels],
        "labels": recipe.labels,
        "parameters": outcome.parameters,
        "megabytes": round(len(weights) / 1e6, 3),
        "size": outcome.size,
        "resize": min(outcome.size),
        "interpolation": "bilinear",
        "mean": recipe.mean,
        "std": recipe.std,
        "top1": say_share(outcome.clean[0].accuracy),
        "tested": ", ".join(each.describe() for each in outcome.clean),
        "robust": say_robust(outcome.robust),
        "training": f"{recipe.describe()}, seed {outcome.seed}",
        "licence": "MIT",
        "file": f"{recipe.name}.safetensors",
        "sha": hashlib.sha256(weights).hexdigest(),
        "note": recipe.note,
    }
