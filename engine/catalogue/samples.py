"""The sample pictures: photographs, and labelled pictures of the data sets that networks are trained on.

Nothing is copied and nothing is fetched: the files lie in the installed packages scikit-image, scikit-learn and
foolbox, and are found without importing them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from engine.catalogue.classes import class_names

SAMPLE_PREFIX = "sample:"
"""``sample:NAME`` stands wherever the path of a picture may stand."""

SHELVES = {
    "imagenet": "Photographs",
    "cifar-10": "CIFAR-10",
    "mnist": "Digits",
    "fashion-mnist": "Garments",
}
"""What samples are sorted by: a data set, as ``engine.catalogue.classes`` calls it, and the title of its shelf."""


@dataclass(frozen=True)
class Sample:
    """One picture of the gallery.

    Attributes:
        name: as typed after ``sample:``.
        title: as read.
        package: the import package that holds it.
        file: its place in the package.
        licence: what may be done with it.
        credit: who made it.
        note: what it is good for.
        shelf: one of ``SHELVES``: the data set whose networks were made for such pictures.
        label: the class that the data set gives it; empty if it gives none.
    """

    name: str
    title: str
    package: str
    file: str
    licence: str
    credit: str
    note: str
    shelf: str = "imagenet"
    label: str = ""

    @property
    def image(self) -> str:
        """As ``Request.image`` names it."""
        return f"{SAMPLE_PREFIX}{self.name}"

    @property
    def short_title(self) -> str:
        """Its title among others of its shelf: ``MNIST: a seven`` is ``a seven`` there."""
        return self.title.partition(": ")[2] or self.title


@dataclass(frozen=True)
class _Set:
    """Twenty labelled pictures that foolbox brings.

    Attributes:
        name: what the names of the samples begin with.
        title: what their titles begin with.
        shelf: of all of them.
        file: the place of each in foolbox, to be filled with its number and that of its class.
        licence: what may be done with them.
        credit: who made them.
        origin: where they come from, a sentence.
        labels: the number of every picture's class.
        first: the numbers of those that are shown before the others.
    """

    name: str
    title: str
    shelf: str
    file: str
    licence: str
    credit: str
    origin: str
    labels: tuple[int, ...]
    first: tuple[int, ...] = ()

    def samples(self) -> Iterator[Sample]:
        """All of them; of several that would be called the same, all but the first are counted."""
        called: Counter[str] = Counter()
        for number in dict.fromkeys((*self.first, *range(len(self.labels)))):
            label = class_names(self.shelf)[self.labels[number]]
            words = _WORDS.get(label) or f"{'an' if label[0] in 'aeiou' else 'a'} {label}"
            called[words] += 1
            count = f" ({called[words]})" if called[words] > 1 else ""
            title = f"{self.title}{words}"
            yield Sample(
                f"{self.name}-{number}",
                f"{title[0].upper()}{title[1:]}{count}",
                "foolbox",
                self.file.format(number, self.labels[number]),
                self.licence,
                self.credit,
                f"Labelled “{label}”. {self.origin}",
                self.shelf,
                label,
            )


_WORDS = {
    "0": "a zero",
    "1": "a one",
    "2": "a two",
    "3": "a three",
    "4": "a four",
    "5": "a five",
    "6": "a six",
    "7": "a seven",
    "8": "an eight",
    "9": "a nine",
    "T-shirt/top": "a T-shirt",
    "trouser": "trousers",
    "Loafer": "a loafer",
    "prayer rug": "coloured windows",
    "thatch": "a thatched roof",
}
"""How a class is called in a title, where its name with an article would not do."""

_UNSEEN = "From the first twenty of the test set, on which no network in the box was trained."

_SETS = (
    _Set(
        "imagenet",
        "",
        "imagenet",
        "data/imagenet_{:02d}_{}.jpg",
        "None stated",
        "Unknown; foolbox brings it",
        "That is a class of ImageNet; whether the photograph is one of ImageNet's own is not said.",
        (243, 559, 438, 990, 949, 853, 609, 609, 915, 455, 541, 630, 741, 471, 129, 99, 251, 22, 317, 305),
    ),
    _Set(
        "cifar10",
        "CIFAR-10: ",
        "cifar-10",
        "data/cifar10_{:02d}_{}.png",
        "None stated; a citation is asked for",
        "Alex Krizhevsky, Vinod Nair, Geoffrey Hinton (Krizhevsky 2009)",
        _UNSEEN,
        (3, 8, 8, 0, 6, 6, 1, 6, 3, 1, 0, 9, 5, 7, 9, 8, 5, 7, 8, 6),
        (7, 1),
    ),
    _Set(
        "mnist",
        "MNIST: ",
        "mnist",
        "data/mnist_{:02d}_{}.png",
        "CC BY-SA 3.0",
        "Yann LeCun, Corinna Cortes, Christopher Burges",
        _UNSEEN,
        (7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5, 9, 7, 3, 4),
    ),
    _Set(
        "fashion-mnist",
        "Fashion-MNIST: ",
        "fashion-mnist",
        "data/fashionMNIST_{:02d}_{}.png",
        "MIT",
        "Han Xiao, Kashif Rasul, Roland Vollgraf (Zalando)",
        _UNSEEN,
        (9, 2, 1, 1, 6, 1, 4, 6, 5, 7, 4, 5, 7, 3, 4, 1, 2, 4, 8, 0),
    ),
)

_PHOTOGRAPHS = (
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
)

SAMPLES: dict[str, Sample] = {
    each.name: each for each in (*_PHOTOGRAPHS, *chain.from_iterable(each.samples() for each in _SETS))
}
"""Every sample by its name, shelf by shelf, the most telling first."""


def find_sample(image: str) -> Sample | None:
    """The sample that ``Request.image`` names; None if it names something else."""
    return SAMPLES.get(image.removeprefix(SAMPLE_PREFIX)) if image.startswith(SAMPLE_PREFIX) else None


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
