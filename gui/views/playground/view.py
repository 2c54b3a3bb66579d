"""The playground: a convolution by hand, apart from the network, to be typed, drawn, stepped and seen as a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

import numpy as np
from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.catalogue.kernels import KERNELS
from engine.frame import Floats, Frame
from engine.playground import MOST_EDITED, MOST_KERNEL, Convolution, Mode, PlaygroundError
from engine.playground_text import WHY, is_matrix, read_matrix, read_number, say_number, say_size, say_sum
from gui import theme
from gui.controls.elided import Elided
from gui.controls.keys import keeps
from gui.controls.section import Caption
from gui.controls.segmented import Choice, Segmented
from gui.session import Session
from gui.views.base import FrameView
from gui.views.playground.cells import Area, Cells
from gui.views.playground.editing import EditableCells
from gui.views.playground.history import History
from gui.views.playground.input import NINE, InputBar, Source
from gui.views.playground.kernel import KernelBar, Settings
from gui.views.playground.matrix import MatrixPlate
from gui.views.playground.plate import Plate
from gui.views.playground.scene import Cell, Scene, number_of, say_shape, window_of
from gui.views.playground.sum import SumLine

_LAYOUTS: Final = (
    Choice(False, "Window", "The kernel as a window that moves over the input"),
    Choice(True, "As a matrix", "The same as one matrix that acts on the flattened input"),
)

_BLANK: Final = "Draw on the black grid with the mouse, or go there with the arrow keys and press Enter."
_LEAST_WIDTH, _CAPTIONED_WIDTH = 120 * theme.GRID, 145 * theme.GRID
_HISTORY_KEYS: Final = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class PlaygroundView(FrameView):
    """Input, kernel and output side by side; what is pointed at in one is lit in the others."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        first = Convolution(NINE, np.array(KERNELS[0].rows, np.float32))
        self._history = History(Scene(Source.MATRIX, first))
        self._shown: Convolution | None = None
        self._refused = ""
        self._captions: list[Caption] = []
        self._position: Cell = (0, 0)
        self._build()
        self._connect()
        self._show()

    @property
    def convolution(self) -> Convolution:
        """What is shown."""
        return self._history.now.convolution

    @property
    def position(self) -> Cell:
        """Row and column of the chosen number of the output."""
        return self._position

    # Its parts

    def _build(self) -> None:
        self.input_bar, self.kernel_bar, self.settings = InputBar(self), KernelBar(self), Settings(self)
        self.before, self.after = self._step("◂", "The position before", -1), self._step("▸", "The position after", 1)
        self.layouts = Segmented("How the convolution is shown", self)
        self.layouts.offer(_LAYOUTS)
        self.layouts.show_value(False)
        self.input, self.kernel = EditableCells("The input", self), EditableCells("The kernel", self)
        self.turned, self.output = Cells("The kernel, turned by 180°", self), Cells("The output", self)
        self.input_plate, self.kernel_plate = Plate(self.input, self), Plate(self.kernel, self)
        self.turned_plate, self.output_plate = Plate(self.turned, self), Plate(self.output, self)
        self.turned_plate.set_explained(True)
        self.matrix_plate = MatrixPlate(self)
        self.matrix_plate.hide()
        self.sum_line = SumLine(self)
        self.size_line, self.why_line = _quiet(self), _quiet(self)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(2)
        rows.addLayout(self._bar())
        rows.addLayout(self._columns(), 1)
        for line in (self.sum_line, self.size_line, self.why_line):
            rows.addWidget(line)

    def _bar(self) -> QHBoxLayout:
        bar = QHBoxLayout()
        bar.setSpacing(theme.GRID)
        for text, widgets in (
            ("Input", (self.input_bar,)),
            ("Kernel", (self.kernel_bar,)),
            ("Output", (self.before, self.after, self.layouts)),
        ):
            caption = Caption(text, self)
            caption.setWordWrap(False)
            self._captions.append(caption)
            bar.addWidget(caption)
            for widget in widgets:
                bar.addWidget(widget)
            bar.addStretch(1)
        self.layouts.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        return bar

    def _columns(self) -> QHBoxLayout:
        columns = QHBoxLayout()
        columns.setSpacing(2 * theme.GRID)
        columns.addWidget(self.input_plate, 4)
        columns.addWidget(self.kernel_plate, 3)
        columns.addWidget(self.turned_plate, 3)
        columns.addWidget(self.settings)
        columns.addWidget(self.matrix_plate, 12)
        columns.addWidget(self.output_plate, 4)
        return columns

    def _step(self, text: str, name: str, by: int) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAutoRaise(True)
        button.setAutoRepeat(True)
        button.setAccessibleName(name)
        button.setToolTip(f"{name}; arrow keys in the output move too")
        button.clicked.connect(lambda: self.step(by))
        return button

    def _connect(self) -> None:
        self.input_bar.proposed.connect(self._on_input_proposed)
        self.kernel_bar.proposed.connect(lambda kernel: self._propose({"kernel": kernel}))
        self.settings.proposed.connect(self._on_settings_proposed)
        self.layouts.chosen.connect(self._on_layout_chosen)
        for cells, field in ((self.input, "image"), (self.kernel, "kernel")):
            cells.typed.connect(partial(self._on_cell_typed, cells, field))
            cells.pasted.connect(partial(self._on_text_pasted, field))
            cells.calmed.connect(self._on_cells_calmed)
        self.input.stroked.connect(self.input_bar.stroke)
        self.input.lifted.connect(self._history.settle)
        self.input.pointed.connect(lambda row, column: self._point(None, (row, column)))
        self.input.chosen.connect(self._on_input_chosen)
        self.output.pointed.connect(lambda row, column: self._point((row, column), None))
        self.output.chosen.connect(lambda row, column: self._choose((row, column)))
        self.input.left.connect(self._point_at_resting)
        self.output.left.connect(self._point_at_resting)
        self.matrix_plate.pointed.connect(self._on_matrix_pointed)
        self.matrix_plate.chosen.connect(self._on_matrix_chosen)

    def sizeHint(self) -> QSize:
        """As high as the docks at the bottom of the window are at first."""
        return QSize(super().sizeHint().width(), 26 * theme.GRID)

    def minimumSizeHint(self) -> QSize:
        """What its controls need; the grids above them give way."""
        return QSize(_LEAST_WIDTH, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leaves out what the titles of the grids say as well where there is little room."""
        super().resizeEvent(event)
        for caption in self._captions:
            caption.setVisible(event.size().width() >= _CAPTIONED_WIDTH)

    def draw(self, frame: Frame) -> None:
        """Takes the clean picture of the bench, for whoever wants it as the input."""
        if frame.clean is not None:
            self.input_bar.take_picture(frame.clean)

    # What is proposed

    def _propose(self, changes: Mapping[str, object], source: Source | None = None, gesture: str = "") -> None:
        """Takes a change if the result can be computed; else says why not, and everything stays."""
        try:
            new = Scene(source or self._history.now.source, self.convolution.with_(**changes))
        except PlaygroundError as refused:
            self._refuse(str(refused))
            return
        self._history.take(new, gesture)
        self._show()

    def _refuse(self, why: str) -> None:
        """Says it until something is done, not only pointed at."""
        self._show()
        self._refused = why
        for cells in (self.input, self.kernel):
            cells.complain(why)
        self.sum_line.show_text(why, is_error=True)

    def _on_input_proposed(self, source: Source, values: Floats) -> None:
        gesture = "stroke" if source is Source.DRAWING and values.shape == self.convolution.image.shape else ""
        self._propose({"image": values}, source, gesture)

    def _on_settings_proposed(self, changes: Mapping[str, object]) -> None:
        self._propose(changes, gesture=" ".join(changes))

    def _on_cell_typed(self, cells: EditableCells, field: str, row: int, column: int, text: str) -> None:
        if is_matrix(text):
            self._on_text_pasted(field, text)
            return
        values = cells.values.copy()
        try:
            values[row, column] = read_number(text)
        except PlaygroundError as refused:
            self._refuse(str(refused))
        else:
            self._propose({field: values})

    def _on_text_pasted(self, field: str, text: str) -> None:
        try:
            values = read_matrix(text, MOST_EDITED if field == "image" else MOST_KERNEL)
        except PlaygroundError as refused:
            self._refuse(str(refused))
        else:
            self._propose({field: values})

    def _on_layout_chosen(self, as_matrix: bool) -> None:
        self.kernel_plate.set_explained(as_matrix)  # the matrix has the same colours, and says so
        self.matrix_plate.setVisible(as_matrix)
        self._point_at_resting()

    def undo(self) -> None:
        """Takes the last change of the playground back."""
        if self._history.undo():
            self._show()

    def redo(self) -> None:
        """Makes it again."""
        if self._history.redo():
            self._show()

    # What is shown

    def _show(self) -> None:
        self._refused = ""
        now, one = self._history.now, self.convolution
        self.input_bar.show_input(now.source, one.image)
        self.input.set_draws(now.source is Source.DRAWING)
        self.kernel_bar.show_kernel(one.kernel)
        self.settings.show_settings(one)
        if self._shown is not one:
            self._shown = one
            kernel, image, output = now.shades
            self.input_plate.show_values(f"Input {say_shape(one.image)}", one.image, image, one.margins)
            self.kernel_plate.show_values(f"Kernel {say_shape(one.kernel)}", one.kernel, kernel)
            self.turned_plate.show_values("Turned by 180°", one.laid, kernel)
            self.output_plate.show_values(f"Output {say_shape(one.output)}", one.output, output)
            self.size_line.setText(say_size(one))
            self.why_line.setText(WHY[one.mode])
            for line in (self.size_line, self.why_line):
                line.setToolTip(line.text())
        self.turned_plate.setVisible(one.mode is Mode.CONVOLUTION)
        height, width = one.output_shape
        self._position = min(self._position[0], height - 1), min(self._position[1], width - 1)
        self.output.choose(*self._position)
        self._point_at_resting()

    # What is pointed at

    def step(self, by: int) -> None:
        """Goes to the position before or after, row by row, and round at the ends."""
        rows, columns = self.convolution.output_shape
        number = (self._position[0] * columns + self._position[1] + by) % (rows * columns)
        self._choose(divmod(number, columns))

    def _choose(self, position: Cell) -> None:
        self._refused = ""
        self._position = position
        self.output.choose(*position)
        self._point(position, None)

    def _on_input_chosen(self, row: int, column: int) -> None:
        self._refused = ""
        self._point(None, (row, column))

    def _on_cells_calmed(self) -> None:
        self._refused = ""
        self._point_at_resting()

    def _point_at_resting(self) -> None:
        """Lights what the keyboard is at, and otherwise the chosen position."""
        row, column = self.matrix_plate.resting()
        if row is not None or column is not None:
            self._on_matrix_pointed(row, column)
        elif self.input.hasFocus():
            self._point(None, self.input.current)
        else:
            self._point(self._position, None)

    def _on_matrix_pointed(self, row: int | None, column: int | None) -> None:
        if row is None and column is None:
            self._point_at_resting()
            return
        output = None if row is None else divmod(row, self.convolution.output_shape[1])
        self._point(output, None if column is None else divmod(column, self.convolution.image.shape[1]))

    def _on_matrix_chosen(self, row: int | None, column: int | None) -> None:
        if row is not None:
            self._position = divmod(row, self.convolution.output_shape[1])
            self.output.choose(*self._position)
        self._on_matrix_pointed(row, column)

    def _point(self, output: Cell | None, read: Cell | None) -> None:
        """Lights a number of the output with its window, or a number of the input with all it goes into, or both."""
        one = self.convolution
        singled = None if read is None else Area(*read)
        if output is not None:
            factors = {(each.row, each.column): f"·{say_number(each.weight, 3)}" for each in one.terms(*output)}
            self.input.light(window_of(one, output), singled, factors)
            self.output.light([Area(*output)])
        elif read is not None:
            reached = one.reached(*read)
            self.input.light([], singled)
            self.output.light([Area(*each) for each in reached])
        if not self.matrix_plate.isHidden():
            row, column = number_of(output, one.output), number_of(read, one.image)
            around = number_of(self._position, one.output) if row is None else row
            self.matrix_plate.show_matrix(one, around or 0, self._history.now.shades)
            self.matrix_plate.light(row, column)

        self._say(output, read)

    def _say(self, output: Cell | None, read: Cell | None) -> None:
        if self._refused:
            self.sum_line.show_text(self._refused, is_error=True)
        elif self._history.now.is_blank:
            self.sum_line.show_text(_BLANK)
        elif output is not None:
            self._say_output(*output)
        elif read is not None:
            self._say_input(*read, len(self.convolution.reached(*read)))

    def _say_output(self, row: int, column: int) -> None:
        one = self.convolution
        place = f"Output, row {row}, column {column}:  "
        self.sum_line.show_sum(lambda most: place + say_sum(one, row, column, most), one.kernel.size)

    def _say_input(self, row: int, column: int, count: int) -> None:
        value = say_number(float(self.convolution.image[row, column]))
        where = "1 number" if count == 1 else f"{count} numbers"
        self.sum_line.show_text(f"Input, row {row}, column {column}: {value}, goes into {where} of the output.")

    # Keys

    def event(self, event: QEvent) -> bool:
        """Takes the keys of undo and redo before the window does, which has an undo of its own."""
        return keeps(event, lambda key: any(key.matches(each) for each in _HISTORY_KEYS)) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Undo and redo."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.matches(QKeySequence.StandardKey.Redo):
            self.redo()
        else:
            super().keyPressEvent(event)


def _quiet(parent: QWidget) -> QLabel:
    line = Elided("", parent)
    line.setFont(theme.font(theme.Type.CAPTION))
    line.setForegroundRole(line.palette().ColorRole.PlaceholderText)
    return line
