"""The sample pictures: real photographs that come inside scikit-image and scikit-learn.

Nothing is copied and nothing is fetched: the files lie in the installed packages, and are found without importing
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

SAMPLE_PREFIX = "sample:"
"""``sample:NAME`` stands wherever the path of a picture may stand."""


@dataclass(frozen=True)
class Sample:
    """One photograph of the gallery.

    Attributes:
        name: as typed after ``sample:``.
        title: as read.
        package: the import package that holds it.
        file: its place in the package.
        licence: what may be done with it.
        credit: who made it.
        note: what it is good for.
    """

    name: str
    title: str
    package: str
    file: str
    licence: str
    credit: str
    note: str


def _by_name(samples: Iterable[Sample]) -> dict[str, Sample]:
    return {each.name: each for each in samples}


SAMPLES: dict[str, Sample] = _by_name(
    [
        Sample(
            "chelsea",
            "Chelsea the cat",
            "skimage",
            "data/chelsea.png",
            "CC0 1.0",
            "Stefan van der Walt",
            "A tabby close up. ImageNet tells five kinds of house cat apart, so a small push changes the answer.",
        ),
        Sample(
            "coffee",
            "A cup of coffee",
            "skimage",
            "data/coffee.png",
            "CC0 1.0",
            "Rachel Michetti, Pikolo Espresso Bar",
            "One plain object, and the class “espresso” fits it.",
        ),
        Sample(
            "camera",
            "Cameraman",
            "skimage",
            "data/camera.png",
            "CC0 1.0",
            "Lav Varshney",
            "Grey: its three channels are equal, and a perturbation colours it.",
        ),
        Sample(
            "flower",
            "A dahlia",
            "sklearn",
            "datasets/images/flower.jpg",
            "CC BY 2.0",
            "vultilion, flickr.com/photos/vultilion",
            "ImageNet has hardly a flower (daisy, yellow lady's slipper): the answer is the nearest thing it knows.",
        ),
        Sample(
            "china",
            "The Summer Palace",
            "sklearn",
            "datasets/images/china.jpg",
            "CC BY 2.0",
            "danielbuechele, flickr.com/photos/danielbuechele",
            "A whole scene: roof, water, trees and sky share the probabilities.",
        ),
        Sample(
            "coins",
            "Greek coins from Pompeii",
            "skimage",
            "data/coins.png",
            "No known copyright restrictions",
            "Brooklyn Museum Collection",
            "Many small things in grey; ImageNet has no class for coins.",
        ),
        Sample(
            "rocket",
            "Falcon 9 takes off",
            "skimage",
            "data/rocket.jpg",
            "Public domain",
            "SpaceX",
            "No class of ImageNet quite fits; missile and space shuttle come nearest, and neither is sure.",
        ),
        Sample(
            "astronaut",
            "Eileen Collins",
            "skimage",
            "data/astronaut.png",
            "Public domain",
            "NASA",
            "ImageNet has no class for a person: the answer is a guess, and an unsure one.",
        ),
        Sample(
            "hubble",
            "Hubble eXtreme Deep Field",
            "skimage",
            "data/hubble_deep_field.jpg",
            "Public domain",
            "NASA",
            "Ten thousand galaxies, and no class for any of them.",
        ),
        Sample(
            "brick",
            "A brick wall",
            "skimage",
            "data/brick.png",
            "CC0 1.0",
            "CC0Textures",
            "Nothing but texture.",
        ),
    ]
)
"""Every sample by its name, the most telling first."""


def sample_path(name: str) -> Path:
    """Where a sample's file lies; the package that holds it is not imported.

    Raises:
        KeyError: there is no sample of that name.
        FileNotFoundError: its package is not installed, or came without its data.
    """
    sample = SAMPLES[name]
    package = find_spec(sample.package)
    for folder in (package.submodule_search_locations or ()) if package else ():
        path = Path(folder, sample.file)
        if path.is_file():
            return path
    raise FileNotFoundError(f"{sample.file} is missing from the package {sample.package}")
