"""What is to be learnt: a folder of pictures for every class, looked through but not decoded. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ExplainedError
from engine.images import ImageError, pictures_in
from engine.images.errors import grouped

FEWEST = 5
"""Pictures of a class: in every round of the cross-validation one is left out, and four are learnt from."""
MOST_OF_A_CLASS = 10_000
MOST_PICTURES = 20_000
MOST_CLASSES = 200

_REMEDY = "Give one folder for every class, or one folder that holds them."


class TeachError(ExplainedError):
    """Folders that nothing can be learnt from, or a network that cannot be taught."""


@dataclass(frozen=True)
class ClassFolder:
    """A class: its name, and the paths of its pictures."""

    name: str
    pictures: tuple[str, ...]


@dataclass(frozen=True)
class Lesson:
    """What is to be learnt.

    Attributes:
        classes: one folder each, in the order of the new network's answers.
        network: name of the network whose features are taken.
        title: of the new network; empty is a title made of the classes.
        device: as in a request.
        seed: draws which pictures are left out together.
        pixels: whether the same is learnt from pixels alone, to compare.
        epochs: how many times the last part of the network goes over all pictures, too; 0 leaves it as it is.
    """

    classes: tuple[ClassFolder, ...]
    network: str
    title: str = ""
    device: str = "auto"
    seed: int = 0
    pixels: bool = False
    epochs: int = 0

    @property
    def paths(self) -> list[str]:
        """All pictures, class after class."""
        return [path for each in self.classes for path in each.pictures]

    @property
    def labels(self) -> list[int]:
        """The number of the class of each of them."""
        return [label for label, each in enumerate(self.classes) for _ in each.pictures]


def classes_in(folders: Sequence[str | Path]) -> tuple[ClassFolder, ...]:
    """The classes that folders mean: one each, or, of a single folder, one for every folder in it.

    Two folders of one name are told apart by those that they lie in. Hidden folders are left out.

    Raises:
        ImageError: a folder cannot be listed.
    """
    paths = [Path(each) for each in folders]
    if len(paths) == 1:
        paths = _inside(paths[0]) or paths
    listed = [(path, pictures_in(path, MOST_OF_A_CLASS)[0]) for path in dict.fromkeys(paths)]
    return tuple(ClassFolder(_name(path, paths), tuple(pictures)) for path, pictures in listed)


def check(classes: Sequence[ClassFolder]) -> None:
    """Refuses what nothing can be learnt from.

    Raises:
        TeachError: there are fewer than two classes, too few pictures of one, or too many of anything.
    """
    what = "Nothing can be learnt from this"
    if len(classes) < 2:
        there = "there is only one class" if classes else "there is no class"
        raise TeachError(what, f"{there}, and it takes two to tell apart", _REMEDY)
    for each in classes:
        check_count(each.name, len(each.pictures))
    if len(classes) > MOST_CLASSES:
        raise TeachError(what, f"there are {len(classes)} classes, more than {MOST_CLASSES}", "Choose fewer folders.")
    total = sum(len(each.pictures) for each in classes)
    if total > MOST_PICTURES:
        why = f"there are {grouped(total)} pictures, more than {grouped(MOST_PICTURES)}"
        raise TeachError(what, why, "Take some out: a few hundred of each class are enough.")


def check_count(name: str, count: int) -> None:
    """Refuses a class with too few pictures.

    Raises:
        TeachError: it has fewer than ``FEWEST``.
    """
    if count < FEWEST:
        there = {0: "no picture that can be read", 1: "one picture only"}.get(count, f"{count} pictures only")
        why = f"the class “{name}” has {there}"
        remedy = f"It takes {FEWEST} of every class at least; some tens are better, and a hundred are good."
        raise TeachError("Nothing can be learnt from this", why, remedy)


def are_classes(folders: Sequence[str | Path]) -> bool:
    """Whether folders look as if they were classes: two at least, each with pictures in it."""
    try:
        classes = classes_in(folders)
    except ImageError:
        return False
    return len(classes) > 1 and all(each.pictures for each in classes)


def _inside(folder: Path) -> list[Path]:
    try:
        found = sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError:
        return []  # listing its pictures says why
    return found[: MOST_CLASSES + 1]


def _name(path: Path, among: Sequence[Path]) -> str:
    same = [each for each in among if each.name == path.name and each != path]
    name = path.name or str(path)
    return f"{path.parent.name}/{name}" if same else name
