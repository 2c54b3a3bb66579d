"""How often the networks that work offline are right about labelled photographs, before and after one step of FGSM.

``--data FOLDER`` names a folder with photographs and a ``labels.csv`` whose columns ``file`` and ``class_index`` give
every one's class in the usual order of ImageNet.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
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
    """One row per network: its accuracy on clean pictures and under FGSM of ε = 4/255 in L∞."""
    parser = argparse.ArgumentParser(prog=NAME)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    folder = parser.parse_args(arguments).data
    offline = [name for name, card in NETWORKS.items() if card.source is Source.PACKAGE]
    return {"rows": [measure(name, folder) for name in offline], "epsilon": EPSILON}


def measure(name: str, folder: Path) -> dict[str, object]:
    """The row of one network."""
    model = load_model(name)
    count = clean = robust = 0
    for batch in batches(model, folder):
        count += len(batch.labels)
        clean += right(model, batch.x, batch.labels)
        robust += right(model, perturbed(model, batch), batch.labels)
    return {
        "name": name,
        "data": DATA,
        "images": count,
        "accuracy": clean / count,
        "wanted": WANTED[name],
        "robust_accuracy": robust / count,
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
