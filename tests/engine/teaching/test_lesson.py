"""Which folders mean which classes, and which of them nothing can be learnt from."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.images import ImageError
from engine.teaching.folders import are_classes, classes_in, named_apart
from engine.teaching.lesson import FEWEST, ClassFolder, Lesson, TeachError, check, check_names
from tests.engine.teaching.lessons import folders


def test_every_folder_is_a_class_with_its_pictures_in_natural_order(tmp_path: Path) -> None:
    paths = folders(tmp_path, count=11, kinds=("dark", "light"))
    dark, light = classes_in(paths)
    assert (dark.name, light.name) == ("dark", "light")
    assert [Path(each).name for each in dark.pictures] == [f"{number}.png" for number in range(11)]


def test_one_folder_means_the_folders_in_it_but_not_the_hidden_ones(tmp_path: Path) -> None:
    folders(tmp_path)
    (tmp_path / ".thumbnails").mkdir()
    assert [each.name for each in classes_in([tmp_path])] == ["dark", "light", "striped"]


def test_folders_of_one_name_are_told_apart_by_where_they_lie(tmp_path: Path) -> None:
    for place in ("a", "b"):
        folders(tmp_path / place, count=1, kinds=("dark",))
    found = classes_in([tmp_path / "a" / "dark", tmp_path / "b" / "dark"])
    assert [each.name for each in found] == ["a/dark", "b/dark"]


def test_folders_whose_parents_are_called_alike_too_get_a_number(tmp_path: Path) -> None:
    paths = [folders(tmp_path / place / "set", count=1, kinds=("dark",))[0] for place in ("a", "b")]
    assert [each.name for each in classes_in(paths)] == ["set/dark", "set/dark (2)"]
    assert [each.name for each in named_apart(classes_in(paths[:1]), ["dark", "light"])] == ["dark (2)"]


def test_pictures_in_folders_below_that_of_a_class_belong_to_it(tmp_path: Path) -> None:
    folders(tmp_path / "all" / "dark" / "mine", count=2, kinds=("old", "new"))
    folders(tmp_path / "all" / "light", count=3, kinds=("images",))
    (tmp_path / "all" / "dark" / "round").symlink_to(tmp_path / "all")
    dark, light = classes_in([tmp_path / "all"])
    assert (dark.name, len(dark.pictures), light.name, len(light.pictures)) == ("dark", 4, "light", 3)


def test_parts_of_a_data_set_are_not_taken_for_classes(tmp_path: Path) -> None:
    for part in ("test", "train"):
        folders(tmp_path / part, count=1)
    with pytest.raises(TeachError, match=r"“test” and “train” hold folders of the same names.*Give one of them alone"):
        classes_in([tmp_path])
    assert are_classes([tmp_path])
    assert [each.name for each in classes_in([tmp_path / "train"])] == ["dark", "light", "striped"]


def test_how_many_pictures_are_too_many_is_not_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.teaching.folders.MOST_OF_A_CLASS", 3)
    dark, _ = classes_in(folders(tmp_path, count=5, kinds=("dark", "light")))
    assert (len(dark.pictures), dark.found, dark.left) == (3, 5, 2)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["cat", " "], "a class would have no name"),
        (["cat", "dog", "cat "], "2 classes would be called “cat”"),
        (["cat", "x" * 201], "more than 200 characters"),
    ],
)
def test_names_that_tell_nothing_apart_are_refused(names: list[str], why: str) -> None:
    with pytest.raises(TeachError, match=why):
        check_names(names)


def test_the_same_folder_twice_is_one_class(tmp_path: Path) -> None:
    [path] = folders(tmp_path, kinds=("dark",))
    assert len(classes_in([path, path])) == 1


def test_a_lesson_lists_pictures_and_labels_class_after_class(tmp_path: Path) -> None:
    lesson = Lesson(classes_in(folders(tmp_path, count=2)), "linear")
    assert [Path(each).parent.name for each in lesson.paths] == ["dark"] * 2 + ["light"] * 2 + ["striped"] * 2
    assert lesson.labels == [0, 0, 1, 1, 2, 2]


def test_one_class_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(TeachError, match="only one class, and it takes two"):
        check(classes_in(folders(tmp_path, kinds=("dark",))))


def test_no_folder_at_all_is_refused() -> None:
    with pytest.raises(TeachError, match="there is no class"):
        check([])


@pytest.mark.parametrize(("count", "said"), [(0, "no picture"), (1, "one picture only"), (2, "2 pictures only")])
def test_a_class_with_too_few_pictures_is_named_with_what_it_takes(count: int, said: str) -> None:
    enough = ClassFolder("many", ("x.png",) * FEWEST)
    check([enough, ClassFolder("enough too", enough.pictures)])
    with pytest.raises(TeachError, match=f"“few” has {said}.*It takes {FEWEST} of every class"):
        check([enough, ClassFolder("few", ("x.png",) * count)])


def test_more_pictures_than_can_be_held_are_refused() -> None:
    with pytest.raises(TeachError, match="more than 20 000"):
        check([ClassFolder(name, ("x.png",) * 10_001) for name in "ab"])


def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such folder"):
        classes_in([tmp_path / "gone", tmp_path / "too"])


def test_folders_look_like_classes_if_there_are_two_with_pictures(tmp_path: Path) -> None:
    paths = folders(tmp_path, count=1)
    assert are_classes(paths)
    assert are_classes([tmp_path])
    assert not are_classes(paths[:1])
    (tmp_path / "empty").mkdir()
    assert not are_classes([paths[0], tmp_path / "empty"])
    assert not are_classes([tmp_path / "gone", paths[0]])
