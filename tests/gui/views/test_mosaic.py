"""Many small pictures at once: their colours, where they lie, and how they are pointed at and chosen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QApplication

from gui.views.colormaps import DIVERGING, NOT_A_NUMBER, SEQUENTIAL, ZERO
from gui.views.mosaic import MosaicPane
from gui.views.mosaic_numbers import short
from gui.views.mosaic_tiles import SMALLEST_TILE, arrange, laid_out, mosaic, quantised, shrunk
from gui.views.scale_bar import ScaleBar, say_value


@pytest.fixture
def pane(qtbot):
    made = MosaicPane()
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show()
    return made


def maps(count=8, side=4):
    return np.random.default_rng(0).random((count, side, side), np.float32)


def flat(*values):
    """Tiles of one number each, 2×2."""
    return np.array(values, np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32)


def move_to(pane, position):
    point = QPointF(position)
    button, none = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(QEvent.Type.MouseMove, point, pane.viewport().mapToGlobal(point), button, button, none)
    QApplication.sendEvent(pane.viewport(), event)


def hexed(packed):
    return QColor(int(packed)).name()


# Numbers to colours


def test_the_limits_have_the_first_and_the_last_colour():
    colours = mosaic(flat(0.0, 2.0), 0.0, 2.0, signed=False, columns=2)
    assert hexed(colours[0, 0]) == hexed(SEQUENTIAL[0])
    assert hexed(colours[0, -1]) == hexed(SEQUENTIAL[255])


def test_what_lies_beyond_the_limits_has_the_colour_of_the_limit():
    beyond = mosaic(flat(-np.inf, -5, 9, np.inf), 0.0, 2.0, signed=False, columns=4)
    assert {hexed(each) for each in beyond[0, :4]} == {hexed(SEQUENTIAL[0])}
    assert {hexed(each) for each in beyond[0, 4:]} == {hexed(SEQUENTIAL[255])}


def test_zero_is_in_the_middle_of_signed_colours():
    colours = mosaic(flat(-3.0, 0.0, 3.0), -3.0, 3.0, signed=True, columns=3)
    assert [hexed(each) for each in colours[0, ::2]] == [hexed(DIVERGING[each]) for each in (1, ZERO, 255)]


@pytest.mark.parametrize("signed", [False, True])
def test_what_is_not_a_number_is_magenta_and_nothing_else_is(signed):
    tiles = flat(-1.0, 0.5, 1.0)
    tiles[1, 0, 1] = np.nan
    magenta = mosaic(tiles, -1.0, 1.0, signed=signed, columns=3) == NOT_A_NUMBER
    assert magenta.sum() == 1
    assert magenta[0, 3]


def test_every_tile_may_have_limits_of_its_own():
    places = quantised(flat(1.0, 10.0), np.zeros(2, np.float32), np.array([1, 10], np.float32))
    assert places[0, 0, 0] == places[1, 0, 0] == 255


def test_a_tile_without_any_range_has_the_first_colour():
    assert (quantised(flat(7.0), 7.0, 7.0) == 1).all()


def test_tiles_are_laid_row_after_row_and_the_last_row_is_filled_up():
    tiles = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 3), np.uint8)
    canvas = laid_out(tiles, 3)
    assert canvas.shape == (4, 9)
    assert (canvas[::2, ::3] == [[0, 1, 2], [3, 4, 0]]).all()


def test_pictures_keep_their_own_colours():
    pictures = np.zeros((2, 3, 3, 3), np.uint8)
    pictures[1, ..., 0] = 200
    assert hexed(mosaic(pictures, 0, 1, signed=False, columns=2)[0, 5]) == "#c80000"


def test_shrinking_takes_means_and_keeps_what_is_no_number():
    tiles = np.arange(2 * 4 * 5, dtype=np.float32).reshape(2, 4, 5)
    tiles[1, 3, 3] = np.nan
    small = shrunk(tiles, 2)
    assert small.shape == (2, 2, 2)
    assert small[0, 0, 0] == tiles[0, :2, :2].mean()
    assert np.isnan(small[1, 1, 1])
    assert np.isnan(small).sum() == 1


# Where tiles lie


@pytest.mark.parametrize("count", [1, 3, 16, 64, 512])
@pytest.mark.parametrize("shape", [(14, 14), (3, 7), (20, 5)])
def test_the_grid_holds_every_tile_and_fits(count, shape):
    grid = arrange(count, shape, (1280, 420))
    assert grid.columns * grid.rows >= count > grid.columns * (grid.rows - 1)
    assert grid.columns * grid.width <= 1280
    scrolls = grid.rows * grid.height > 420
    assert not scrolls or min(grid.width, grid.height) <= SMALLEST_TILE + 1


def test_no_other_number_of_columns_gives_larger_tiles():
    grid = arrange(30, (14, 14), (900, 160))
    for columns in range(1, 31):
        rows = -(-30 // columns)
        assert min(900 // columns, 160 // rows) <= grid.width


def test_tiles_that_would_be_unreadable_are_scrolled(pane):
    pane.show_tiles(maps(2000))
    assert pane.verticalScrollBar().maximum() > 0
    assert pane.grid.width == SMALLEST_TILE
    pane.show_tiles(maps(8))
    assert pane.verticalScrollBar().maximum() == 0


def test_a_place_on_the_screen_is_a_number_of_a_tile(pane):
    pane.show_tiles(maps(2000))
    pane.verticalScrollBar().setValue(SMALLEST_TILE)
    tile = pane.grid.columns + 1
    centre = pane.rect_of(tile).topLeft() + QPoint(SMALLEST_TILE - 2, 1)
    assert pane.cell_at(QPointF(centre)) == (tile, 0, 3)


def test_beside_the_tiles_there_is_none(pane):
    pane.show_tiles(maps(3))
    grid = pane.grid
    assert pane.cell_at(QPointF(grid.columns * grid.width + 1, 1)) is None
    assert pane.cell_at(QPointF(1, grid.rows * grid.height + 1)) is None


# What is drawn


def test_a_tile_is_drawn_in_its_colour_where_it_is_said_to_be(pane, colour_at):
    pane.show_tiles(flat(0.0, 1.0, 0.0), 0.0, 1.0)
    assert colour_at(pane, pane.rect_of(1).center()) == hexed(SEQUENTIAL[255])
    assert colour_at(pane, pane.rect_of(2).center()) == hexed(SEQUENTIAL[0])


def test_large_maps_are_reduced_and_keep_their_mean_colour(pane, colour_at):
    side = 4 * arrange(64, (1, 1), (pane.width(), pane.height())).width
    stripes = np.zeros((64, side, side), np.float32)
    stripes[:, ::2] = 1.0
    pane.show_tiles(stripes, 0.0, 1.0)
    seen, wanted = QColor(colour_at(pane, pane.rect_of(9).center())), QColor(int(SEQUENTIAL[128]))
    assert abs(seen.green() - wanted.green()) < 4
    assert abs(seen.red() - wanted.red()) < 4


def test_numbers_are_written_into_large_cells_only(pane):
    tile = np.zeros((1, 4, 4), np.float32)
    pane.resize(120, 120)
    pane.show_tiles(tile, 0.0, 1.0)
    small = len(np.unique(_pixels(pane)[4:24, 4:24]))
    pane.resize(320, 320)
    QApplication.processEvents()
    large = len(np.unique(_pixels(pane)[4:74, 4:74]))
    assert small == 1
    assert large > 1


def _pixels(pane):
    image = pane.grab().toImage().convertToFormat(pane.grab().toImage().Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)


# Pointing and choosing


def test_the_pointer_tells_tile_row_and_column_and_when_it_leaves(pane, qtbot):
    pane.show_tiles(maps())
    with qtbot.waitSignal(pane.pointed) as told:
        move_to(pane, pane.rect_of(2).topLeft() + QPoint(1, pane.grid.height // 2 + 1))
    assert told.args == [2, 2, 0]
    with qtbot.waitSignal(pane.left):
        QApplication.sendEvent(pane.viewport(), QEvent(QEvent.Type.Leave))


def test_a_click_chooses_a_tile(pane, qtbot):
    pane.show_tiles(maps())
    with qtbot.waitSignal(pane.chosen) as told:
        qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=pane.rect_of(5).center())
    assert told.args == [5]
    assert pane.selected == 5


def test_arrow_keys_choose_the_neighbour_and_stop_at_the_ends(pane, qtbot):
    pane.show_tiles(maps(), selected=0)
    pane.setFocus()
    chosen = []
    pane.chosen.connect(chosen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_End, Qt.Key.Key_Right):
        qtbot.keyClick(pane, key)
    columns = pane.grid.columns
    assert chosen == [1, 1 + columns, columns, columns - 1, 7]


def test_shift_and_arrow_keys_point_at_the_numbers_of_the_chosen_tile(pane, qtbot):
    pane.show_tiles(maps(), selected=3)
    told = []
    pane.pointed.connect(lambda *cell: told.append(cell))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        qtbot.keyClick(pane, key, Qt.KeyboardModifier.ShiftModifier)
    assert told == [(3, 2, 2), (3, 2, 3), (3, 1, 3)]


def test_selecting_scrolls_to_the_tile_and_tells_nobody(pane, qtbot):
    pane.show_tiles(maps(2000))
    with qtbot.assertNotEmitted(pane.chosen):
        pane.select(1999)
    box = pane.rect_of(1999)
    assert box.top() >= 0
    assert box.bottom() <= pane.viewport().height()


def test_new_values_of_the_same_maps_keep_the_place_and_the_scroll(pane):
    pane.show_tiles(maps(2000))
    pane.verticalScrollBar().setValue(50)
    pane.show_tiles(maps(2000) * 2)
    assert pane.verticalScrollBar().value() == 50


# The legend


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0, "0"), (0.41234, "0.412"), (-12.5, "−12.5"), (float("nan"), "not a number"), (float("-inf"), "−∞")],
)
def test_numbers_are_said_with_three_digits(value, said):
    assert say_value(value) == said


def test_the_scale_says_where_it_ends_and_what_it_is_of(qtbot):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.show_scale(-2.5, 2.5, signed=True, text="this layer")
    assert bar.ends == ("−2.5", "2.5")
    assert bar.accessibleName() == "Colours from −2.5 to 2.5: this layer"
    assert not bar.has_missing
    narrow = bar.sizeHint().width()
    bar.show_scale(-2.5, 2.5, signed=True, text="this layer", missing=True)
    assert bar.has_missing
    assert bar.sizeHint().width() > narrow


def test_the_strip_runs_from_the_first_colour_to_the_last(qtbot, colour_at):
    bar = ScaleBar()
    qtbot.addWidget(bar)
    bar.resize(300, 20)
    bar.show_scale(0, 1, signed=False, text="")
    bar.show()
    row = [QColor(colour_at(bar, QPoint(x, 10))) for x in range(0, 140, 2)]
    wanted = [QColor(int(each)) for each in (SEQUENTIAL[5], SEQUENTIAL[250])]
    for colour in wanted:
        assert min(abs(each.red() - colour.red()) + abs(each.green() - colour.green()) for each in row) < 24


def test_the_chosen_tile_stays_in_view_when_the_tiles_move(pane):
    pane.show_tiles(maps(900), selected=700)
    pane.select(700)
    pane.resize(250, 120)
    box = pane.rect_of(700)
    assert pane.viewport().rect().contains(box)


@pytest.mark.parametrize(
    ("value", "said"), [(1820.4, "1820"), (-99_999.0, "−99999"), (123_456.0, "1.23e+05"), (999.4, "999")]
)
def test_a_large_number_is_written_in_full_as_long_as_it_is_short(value, said):
    assert say_value(value) == said


def test_a_number_in_a_narrow_cell_has_as_many_digits_as_fit(pane):
    metrics = pane.fontMetrics()
    room = metrics.horizontalAdvance("−0.029")
    assert short(-0.0287, metrics, metrics.horizontalAdvance("−0.0287")) == "−0.0287"
    assert short(-0.0287, metrics, room) == "−0.029"
    assert metrics.horizontalAdvance(short(0.000527, metrics, room)) <= room
    assert short(np.nan, metrics, room) == "NaN"
