"""Out again: 8-bit files that are whole or not there."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from engine.frame import Floats
from engine.images import ImageError, SaveError, quantise, read_back, save_array, save_png

PICTURE = np.random.default_rng(0).random((9, 7, 3), dtype=np.float32)


def on_lattice(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return arrays.arrays(np.uint8, shape)


# Rounding


@given(on_lattice((4, 5, 3)))
def test_rounding_what_is_on_the_lattice_changes_nothing(levels: Any) -> None:
    assert np.array_equal(quantise(levels.astype(np.float32) / np.float32(255)), levels)


@given(arrays.arrays(np.float32, (3, 4, 1), elements=st.floats(-2, 2, width=32)))
def test_rounding_clips_and_goes_to_the_nearest_level(image: Any) -> None:
    rounded = quantise(image)
    assert rounded.dtype == np.uint8
    assert (np.abs(rounded - np.clip(image.astype(float), 0, 1) * 255) <= 0.5 + 1e-4).all()


@given(
    on_lattice((4, 3, 3)),
    st.integers(0, 255),
    arrays.arrays(np.float32, (4, 3, 3), elements=st.floats(-1, 1, width=32)),
)
def test_rounding_keeps_a_perturbation_within_a_whole_epsilon(levels: Any, steps: int, direction: Any) -> None:
    clean = levels.astype(np.float32) / np.float32(255)
    adversarial = np.clip(clean + np.float32(steps / 255) * direction, 0, 1)
    assert np.abs(quantise(adversarial).astype(int) - levels).max() <= steps


def test_cutting_the_fraction_off_would_not_keep_it() -> None:
    # Every level and every ε of k/255: this is why quantise rounds.
    level, steps = np.meshgrid(np.arange(256), np.arange(256))
    adversarial = np.clip((level / 255).astype(np.float32) - (steps / 255).astype(np.float32), 0, 1)
    cut = (adversarial * 255).astype(np.uint8).astype(int)
    assert (np.abs(cut - level) > steps).any()
    rounded = quantise(adversarial[..., None])[..., 0].astype(int)
    assert (np.abs(rounded - level) <= steps).all()


def test_a_picture_with_nan_is_not_rounded_to_something() -> None:
    with pytest.raises(ValueError, match="not numbers"):
        quantise(np.full((2, 2, 3), np.nan, np.float32))


# Files


@given(on_lattice((5, 4, 3)) | on_lattice((3, 6, 1)))
def test_a_saved_picture_reads_back_exactly(levels: Any) -> None:
    image = levels.astype(np.float32) / np.float32(255)
    path = Path(os.environ["HOME"], "saved.png")
    save_png(image, path)
    assert np.array_equal(read_back(path), image)
    assert read_back(path).dtype == np.float32


def test_a_picture_of_one_channel_is_saved_as_grey(tmp_path: Path) -> None:
    save_png(PICTURE[..., :1], tmp_path / "grey.png")
    with Image.open(tmp_path / "grey.png") as saved:
        assert saved.mode == "L"


def test_an_array_is_saved_exactly(tmp_path: Path) -> None:
    delta = PICTURE - np.float32(0.5)
    save_array(delta, tmp_path / "delta.npy")
    assert np.array_equal(np.load(tmp_path / "delta.npy"), delta)


def test_a_saved_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    save_png(PICTURE, tmp_path / "saved.png")
    (tmp_path / "other").touch()
    assert (tmp_path / "saved.png").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_cannot_be_read_back_says_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="there is no such file"):
        read_back(tmp_path / "nothing.png")


# What goes wrong


def explained(path: Path, image: Floats = PICTURE) -> SaveError:
    with pytest.raises(SaveError) as caught:
        save_png(image, path)
    error = caught.value
    assert error.what == f"“{path.name}” cannot be saved"
    assert error.remedy.endswith(".")
    assert str(error.failure()) == str(error)
    return error


@pytest.mark.parametrize("step", ["replace", "write"])
def test_no_space_left_keeps_the_older_file_and_leaves_no_rest(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.png"
    save_png(PICTURE, path)
    older = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if step == "replace":
            patch.setattr(os, "replace", full)
        else:
            patch.setattr(Image.Image, "save", full)
        assert explained(path, 1 - PICTURE).why == "there is no space left on the disk"
    assert path.read_bytes() == older
    assert list(tmp_path.iterdir()) == [path]


def test_a_mishap_of_any_kind_leaves_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "save", stop)
    with pytest.raises(KeyboardInterrupt):
        save_array(PICTURE, tmp_path / "delta.npy")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.EACCES, "you may not write there"),
        (errno.EROFS, "the disk can only be read"),
        (errno.EIO, "Input/output"),
    ],
)
def test_a_folder_that_may_not_be_written_to_is_explained(
    number: int, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "open", refuse)
    assert explained(tmp_path / "saved.png").why.startswith(why)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_read_only_folder_is_explained(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert explained(tmp_path / "saved.png").why == "you may not write there"


def test_a_missing_folder_is_explained(tmp_path: Path) -> None:
    assert explained(tmp_path / "missing" / "saved.png").why == "there is no such folder"


def test_a_path_that_is_a_folder_is_explained(tmp_path: Path) -> None:
    assert explained(tmp_path).why == "there is a folder of that name"


def test_impossible_names_are_explained(tmp_path: Path) -> None:
    assert explained(tmp_path / "nul\0l.png").why == "no file can have that name"
    assert explained(tmp_path / ("x" * 300)).why == "the name is too long"
    (tmp_path / "file").touch()
    assert explained(tmp_path / "file" / "saved.png").why == "a part of its path is not a folder"
