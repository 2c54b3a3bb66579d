"""The names of the classes, by data set; without torch."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

CLASSES: dict[str, tuple[str, ...]] = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        "T-shirt/top",
        "trouser",
        "pullover",
        "dress",
        "coat",
        "sandal",
        "shirt",
        "sneaker",
        "bag",
        "ankle boot",
    ),
    "frog-or-ship": ("frog", "ship"),
    "cifar-10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    "imagenet": (),
}
"""By the name that a card gives in ``labels``, in the order of the network's outputs; ImageNet's lie in a file."""


def class_names(labels: str) -> tuple[str, ...]:
    """The classes of a data set, in the order of a network's outputs.

    Raises:
        KeyError: no data set has that name.
    """
    return CLASSES[labels] or imagenet_classes()


@cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1000 classes of ImageNet in the usual order; no two are equal, whatever the case of their letters."""
    return tuple(files("assets").joinpath("imagenet_classes.txt").read_text("utf-8").splitlines())
