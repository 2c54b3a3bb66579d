"""The playground: numbers typed, pasted and drawn, the sum behind every number, and the matrix that does the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QMouseEvent, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Frame
from engine.playground import Mode, Padding
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.playground.cells import Area, Cells
from gui.views.playground.editing import EditableCells
from gui.views.playground.input import Source
from gui.views.playground.kernel import OWN
from gui.views.playground.matrix import MOST_SHOWN
from gui.views.playground.shade import Shade, pooled
from gui.views.playground.view import PlaygroundView

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

MATRIX = [[1, 2, 0, 3, 4, 0, 0, 0, 0], [0, 1, 2, 0, 3, 4, 0, 0, 0], [0, 0, 0, 1, 2, 0, 3, 4, 0]]
MATRIX.append([0, 0, 0, 0, 1, 2, 0, 3, 4])


@pytest.fixture
def session() -> Session:
    return Session(Request())


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> PlaygroundView:
    made = PlaygroundView(session)
    qtbot.addWidget(made)
    made.resize(1280, 420)
    made.show()
    qtbot.waitActive(made)
    return made


def type_into(cells: EditableCells, *texts: str) -> None:
    """Each text into a cell; Enter goes on to the next."""
    cells.setFocus()
    for text in texts:
        QTest.keyClicks(cells, text[0])
        QTest.keyClicks(cells.editor, text[1:])
        QTest.keyClick(cells.editor, Qt.Key.Key_Return)


def middle(cells: Cells, row: int, column: int) -> QPoint:
    return cells.place(Area(row, column)).center().toPoint()


def point(cells: Cells, row: int, column: int) -> None:
    """As the mouse does; a window may be larger than the screen of a test, and the pointer stays on the screen."""
    at, none = middle(cells, row, column).toPointF(), Qt.MouseButton.NoButton
    moved = QMouseEvent(QEvent.Type.MouseMove, at, at, none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(cells, moved)


def open_matrix(view: PlaygroundView) -> None:
    view.layouts.button(True).click()
    view.grab()  # lays everything out


def test_nine_numbers_and_a_kernel_of_four_typed_in_give_their_output_and_their_matrix(view: PlaygroundView) -> None:
    view.input_bar.size_boxes.rows.setValue(2)
    view.input_bar.size_boxes.rows.setValue(3)
    assert view.input.values[2].tolist() == [0, 0, 0]
    view.kernel_bar.menu.activated.emit(1)
    view.input.choose(0, 0)
    type_into(view.input, *"123456789")
    view.kernel_bar.size_boxes.rows.setValue(2)
    view.kernel_bar.size_boxes.columns.setValue(2)
    type_into(view.kernel, *"1234")
    assert view.output.values.tolist() == [[37, 47], [67, 77]]
    open_matrix(view)
    assert view.matrix_plate.matrix.values.tolist() == MATRIX
    assert view.matrix_plate.input.values.ravel().tolist() == list(range(1, 10))
    assert view.matrix_plate.output.values.ravel().tolist() == [37, 47, 67, 77]


def test_the_sum_behind_the_chosen_number_is_written_out_and_its_window_lit(view: PlaygroundView) -> None:
    assert view.sum_line.text().endswith("1·1 + 2·2 + 4·3 + 5·4 = 37")
    point(view.output, 1, 1)
    assert view.sum_line.text().endswith("5·1 + 6·2 + 8·3 + 9·4 = 77")
    assert view.input.lit == (Area(1, 1, 2, 2),)
    view.output.left.emit()
    assert view.sum_line.text().endswith("= 37")


def test_arrow_keys_and_buttons_step_through_the_positions(view: PlaygroundView) -> None:
    view.output.setFocus()
    QTest.keyClick(view.output, Qt.Key.Key_Right)
    QTest.keyClick(view.output, Qt.Key.Key_Down)
    assert (view.position, view.output.accessibleDescription()) == ((1, 1), "row 1, column 1: 77")
    QTest.mouseClick(view.after, Qt.MouseButton.LeftButton)
    assert view.position == (0, 0)
    QTest.mouseClick(view.before, Qt.MouseButton.LeftButton)
    assert view.position == (1, 1)
    assert view.input.lit == (Area(1, 1, 2, 2),)


def test_pointing_at_the_input_lights_every_number_of_the_output_that_reads_it(view: PlaygroundView) -> None:
    point(view.input, 1, 1)
    assert set(view.output.lit) == {Area(0, 0), Area(0, 1), Area(1, 0), Area(1, 1)}
    assert "5, goes into 4 numbers of the output" in view.sum_line.text()
    point(view.input, 0, 0)
    assert view.output.lit == (Area(0, 0),)
    assert "goes into 1 number of the output" in view.sum_line.text()


def test_a_row_of_the_matrix_lights_its_window_and_its_number(view: PlaygroundView) -> None:
    open_matrix(view)
    point(view.matrix_plate.matrix, 2, 8)
    assert view.matrix_plate.matrix.lit == (Area(2, 0, 1, 9),)
    assert view.input.lit == (Area(1, 0, 2, 2),)
    assert view.output.lit == (Area(1, 0),)
    assert view.matrix_plate.input.lit == (Area(3, 0, 2), Area(6, 0, 2))
    assert view.matrix_plate.output.lit == (Area(2, 0),)
    assert view.input.singled == Area(2, 2)
    assert view.sum_line.text().endswith("4·1 + 5·2 + 7·3 + 8·4 = 67")


def test_a_cell_of_the_flattened_input_lights_its_column_and_all_it_goes_into(view: PlaygroundView) -> None:
    open_matrix(view)
    point(view.matrix_plate.input, 1, 0)
    assert view.matrix_plate.matrix.singled == Area(0, 1, 4, 1)
    assert view.input.singled == Area(0, 1)
    assert view.output.lit == (Area(0, 0), Area(0, 1))
    assert view.matrix_plate.output.lit == (Area(0, 0, 2),)


def test_the_keyboard_goes_through_the_matrix_too(view: PlaygroundView) -> None:
    open_matrix(view)
    view.matrix_plate.matrix.setFocus()
    QTest.keyClick(view.matrix_plate.matrix, Qt.Key.Key_Down)
    assert (view.position, view.input.lit) == ((0, 1), (Area(0, 1, 2, 2),))
    view.matrix_plate.output.setFocus()
    QTest.keyClick(view.matrix_plate.output, Qt.Key.Key_Down)
    assert view.position == (0, 1)
    QTest.keyClick(view.matrix_plate.output, Qt.Key.Key_Down)
    assert view.position == (1, 0)


def test_convolution_turns_the_kernel_and_says_why_networks_do_not(view: PlaygroundView) -> None:
    assert view.turned_plate.isHidden()
    assert "Networks say convolution and mean this" in view.why_line.text()
    view.settings.mode.button(Mode.CONVOLUTION).click()
    assert not view.turned_plate.isHidden()
    assert view.turned.values.tolist() == [[4, 3], [2, 1]]
    assert view.kernel.values.tolist() == [[1, 2], [3, 4]]
    assert view.output.values.tolist() == [[23, 33], [53, 63]]
    assert "turns the kernel by 180°" in view.why_line.text()


def test_stride_padding_and_dilation_are_said_with_their_numbers(view: PlaygroundView) -> None:
    view.settings.padding.button(Padding.FULL).click()
    assert "(3 − 2 + 1 + 1)/1 + 1 = 4" in view.size_line.text()
    assert "1 row above and below, 1 column left and right" in view.size_line.text()
    assert view.input.lit == (Area(-1, -1, 2, 2),)
    view.settings.dilation.setValue(2)
    view.settings.stride.setValue(3)
    assert "⌊(3 − (2·(2 − 1) + 1) + 2 + 2)/3⌋ + 1 = 2" in view.size_line.text()
    assert set(view.input.lit) == {Area(-2, -2), Area(-2, 0), Area(0, -2), Area(0, 0)}


@pytest.mark.parametrize(("text", "why"), [("1x", "“1x”: it is not a number"), ("1e9", "−1 000 000 to")])
def test_what_is_no_number_is_refused_with_a_sentence_and_the_good_one_stays(
    view: PlaygroundView, text: str, why: str
) -> None:
    type_into(view.input, text)
    assert why in view.sum_line.text()
    assert view.input.editor.complaint == view.sum_line.text()
    assert view.input.values[0].tolist() == [1, 2, 3]
    QTest.keyClick(view.input.editor, Qt.Key.Key_Escape)
    QTest.keyClick(view.input.editor, Qt.Key.Key_Escape)
    assert not view.input.editor.isVisible()
    assert view.sum_line.text() == "Input, row 0, column 0: 1, goes into 1 number of the output."


def test_an_empty_cell_is_refused_too(view: PlaygroundView) -> None:
    view.kernel.setFocus()
    QTest.keyClick(view.kernel, Qt.Key.Key_F2)
    QTest.keyClick(view.kernel.editor, Qt.Key.Key_Backspace)
    QTest.keyClick(view.kernel.editor, Qt.Key.Key_Return)
    assert "nothing was typed" in view.sum_line.text()
    assert view.kernel.values.tolist() == [[1, 2], [3, 4]]


def test_a_kernel_that_is_too_large_is_refused_and_the_controls_go_back(view: PlaygroundView) -> None:
    view.settings.dilation.setValue(4)
    assert "it spans 5×5 and the input, padding included, has 3×3" in view.sum_line.text()
    assert view.settings.dilation.value() == 1
    view.kernel_bar.size_boxes.columns.setValue(4)
    assert (view.kernel_bar.size_boxes.columns.value(), view.kernel.values.shape) == (2, (2, 2))
    assert view.output.values.tolist() == [[37, 47], [67, 77]]


def test_a_whole_matrix_may_be_typed_into_one_cell_or_pasted(view: PlaygroundView) -> None:
    type_into(view.kernel, "1, 0, -1")
    assert view.kernel.values.tolist() == [[1, 0, -1]]
    QGuiApplication.clipboard().setText("1\t2\t3\t4\n5\t6\t7\t8\n")
    view.input.setFocus()
    QTest.keySequence(view.input, QKeySequence(QKeySequence.StandardKey.Paste))
    assert view.output.values.tolist() == [[-2, -2], [-2, -2]]
    QTest.keySequence(view.input, QKeySequence(QKeySequence.StandardKey.Copy))
    assert QGuiApplication.clipboard().text() == "1\t2\t3\t4\n5\t6\t7\t8"
    QGuiApplication.clipboard().setText("1 2\n3")
    QTest.keySequence(view.input, QKeySequence(QKeySequence.StandardKey.Paste))
    assert "rows have between 1 and 2 numbers" in view.sum_line.text()
    assert view.input.values.shape == (2, 4)


def test_the_last_changes_can_be_taken_back_and_made_again(view: PlaygroundView, session: Session) -> None:
    asked = session.request
    type_into(view.input, "7", "8")
    view.settings.padding.button(Padding.SAME).click()
    QTest.keySequence(view.input, QKeySequence(QKeySequence.StandardKey.Undo))
    assert view.convolution.padding is Padding.VALID
    QTest.keySequence(view.input, QKeySequence(QKeySequence.StandardKey.Undo))
    assert view.input.values[0].tolist() == [7, 2, 3]
    QTest.keySequence(view.input, QKeySequence(QKeySequence.StandardKey.Redo))
    assert view.input.values[0].tolist() == [7, 8, 3]
    assert session.request is asked


def test_undo_is_the_playgrounds_while_the_keyboard_is_in_it(view: PlaygroundView) -> None:
    window = QWidget()
    rows = QVBoxLayout(window)
    rows.addWidget(view)
    outer: list[int] = []
    QShortcut(QKeySequence(QKeySequence.StandardKey.Undo), window, lambda: outer.append(1))
    QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), window, lambda: outer.append(2))
    window.show()
    window.activateWindow()
    QGuiApplication.clipboard().setText("5")
    for widget in (view.output, view.input):
        widget.setFocus()
        view.settings.padding.button(Padding.SAME).click()
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert view.convolution.padding is Padding.VALID
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert view.input.values.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert "The kernel does not fit" in view.sum_line.text()
    assert outer == []
    view.setParent(None)
    window.deleteLater()


def test_a_stroke_of_the_mouse_draws_without_gaps_and_is_one_step_of_undo(view: PlaygroundView) -> None:
    view.input_bar.sources.button(Source.DRAWING).click()
    QApplication.processEvents()
    QTest.mousePress(view.input, Qt.MouseButton.LeftButton, pos=middle(view.input, 2, 1))
    QTest.mouseMove(view.input, middle(view.input, 2, 9))
    QTest.mouseRelease(view.input, Qt.MouseButton.LeftButton, pos=middle(view.input, 2, 9))
    assert view.input.values.sum() == view.input.values[2, 1:10].sum() == 9
    view.undo()
    assert view.input.values.sum() == 0
    view.redo()
    view.input_bar.brush.button(False).click()
    QTest.mouseClick(view.input, Qt.MouseButton.LeftButton, pos=middle(view.input, 2, 4))
    assert view.input.values.sum() == 8
    view.input_bar.clear_button.click()
    assert view.input.values.sum() == 0


def test_a_drawing_is_made_with_the_keyboard_as_well(view: PlaygroundView) -> None:
    view.input_bar.sources.button(Source.DRAWING).click()
    view.input.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(view.input, key)
    assert view.input.values[1, :3].tolist() == [1, 1, 0]
    view.undo()
    assert view.input.values[1, :3].tolist() == [1, 0, 0]


def test_every_source_keeps_its_own_input_and_shows_only_its_controls(view: PlaygroundView) -> None:
    bar = view.input_bar
    assert bar.clear_button.isHidden()
    type_into(view.input, "5")
    bar.sources.button(Source.DRAWING).click()
    assert not bar.clear_button.isHidden()
    assert bar.side.isHidden()
    bar.sources.button(Source.MATRIX).click()
    assert view.input.values[0].tolist() == [5, 2, 3]


def test_the_benchs_picture_is_offered_once_there_is_one_and_is_followed(
    view: PlaygroundView, session: Session, make_frame: MakeFrame
) -> None:
    bar = view.input_bar
    assert Source.PICTURE not in [each.value for each in bar.sources._choices]
    picture = np.zeros((100, 80, 3), np.float32)
    picture[:, 40:, 0] = 1
    session.show(make_frame(clean=picture))
    bar.sources.button(Source.PICTURE).click()
    assert view.input.values.shape == (32, 26)
    bar.channel.setCurrentText("Red")
    bar.channel.activated.emit(1)
    bar.side.setCurrentText("in full")
    bar.side.activated.emit(bar.side.currentIndex())
    assert view.input.values.shape == (100, 80)
    assert view.input.values[0, [39, 40]].tolist() == [0, 255]
    session.show(make_frame(clean=np.ones((50, 50, 3), np.float32)))
    assert view.input.values.tolist() == np.full((50, 50), 255).tolist()


def test_of_a_large_matrix_the_part_around_the_chosen_row_is_shown_and_named(
    view: PlaygroundView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(make_frame(clean=np.random.default_rng(0).random((64, 64, 3), np.float32)))
    view.input_bar.side.setCurrentIndex(3)
    view.input_bar.sources.button(Source.PICTURE).click()
    view.input_bar.side.activated.emit(3)
    view.settings.padding.button(Padding.SAME).click()
    open_matrix(view)
    plate = view.matrix_plate
    assert plate.matrix.values.shape == (MOST_SHOWN, MOST_SHOWN)
    assert "4\N{THIN SPACE}096×4\N{THIN SPACE}096, of which rows 0–1023" in plate.scale.toolTip()
    view.output.chosen.emit(32, 0)
    assert "rows 1536–2559, columns 1536–2559" in plate.scale.toolTip()
    (row,) = (each.row for each in plate.matrix.lit)
    assert (1536 + row, plate.matrix.values[row].tolist()) == (
        32 * 64,
        view.convolution.matrix()[2048, 1536:2560].tolist(),
    )
    picked: list[object] = []
    plate.chosen.connect(lambda *numbers: picked.extend(numbers))
    plate.matrix.chosen.emit(3, 4)
    assert picked == [1539, 1540]


def test_the_menu_of_kernels_says_when_the_numbers_are_ones_own(view: PlaygroundView) -> None:
    menu = view.kernel_bar.menu
    assert menu.currentText() == "1 2; 3 4"
    menu.activated.emit(menu.findData("laplacian"))
    assert menu.currentText() == "Edges (Laplacian)"
    assert "four neighbours" in menu.toolTip()
    type_into(view.kernel, "1")
    assert (menu.currentText(), menu.count()) == (OWN, menu.findText(OWN) + 1)
    view.undo()
    assert menu.findText(OWN) == -1
    menu.activated.emit(menu.findData("small"))
    view.kernel_bar.normalise.click()
    assert view.kernel.values.sum() == pytest.approx(1)


def test_colours_say_black_and_white_of_an_input_and_plus_and_minus_of_a_kernel(
    view: PlaygroundView, colour_at: ColourAt
) -> None:
    corner = QPoint(5, 5)
    assert colour_at(view.input, view.input.place(Area(2, 2)).topLeft().toPoint() + corner) == "#ffffff"
    assert view.input_plate.greys.text() == "black 0, white 9"
    assert view.kernel_plate.scale.ends == ("−4", "4")
    assert view.output_plate.scale.ends == ("0", "77")
    type_into(view.kernel, "-99")
    assert view.output_plate.scale.ends[0].startswith("−")


def test_no_single_number_is_lost_where_a_matrix_is_smaller_than_its_room() -> None:
    values = np.zeros((1000, 900), np.float32)
    values[567, 123], values[1, 2] = -3, 2
    small = pooled(values, 40, 30)
    assert small.shape == (40, 30)
    assert sorted(small[small != 0].tolist()) == [-3, 2]


def test_a_shade_reaches_as_far_as_its_numbers() -> None:
    assert Shade.of(np.zeros((2, 2), np.float32)) == Shade(1.0, signed=False)
    assert Shade.of(np.array([[-3, 2]], np.float32), grey=True) == Shade(3.0, signed=True, grey=True)
    greys = Shade(2.0, signed=False, grey=True).colours(np.array([[0, 1, 2, 3]], np.float32))
    assert [f"{each:08x}" for each in greys[0]] == ["ff000000", "ff808080", "ffffffff", "ffffffff"]


def test_a_long_sum_keeps_its_result_and_says_how_many_terms_are_left_out(view: PlaygroundView) -> None:
    view.input_bar.sources.button(Source.DRAWING).click()
    assert view.sum_line.text().startswith("Draw on the black grid")
    view.input_bar.stroke([(0, 0)])
    QGuiApplication.clipboard().setText("\n".join(["0.12345 " * 9] * 9))
    view.kernel.setFocus()
    QTest.keySequence(view.kernel, QKeySequence(QKeySequence.StandardKey.Paste))
    assert view.sum_line.text().endswith(" more = 0.12345")
    assert view.sum_line.toolTip().count("·") == 81
    assert view.sum_line.fontMetrics().horizontalAdvance(view.sum_line.text()) <= view.sum_line.width()


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
@pytest.mark.parametrize("size", [(960, 184), (1280, 210), (1600, 500)])
def test_every_size_and_scheme_is_painted(view: PlaygroundView, scheme: theme.Scheme, size: tuple[int, int]) -> None:
    theme.apply(scheme)
    view.resize(*size)
    view.settings.padding.button(Padding.SAME).click()
    for as_matrix in (False, True):
        view.layouts.button(as_matrix).click()
        assert (view.grab().width() / view.devicePixelRatioF(), view.height()) == size
    assert view.minimumSizeHint().height() <= 184


def test_every_control_has_a_name_and_can_be_reached_by_keyboard(view: PlaygroundView) -> None:
    named = (view.before, view.after, view.input, view.kernel, view.output, view.settings.stride, view.kernel_bar.menu)
    assert all(each.accessibleName() and each.focusPolicy() & Qt.FocusPolicy.TabFocus for each in named[2:])
    assert all(each.accessibleName() for each in named)
