"""Saves the perturbed picture as an 8-bit file, reads it back and asks the network again.

A perturbation that fools as numbers may not survive being rounded to 8 bits: the file is what counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.batch import predict
from engine.experiment import to_tensor
from engine.frame import Floats, Prediction, Verdict, verdict
from engine.images import read_back, save_png
from engine.models.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Saved:
    """A saved picture and what the network makes of the file."""

    path: Path
    prediction: Prediction
    verdict: Verdict


def save_and_check(
    model: Classifier, image: Floats, path: Path, *, before: int, left: int | None, target: int | None
) -> Saved:
    """Saves (H, W, C) pixels in [0, 1] as PNG and classifies the file.

    Args:
        model: the network.
        image: the perturbed picture.
        path: where to; replaced only when the new file is whole.
        before: the class of the clean picture.
        left: the class that an untargeted attack leaves.
        target: the class that a targeted attack wants.

    Raises:
        engine.images.SaveError: the file cannot be written; an older file of that name is still there.
    """
    save_png(image, path)
    [prediction] = predict(model, to_tensor(read_back(path)))
    return Saved(path, prediction, verdict(before, prediction.label, left, target))
