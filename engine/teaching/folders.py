"""From folders to classes: a folder is a class, and one that holds folders is a class for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from engine.errors import ExplainedError
from engine.images import pictures_in
from engine.teaching.lesson import MOST_CLASSES, MOST_OF_A_CLASS, ClassFolder, TeachError

DEEPEST = 4
"""How many folders below that of a class are looked into."""
MOST_FOLDERS = 2000
"""Below those of all classes together: whoever drops a whole disk must not wait for it."""


def classes_in(folders: Sequence[str | Path]) -> tuple[ClassFolder, ...]:
    """The classes that folders mean: one each, or, of a single folder, one for every folder in it.

    The pictures of a class are those in its folder and in the folders below it. Two folders of one name are told
    apart by those that they lie in. Hidden folders are left out, and so are links to folders below a class.

    Raises:
        ImageError: a folder cannot be listed.
        TeachError: the folders are parts of one data set (“train”, “test”) rather than classes.
    """
    paths = list(dict.fromkeys(Path(each) for each in folders))
    if len(paths) == 1:
        paths = _inside(paths[0])[: MOST_CLASSES + 1] or paths
    _refuse_parts(paths)
    return named_apart([_class_in(path, paths) for path in paths])


def named_apart(classes: Sequence[ClassFolder], taken: Sequence[str] = ()) -> tuple[ClassFolder, ...]:
    """Classes with a number after each name that is there already: “cat”, “cat (2)”."""
    names, made = set(taken), []
    for each in classes:
        free = (each.name if number == 1 else f"{each.name} ({number})" for number in range(1, len(names) + 2))
        name = next(one for one in free if one not in names)
        names.add(name)
        made.append(replace(each, name=name))
    return tuple(made)


def are_classes(folders: Sequence[str | Path]) -> bool:
    """Whether folders look as if they were classes: two at least, each with pictures in it, or parts of a data set."""
    try:
        classes = classes_in(folders)
    except TeachError:
        return True  # whoever wants to teach is told what to give instead
    except ExplainedError:
        return False
    return len(classes) > 1 and all(each.pictures for each in classes)


def _class_in(folder: Path, among: Sequence[Path]) -> ClassFolder:
    pictures, found = pictures_in(folder, MOST_OF_A_CLASS)
    for below in islice(_below(folder), MOST_FOLDERS // len(among)):
        more, count = pictures_in(below, MOST_OF_A_CLASS)
        pictures += more[: MOST_OF_A_CLASS - len(pictures)]
        found += count
    same = [each for each in among if each.name == folder.name and each != folder]
    name = folder.name or str(folder)
    return ClassFolder(f"{folder.parent.name}/{name}" if same else name, tuple(pictures), found)


def _below(folder: Path, depth: int = 1) -> Iterator[Path]:
    """The folders in a folder, each before those in it."""
    for each in _inside(folder):
        if each.is_symlink():
            continue  # it may lead back
        yield each
        if depth < DEEPEST:
            yield from _below(each, depth + 1)


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
    except OSError:
        return []  # listing its pictures says why


def _refuse_parts(paths: Sequence[Path]) -> None:
    """Refuses folders that all hold folders of the same names: these are the classes, and given several times."""
    inside = [{each.name for each in _inside(path)} for path in paths]
    if len(paths) > 1 and len(inside[0]) > 1 and all(each == inside[0] for each in inside):
        names = " and ".join(f"“{each.name}”" for each in paths[:2])
        some = ", ".join(f"“{each}”" for each in sorted(inside[0])[:2])
        why = f"{names} hold folders of the same names ({some} …)"
        raise TeachError("These folders are no classes", why, f"Give one of them alone, such as “{paths[0].name}”.")
