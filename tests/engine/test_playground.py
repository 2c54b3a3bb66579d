"""The playground's convolution: sums written out, the matrix that does the same, and what may be typed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import convolve2d, correlate2d

from engine.arithmetic import convolve
from engine.catalogue.kernels import KERNELS
from engine.frame import Floats
from engine.playground import (
    Convolution,
    Margins,
    Mode,
    Padding,
    PlaygroundError,
    channel_of,
    convolution_matrix,
    normalised,
    reduced,
    resized,
)
from engine.playground_text import (
    as_text,
    is_matrix,
    read_matrix,
    read_number,
    say_number,
    say_padding,
    say_size,
    say_sum,
)

NINE = np.arange(1, 10, dtype=np.float32).reshape(3, 3)
FOUR = np.array([[1, 2], [3, 4]], np.float32)


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    """Any sizes, also even and oblong kernels, that fit."""
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dilation = draw(st.integers(1, 3))
    kernel = numbers.integers(-9, 10, (draw(st.integers(1, 4)), draw(st.integers(1, 4)))).astype(np.float32)
    least = [dilation * (each - 1) + 1 for each in kernel.shape]
    shape = [each + draw(st.integers(0, 5)) for each in least]
    image = numbers.integers(-9, 10, shape).astype(np.float32)
    stride, padding = draw(st.integers(1, 3)), draw(st.sampled_from(Padding))
    return Convolution(image, kernel, stride, padding, dilation, draw(st.sampled_from(Mode)))


def spread(kernel: Floats, dilation: int) -> Floats:
    """The kernel with the gaps of a dilation filled with zeros."""
    made = np.zeros([dilation * (each - 1) + 1 for each in kernel.shape], np.float32)
    made[::dilation, ::dilation] = kernel
    return made


def test_nine_numbers_under_four_give_what_the_matrix_of_four_rows_gives() -> None:
    rows = [[1, 2, 0, 3, 4, 0, 0, 0, 0], [0, 1, 2, 0, 3, 4, 0, 0, 0], [0, 0, 0, 1, 2, 0, 3, 4, 0]]
    rows.append([0, 0, 0, 0, 1, 2, 0, 3, 4])
    matrix = convolution_matrix(3, 3, FOUR)
    assert matrix.tolist() == rows
    assert (matrix @ NINE.ravel()).tolist() == [37, 47, 67, 77]
    assert Convolution(NINE, FOUR).output.tolist() == [[37, 47], [67, 77]]


@given(convolutions())
def test_the_matrix_times_the_flattened_input_is_the_output(one: Convolution) -> None:
    assert one.matrix().shape == one.matrix_shape
    assert ((one.matrix() @ one.image.ravel()).reshape(one.output_shape) == one.output).all()


@given(convolutions())
def test_the_output_is_that_of_scipy(one: Convolution) -> None:
    compute = convolve2d if one.mode is Mode.CONVOLUTION else correlate2d
    top, bottom, left, right = one.margins
    padded = np.pad(one.image, ((top, bottom), (left, right)))
    expected = compute(padded, spread(one.kernel, one.dilation), mode="valid")[:: one.stride, :: one.stride]
    assert (one.output == expected).all()


@given(convolutions())
def test_the_output_is_that_of_a_layer_of_a_network_with_the_kernel_as_laid_on(one: Convolution) -> None:
    top, bottom, left, right = one.margins
    padded = np.pad(one.image, ((top, bottom), (left, right)))
    layer = convolve(padded[None], one.laid[None, None], stride=one.stride, dilation=one.dilation)
    assert (one.output == layer[0]).all()


@given(convolutions())
def test_each_number_of_the_output_is_the_sum_of_its_products(one: Convolution) -> None:
    for place, total in np.ndenumerate(one.output):
        terms = one.terms(*place)
        assert sum(each.value * each.weight for each in terms) == total
        read = {(each.row, each.column) for each in terms}
        assert all((place in one.reached(*cell)) == (cell in read) for cell in np.ndindex(*one.image.shape))


@given(convolutions(), st.data())
def test_a_part_of_the_matrix_is_cut_out_of_the_whole(one: Convolution, data: st.DataObject) -> None:
    height, width = one.matrix_shape
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    rows, columns = range(top, data.draw(st.integers(top, height))), range(left, data.draw(st.integers(left, width)))
    assert (one.matrix(rows, columns) == one.matrix()[top : rows.stop, left : columns.stop]).all()


def test_same_padding_keeps_the_size_and_full_padding_lets_every_overlap_count() -> None:
    for side in range(1, 6):
        kernel = np.ones((side, 6 - side), np.float32)
        image = np.ones((7, 8), np.float32)
        assert Convolution(image, kernel, padding=Padding.SAME).output_shape == (7, 8)
        assert Convolution(image, kernel, padding=Padding.FULL).output_shape == (6 + side, 7 + 6 - side)
    assert Convolution(NINE, FOUR, padding=Padding.SAME).margins == Margins(0, 1, 0, 1)


def test_a_convolution_turns_the_kernel_and_a_cross_correlation_does_not() -> None:
    spot = np.zeros((3, 3), np.float32)
    spot[1, 1] = 1
    assert Convolution(spot, FOUR).output.tolist() == [[4, 3], [2, 1]]
    turned = Convolution(spot, FOUR, mode=Mode.CONVOLUTION)
    assert turned.output.tolist() == [[1, 2], [3, 4]]
    assert turned.laid.tolist() == [[4, 3], [2, 1]]


def test_a_kernel_that_does_not_fit_is_refused_with_the_sizes() -> None:
    with pytest.raises(PlaygroundError, match="it spans 5×5 and the input, padding included, has 3×3"):
        Convolution(NINE, NINE, dilation=2)


def test_the_size_of_the_output_is_said_with_the_numbers_put_in() -> None:
    assert say_size(Convolution(NINE, FOUR)) == "Output: height and width (3 − 2 + 0 + 0)/1 + 1 = 2. No padding."
    wide = Convolution(np.ones((4, 9), np.float32), NINE, stride=2, padding=Padding.SAME, dilation=2)
    expected = (
        "Output: height ⌊(4 − (2·(3 − 1) + 1) + 2 + 2)/2⌋ + 1 = 2, width (9 − (2·(3 − 1) + 1) + 2 + 2)/2 + 1 = 5. "
        "Padding with zeros: 2 rows above and below, 2 columns left and right."
    )
    assert say_size(wide) == expected
    uneven = Convolution(NINE, FOUR, padding=Padding.SAME)
    assert say_padding(uneven) == "Padding with zeros: 0 rows above and 1 below, 0 columns left and 1 right."


def test_a_sum_is_written_out_and_what_is_left_out_is_counted() -> None:
    one = Convolution(NINE, FOUR)
    assert say_sum(one, 0, 0) == "1·1 + 2·2 + 4·3 + 5·4 = 37"
    assert say_sum(one, 1, 1, most=2) == "5·1 + 6·2 + 2 more = 77"
    signed = Convolution(-NINE, FOUR / 8, padding=Padding.FULL)
    assert say_sum(signed, 0, 0) == "0·0.125 + 0·0.25 + 0·0.375 + (−1)·0.5 = −0.5"


@pytest.mark.parametrize(
    "text",
    [
        "1 2; 3 4",
        "1, 2; 3, 4",
        "[[1, 2], [3, 4]]",
        "[[1,2],\n [3,4]]\n",
        "1\t2\n3\t4\n",
        "1,2\r\n3,4\r\n",
        "1;2\n3;4",
        "1,0;2,0\n3,0;4,0",
        "1,0\t2\n3\t4,0",
        "  2/2 2.0\n\n 3e0 +4 ",
    ],
)
def test_a_matrix_may_be_typed_or_pasted_in_many_ways(text: str) -> None:
    assert is_matrix(text)
    assert read_matrix(text, 9).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there are none"),
        (" ; [] \n", "there are none"),
        ("1 2\n3 x", "“x”: it is not a number"),
        ("1 2; 3", "rows have between 1 and 2 numbers"),
        ("1 2 3 4", "1×4 are too many. There is room for 3×3"),
        ("1 nan", "it is not a number"),
        ("1 1e7", "numbers go from −1 000 000 to 1 000 000"),
        ("1 1/0", "it is not a number"),
        ("inf 1", "numbers go from"),
    ],
)
def test_what_is_no_matrix_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(PlaygroundError, match=why):
        read_matrix(text, 3)


@pytest.mark.parametrize(("text", "value"), [(" -0.5 ", -0.5), ("−2", -2), ("1/4", 0.25), ("0,5", 0.5), ("1e3", 1000)])
def test_one_number_may_be_a_fraction_or_have_a_decimal_comma(text: str, value: float) -> None:
    assert not is_matrix(text)
    assert read_number(text) == value


@pytest.mark.parametrize("text", ["", "x", "1/", "/2", "--1", "1/2/3"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(PlaygroundError, match="What was there stays"):
        read_number(text)


def test_numbers_are_said_short_and_copied_exactly() -> None:
    values = {37.0: "37", -1 / 9: "−0.1111", -0.0: "0", 123456.0: "123456", 2.5e7: "2.5e+07"}
    assert {each: say_number(each) for each in values} == values
    tenths = np.array([[0.1, -3], [1 / 3, 255]], np.float32)
    assert (read_matrix(as_text(tenths), 9) == tenths).all()


def test_every_kernel_of_the_menu_does_what_it_says_to_a_step() -> None:
    step = np.repeat(np.array([[0, 0, 0, 8, 8, 8]], np.float32), 6, axis=0)
    done = {each.name: Convolution(step, np.array(each.rows, np.float32)).output for each in KERNELS}
    assert len(done) == len(KERNELS)
    assert (done["identity"] == step[1:-1, 1:-1]).all()
    assert done["sobel_x"][0].tolist() == [0, 32, 32, 0]
    assert not done["sobel_y"].any()
    assert done["laplacian"][0].tolist() == [0, 8, -8, 0]
    assert done["sharpen"][0].tolist() == [0, -8, 16, 8]
    for name in ("box", "gauss_3", "gauss_5"):
        assert (np.diff(done[name][0]) >= 0).all()
        assert sum(map(sum, next(each for each in KERNELS if each.name == name).rows)) == pytest.approx(1)


def test_a_normalised_kernel_keeps_even_areas_or_the_range() -> None:
    assert normalised(FOUR).sum() == pytest.approx(1)
    edge = np.array([[-1, 0, 1]], np.float32)
    assert normalised(edge).tolist() == [[-0.5, 0, 0.5]]
    assert not normalised(np.zeros((2, 2), np.float32)).any()


def test_a_grid_of_another_size_keeps_the_upper_left() -> None:
    assert resized(NINE, 2, 4).tolist() == [[1, 2, 3, 0], [4, 5, 6, 0]]


def test_a_picture_becomes_whole_numbers_of_one_channel_and_fewer_pixels() -> None:
    picture = np.zeros((4, 6, 3), np.float32)
    picture[:, 3:] = (1, 0.5, 0)
    assert channel_of(picture, 0)[0].tolist() == [0, 0, 0, 255, 255, 255]
    assert channel_of(picture, 1)[0, -1] == 128
    assert channel_of(picture, None)[0, -1] == round(255 * (0.299 + 0.587 / 2))
    assert channel_of(picture[:, :, :1], None)[0, -1] == 255
    assert reduced(channel_of(picture, 0), 2).tolist() == [[0, 255]]
    assert reduced(channel_of(picture, 0), 4).shape == (3, 4)
    assert reduced(NINE, 64) is NINE
