"""How often the networks that work offline are right about labelled pictures, as they are and attacked.

``--data FOLDER`` is laid out as ``engine/training/data.py`` says, and holds ``imagenet-samples`` besides: photographs
and a ``labels.csv`` whose columns ``file`` and ``class_index`` give every one's class in the usual order of ImageNet.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from engine.attacks import Problem, along, direction
from engine.batch import load_image
from engine.catalogue.attacks import FGSM, Norm
from engine.catalogue.models import NETWORKS, Source
from engine.models import load_model
from engine.models.classifier import Classifier
from engine.training.data import DataSet, read_data
from engine.training.measuring import ATTACK, BUDGETS, Measured, accuracies, robust_accuracies
from engine.training.recipe import say_size
from engine.training.recipes import RECIPES

NAME = "networks"
DATA = "labelled ImageNet photographs"
WANTED = {"efficientnet-lite0": 0.90, "squeezenet1.1": 0.72}
"""The share of the 100 photographs that was right when the preprocessing of each network was chosen."""

EPSILON = 4 / 255
BATCH = 8


class Batch(NamedTuple):
    """Pictures as the network sees them, (N, C, H, W) in [0, 1], with their classes, (N,)."""

    x: Tensor
    labels: Tensor


def run(arguments: list[str]) -> dict[str, object]:
    """One row per network and test set: how often it is right, how often it should be, how often under attack."""
    parser = argparse.ArgumentParser(prog=NAME)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--network", action="append", metavar="NAME", help="only this one; may be repeated")
    chosen = parser.parse_args(arguments)
    sources = {Source.PACKAGE: on_photographs, Source.BOX: on_its_test_set}
    return {
        "rows": [
            row
            for name, card in NETWORKS.items()
            if card.source in sources and (chosen.network is None or name in chosen.network)
            for row in sources[card.source](name, chosen.data)
        ]
    }


# The networks in the box


def on_its_test_set(name: str, folder: Path) -> Iterator[dict[str, object]]:
    """The rows of one network in the box.

    It is attacked on the first of its test sets, the one without loss, and what was promised of it is of that one:
    copies that went through JPEG are other pictures than it learnt from, and their row says how much that costs.
    """
    labels = NETWORKS[name].labels
    model, data = load_model(name), data_set(labels, folder)
    [attacked] = robust_accuracies(model, data, BUDGETS[labels][-1:])
    for measured in accuracies(model, data):
        is_first = measured.pictures == attacked.pictures
        yield row(name, measured, RECIPES[name].wanted, attacked) if is_first else row(name, measured)


@cache
def data_set(labels: str, folder: Path) -> DataSet:
    """The pictures of one data set, read once for all networks."""
    return read_data(labels, folder)


def row(name: str, clean: Measured, wanted: float = 0, attacked: Measured | None = None) -> dict[str, object]:
    """One row; ``wanted`` is None where nothing was promised."""
    how = f"{ATTACK.name}, {ATTACK.steps} steps, L∞ {say_size(attacked.epsilon)}" if attacked else ""
    return {
        "name": name,
        "data": clean.pictures,
        "images": clean.images,
        "accuracy": clean.accuracy,
        "wanted": wanted or None,
        "robust_accuracy": attacked.accuracy if attacked else None,
        "attack": f"{how} on {attacked.images}" if attacked else None,
    }


# The networks from packages


def on_photographs(name: str, folder: Path) -> Iterator[dict[str, object]]:
    """The row of one network for photographs, attacked by FGSM of ε = 4/255 in L∞."""
    model = load_model(name)
    count = clean = robust = 0
    for batch in batches(model, folder / "imagenet-samples"):
        count += len(batch.labels)
        clean += right(model, batch.x, batch.labels)
        robust += right(model, perturbed(model, batch), batch.labels)
    yield {
        "name": name,
        "data": DATA,
        "images": count,
        "accuracy": clean / count,
        "wanted": WANTED[name],
        "robust_accuracy": robust / count,
        "attack": f"fgsm, L∞ {say_size(EPSILON)} on {count}",
    }


def batches(model: Classifier, folder: Path) -> Iterator[Batch]:
    """The labelled photographs, as the network sees them."""
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    for start in range(0, len(listed), BATCH):
        part = listed[start : start + BATCH]
        x = torch.cat([load_image(str(folder / each["file"]), model) for each in part])
        yield Batch(x.to(model.device), torch.tensor([int(each["class_index"]) for each in part]).to(model.device))


def right(model: Classifier, x: Tensor, labels: Tensor) -> int:
    """How many pictures are seen as what they are."""
    return int((model.logits(x).argmax(-1) == labels).sum())


def perturbed(model: Classifier, batch: Batch) -> Tensor:
    """The pictures moved away from their labels by one step of FGSM."""
    problem = Problem(
        model=model.prepared,
        x=batch.x,
        labels=batch.labels,
        targeted=False,
        norm=Norm.LINF,
        epsilon=EPSILON,
        seeds=(0,) * len(batch.labels),
    )
    return along(problem, direction(FGSM(), problem))
