"""What is to be learnt: the pictures of every class, listed but not decoded. No torch here; ``folders`` finds them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.errors import ExplainedError
from engine.images.errors import grouped

FEWEST = 5
"""Pictures of a class: in every round of the cross-validation one is left out, and four are learnt from."""
MOST_OF_A_CLASS = 10_000
MOST_PICTURES = 20_000
MOST_CLASSES = 200
LONGEST_NAME = 200
"""Characters."""

REMEDY = "Give one folder for every class, or one folder that holds them."
_WHAT = "Nothing can be learnt from this"


class TeachError(ExplainedError):
    """Folders that nothing can be learnt from, or a network that cannot be taught."""


@dataclass(frozen=True)
class ClassFolder:
    """A class.

    Attributes:
        name: at first that of its folder.
        pictures: their paths.
        found: how many pictures there were, also those over ``MOST_OF_A_CLASS``; 0 is as many as ``pictures``.
    """

    name: str
    pictures: tuple[str, ...]
    found: int = 0

    @property
    def left(self) -> int:
        """How many pictures were left out because there were too many."""
        return max(0, self.found - len(self.pictures))


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


def check(classes: Sequence[ClassFolder]) -> None:
    """Refuses what nothing can be learnt from.

    Raises:
        TeachError: there are fewer than two classes, too few pictures of one, two of one name, or too many of anything.
    """
    if len(classes) < 2:
        there = "there is only one class" if classes else "there is no class"
        raise TeachError(_WHAT, f"{there}, and it takes two to tell apart", REMEDY)
    check_names([each.name for each in classes])
    for each in classes:
        check_count(each.name, len(each.pictures))
    if len(classes) > MOST_CLASSES:
        raise TeachError(_WHAT, f"there are {len(classes)} classes, more than {MOST_CLASSES}", "Choose fewer folders.")
    total = sum(len(each.pictures) for each in classes)
    if total > MOST_PICTURES:
        why = f"there are {grouped(total)} pictures, more than {grouped(MOST_PICTURES)}"
        raise TeachError(_WHAT, why, "Take some out: a few hundred of each class are enough.")


def check_names(names: Sequence[str]) -> None:
    """Refuses names by which classes cannot be told apart.

    Raises:
        TeachError: one is empty, too long, or that of two classes.
    """
    what, remedy = "The classes cannot be called so", "Give every class a name of its own."
    if not all(each.strip() for each in names):
        raise TeachError(what, "a class would have no name", remedy)
    if any(len(each) > LONGEST_NAME for each in names):
        raise TeachError(what, f"a name has more than {LONGEST_NAME} characters", "Shorten it.")
    name, count = Counter(each.strip() for each in names).most_common(1)[0]
    if count > 1:
        raise TeachError(what, f"{count} classes would be called “{name}”", remedy)


def check_count(name: str, count: int, files: int = 0) -> None:
    """Refuses a class with too few pictures.

    Args:
        name: of the class.
        count: how many pictures can be learnt from.
        files: how many there are in its folder.

    Raises:
        TeachError: it has fewer than ``FEWEST``.
    """
    if count < FEWEST:
        there = {0: "no picture", 1: "one picture only"}.get(count, f"{count} pictures only")
        used = f" that can be used, of {grouped(files)} files" if files > count else ""
        why = f"the class “{name}” has {there}{used}"
        remedy = f"It takes {FEWEST} of every class at least; some tens are better, and a hundred are good."
        raise TeachError(_WHAT, why, remedy)
