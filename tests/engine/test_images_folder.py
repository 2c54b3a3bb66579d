"""The pictures of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.images import SUFFIXES, ImageError, folder, is_picture_name, pictures_in


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_picture_is_known_by_its_suffix_in_either_case(suffix: str) -> None:
    assert is_picture_name(f"/some where/CAT{suffix.upper()}")
    assert is_picture_name(Path(f"cat{suffix}"))


@pytest.mark.parametrize("name", ["cat.txt", "cat", "png", "", ".png", "._IMG_1.jpg", "/photos.png/readme"])
def test_other_files_and_hidden_ones_are_not_taken_for_pictures(name: str) -> None:
    assert not is_picture_name(name)


def test_a_folder_is_listed_in_natural_order(tmp_path: Path) -> None:
    for name in ["b.png", "img10.png", "img2.JPG", "10.gif", "9.gif", "Img1.webp", "notes.txt", ".hidden.png"]:
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "folder.png" / "inner.png").touch()
    paths, count = pictures_in(tmp_path)
    assert [Path(each).name for each in paths] == ["9.gif", "10.gif", "b.png", "Img1.webp", "img2.JPG", "img10.png"]
    assert all(Path(each).is_file() for each in paths)
    assert count == 6


def test_a_folder_of_thousands_is_cut_after_the_first_and_says_how_many_there_were(tmp_path: Path) -> None:
    for index in range(3000):
        (tmp_path / f"{index}.png").touch()
    paths, count = pictures_in(str(tmp_path), limit=10)
    assert [Path(each).stem for each in paths] == [str(index) for index in range(10)]
    assert count == 3000


def test_only_so_many_entries_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "SCAN_LIMIT", 5)
    for index in range(9):
        (tmp_path / f"{index}.png").touch()
    paths, count = pictures_in(tmp_path)
    assert len(paths) == count == 5


def test_an_empty_folder_has_no_pictures(tmp_path: Path) -> None:
    assert pictures_in(tmp_path) == ([], 0)


def test_a_folder_that_cannot_be_listed_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, why in [
        (tmp_path / "missing", "there is no such folder"),
        (tmp_path / "file", "a part of its path is not a folder"),
        ("nul\0l", "no folder can have that name"),
    ]:
        with pytest.raises(ImageError) as caught:
            pictures_in(path)
        assert caught.value.why == why
