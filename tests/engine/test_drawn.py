"""A drawing is a picture like any other, and comes out like MNIST's digits or Fashion-MNIST's garments if asked to."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from zlib import compress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from engine.answers import Pixels
from engine.catalogue.drawings import drawing_for, form_for, is_for_drawings
from engine.catalogue.models import NETWORKS
from engine.images import DRAWN_PREFIX, Drawing, Form, ImageError, Recipe, decode, place
from engine.images.drawn import SIDE, like_fashion, like_mnist
from engine.request import Placement, Request
from engine.script import as_python

INK = arrays(np.uint8, (SIDE, SIDE), elements=st.sampled_from([0, 0, 0, 90, 255]), fill=st.just(0))


def ink_of(*boxes: tuple[int, int, int, int]) -> Pixels:
    """Full ink from (left, top) to (right, bottom)."""
    made = np.zeros((SIDE, SIDE), np.uint8)
    for left, top, right, bottom in boxes:
        made[top:bottom, left:right] = 255
    return made


SEVEN = ink_of((60, 40, 180, 70), (150, 70, 180, 240))


@given(INK, st.sampled_from(Form))
def test_a_drawing_goes_through_its_name_and_a_session_file_unchanged(ink: Pixels, form: Form) -> None:
    image = Request.from_json(Request(image=Drawing(ink, form).image).to_json()).image
    read = Drawing.read(image)
    np.testing.assert_array_equal(read.ink, ink)
    assert read.form is form


def test_whole_it_is_the_pad_and_centred_it_is_twenty_eight_pixels_wide() -> None:
    whole, centred = (decode(Drawing(SEVEN, each).image) for each in (Form.WHOLE, Form.DIGIT))
    np.testing.assert_array_equal(whole.pixels, np.repeat(SEVEN[..., None], 3, axis=2))
    assert centred.pixels.shape == (28, 28, 3)
    assert centred.name == "drawing"
    assert centred.is_grey


def test_a_network_of_grey_digits_sees_the_centred_drawing_pixel_by_pixel() -> None:
    drawn = Drawing(SEVEN)
    seen = place(decode(drawn.image).pixels, Placement.CROP, Recipe(28, (28, 28), channels=1))
    np.testing.assert_array_equal(np.rint(seen[..., 0] * 255), like_mnist(SEVEN))


def test_the_form_is_that_of_a_straightforward_computation() -> None:
    ink = ink_of((40, 20, 140, 40), (120, 40, 140, 220))  # 100 wide, 200 high: ten of ink for every pixel
    digit = ink[20:220, 40:140].reshape(20, 10, 10, 10).mean((1, 3))
    rows, columns = np.indices(digit.shape)
    top = round(14 - (digit * rows).sum() / digit.sum())
    left = round(14 - (digit * columns).sum() / digit.sum())
    expected = np.zeros((28, 28))
    expected[top : top + 20, left : left + 10] = digit
    np.testing.assert_array_equal(like_mnist(ink), expected)


def samples(kind: str) -> list[Path]:
    package = find_spec("foolbox")
    assert package is not None
    assert package.origin is not None
    return sorted((Path(package.origin).parent / "data").glob(f"{kind}_*.png"))


@pytest.mark.parametrize("path", samples("mnist"), ids=lambda path: path.stem)
def test_a_digit_of_mnist_drawn_ten_times_as_large_anywhere_comes_back_to_the_bit(path: Path) -> None:
    digit = np.asarray(Image.open(path).convert("L"))
    large = np.kron(digit, np.ones((10, 10), np.uint8))
    rows, columns = np.nonzero(large)
    in_the_corner = np.roll(large, (-rows.min(), -columns.min()), axis=(0, 1))
    for ink in (large, in_the_corner):
        np.testing.assert_array_equal(like_mnist(ink), digit)


def test_garments_of_fashion_mnist_drawn_smaller_than_the_pad_anywhere_come_back_to_the_bit() -> None:
    exact = []
    for path in samples("fashionMNIST"):
        garment = np.asarray(Image.open(path).convert("L"))
        ink = np.zeros((SIDE, SIDE), np.uint8)
        ink[61:257, 17:213] = np.kron(garment, np.ones((7, 7), np.uint8))
        exact.append(np.array_equal(like_fashion(ink), garment))
    assert exact.count(False) == 1, "one of the twenty leaves an edge free in the data set itself"


@pytest.mark.parametrize(("laid_out", "side"), [(like_mnist, 20), (like_fashion, 28)])
@given(ink=INK)
def test_whatever_was_drawn_fits_and_nothing_is_cut_off(
    laid_out: Callable[[Pixels], Pixels], side: int, ink: Pixels
) -> None:
    seen = laid_out(ink)
    assert seen.shape == (28, 28)
    if ink.any():
        rows, columns = np.nonzero(seen)
        assert max(np.ptp(rows), np.ptp(columns)) < side
    else:
        assert not seen.any()


def test_what_lines_go_all_around_is_filled_in_and_nothing_else() -> None:
    ring = ink_of((60, 60, 220, 80), (60, 200, 220, 220), (60, 60, 80, 220), (200, 60, 220, 220))
    np.testing.assert_array_equal(Drawing(ring).filled.ink, ink_of((60, 60, 220, 220)))
    ring[60:220, 130:150] = 0
    np.testing.assert_array_equal(Drawing(ring, Form.GARMENT).filled.ink, ring)


def test_a_drawing_takes_the_form_of_the_pictures_that_a_network_learnt_from() -> None:
    digits, garments, photographs = (NETWORKS[each] for each in ("cnn-32-32", "robust-fashion", "efficientnet-lite0"))
    assert (form_for(digits), form_for(garments)) == (Form.DIGIT, Form.GARMENT)
    assert [is_for_drawings(each) for each in (digits, garments, photographs)] == [True, True, False]
    drawn = Drawing(SEVEN)
    shown = drawing_for(drawn.image, garments)
    assert shown == drawn.laid(Form.GARMENT).image
    assert drawing_for(shown, digits) == drawn.image


@pytest.mark.parametrize(
    "image",
    ["sample:mnist-0", Drawing(SEVEN).image, Drawing(SEVEN, Form.WHOLE).image, f"{DRAWN_PREFIX}centred:nonsense"],
)
def test_a_picture_that_suits_or_is_no_drawing_or_is_shown_whole_on_purpose_stays(image: str) -> None:
    for name in ("cnn-32-32", "efficientnet-lite0"):
        assert drawing_for(image, NETWORKS[name]) is None


def test_an_empty_pad_is_a_black_picture() -> None:
    assert not decode(Drawing.blank().image).pixels.any()


def named(content: bytes, form: str = "centred") -> str:
    return f"{DRAWN_PREFIX}{form}:{b64encode(content).decode()}"


@pytest.mark.parametrize(
    "image",
    [
        DRAWN_PREFIX,
        f"{DRAWN_PREFIX}centred:not base 64",
        named(b"not compressed"),
        named(compress(bytes(10))),
        named(compress(bytes(SIDE * SIDE + 1))),
        named(compress(bytes(50_000_000))),
        named(compress(bytes(SIDE * SIDE))[:-20]),
        named(compress(bytes(SIDE * SIDE)), "sideways"),
        f"{DRAWN_PREFIX}centred:{'A' * 10_000_000}",
        f"{DRAWN_PREFIX}centred:ä",
    ],
    ids=lambda image: image[:24],
)
def test_a_text_that_is_no_drawing_is_refused_with_what_to_do(image: str) -> None:
    with pytest.raises(ImageError, match="does not hold a whole drawing") as caught:
        decode(image)
    assert "Draw it again" in str(caught.value)


def test_a_script_carries_the_drawing() -> None:
    image = Drawing(SEVEN).image
    assert repr(image) in as_python(Request(image=image))
