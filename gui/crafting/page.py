"""One page of the window: what is asked on the left, what grows from it on the right."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from engine.catalogue.crafting import Recipe
from engine.crafting.growing import Making
from engine.frame import Frame
from gui import theme
from gui.controls.section import Caption
from gui.controls.seed import seed_box
from gui.crafting.curve import CraftCurve, Lines
from gui.crafting.picture import CraftPicture
from gui.forms import OptionsForm, labelled, turn_only_with_focus

COLUMN = 38 * theme.GRID
"""Width of the left column, in pixels."""


class Page(QWidget):
    """The recipe with its options, Start and Stop, the picture, the curve, and what may be done with the result."""

    startWanted = Signal()  # noqa: N815 - Qt's spelling of signals
    stopWanted = Signal()  # noqa: N815
    againWanted = Signal()  # noqa: N815
    """All that has grown is to be thrown away."""
    useWanted = Signal()  # noqa: N815
    saveWanted = Signal()  # noqa: N815

    def __init__(
        self,
        recipes: Sequence[type[Recipe]],
        picture: CraftPicture,
        lines: Lines,
        save: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._recipes = [each() for each in recipes]
        self.picture = picture
        self.curve = CraftCurve(lines, self)
        self.form: OptionsForm | None = None
        self._make_controls(save)
        self.rows = QVBoxLayout()
        self._first_rows: list[QWidget] = []
        self._first_stops: list[QWidget] = []
        self._lay_out()
        self._show_recipe(0)
        self.show_making(None)

    # Parts

    def _make_controls(self, save: str) -> None:
        self.chooser = QComboBox(self)
        self.chooser.setAccessibleName("Way")
        for each in self._recipes:
            self.chooser.addItem(each.title)
        self.chooser.setVisible(len(self._recipes) > 1)
        turn_only_with_focus(self.chooser)
        self.network = Caption(parent=self)
        self.summary = Caption(parent=self)
        self.seed = seed_box("Of every random choice: the same seed and the same pictures give the same result.")
        self.start, self.stop = QPushButton("&Start", self), QPushButton("S&top", self)
        self.again = QPushButton("Be&gin anew", self)
        self.again.setToolTip("Throws away what has grown so far; what was kept stays.")
        self.use, self.save = QPushButton("Use &on the bench", self), QPushButton(save, self)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(theme.GRID)
        self.bar.setAccessibleName("Progress")
        self.said, self.scale = QLabel(self), Caption(parent=self)
        self.said.setWordWrap(True)
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble = Caption(parent=self)
        self.trouble.setForegroundRole(QPalette.ColorRole.BrightText)
        self.trouble.hide()
        for button, wanted in (
            (self.start, self.startWanted),
            (self.stop, self.stopWanted),
            (self.again, self.againWanted),
            (self.use, self.useWanted),
            (self.save, self.saveWanted),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(wanted)
        self.chooser.activated.connect(self._show_recipe)

    def _lay_out(self) -> None:
        self.rows.setSpacing(theme.GRID // 2)
        self.rows.addWidget(self.network)
        self.rows.addWidget(self.chooser)
        self.rows.addWidget(self.summary)
        self.rows.addWidget(labelled("Seed", self.seed))
        buttons = QHBoxLayout()
        for button in (self.start, self.stop, self.again):
            buttons.addWidget(button)
        self.rows.addSpacing(theme.GRID)
        self.rows.addLayout(buttons)
        self.rows.addWidget(self.bar)
        self.rows.addWidget(self.trouble)
        self.rows.addStretch(1)
        column = QWidget(self)
        column.setFixedWidth(COLUMN)
        column.setLayout(self.rows)
        self.rows.setContentsMargins(0, 0, 0, 0)
        results = QHBoxLayout()
        results.addStretch(1)
        results.addWidget(self.save)
        results.addWidget(self.use)
        shown = QVBoxLayout()
        shown.setSpacing(theme.GRID // 2)
        shown.addWidget(self.picture, 3)
        shown.addWidget(self.scale)
        shown.addWidget(self.said)
        shown.addWidget(self.curve, 2)
        shown.addLayout(results)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        columns.setSpacing(2 * theme.GRID)
        columns.addWidget(column)
        columns.addLayout(shown, 1)

    def add_first(self, row: QWidget, stops: Sequence[QWidget]) -> None:
        """Puts a row above the recipe, below those that were put there before.

        Args:
            row: what is shown.
            stops: those of it at which the Tab key stops.
        """
        self._first_rows.append(row)
        self._first_stops.extend(stops)
        self.rows.insertWidget(self.rows.indexOf(self.network) + len(self._first_rows), row)
        self._order_stops()

    def _order_stops(self) -> None:
        """The Tab key goes from top to bottom, whatever was made last."""
        editors = [] if self.form is None else self.form.editors
        buttons = self.start, self.stop, self.again, self.save, self.use
        for before, after in pairwise([*self._first_stops, self.chooser, *editors, self.seed, *buttons]):
            QWidget.setTabOrder(before, after)

    # What is asked

    def show_frame(self, frame: Frame) -> None:
        """Says for which network something would be crafted now: that of the bench."""
        if frame.network is not None:
            self.network.setText(f"For {frame.network.title}, the network on the bench.")

    @property
    def recipe(self) -> Recipe:
        """The chosen way, with its options."""
        assert self.form is not None  # noqa: S101 - there is one from the beginning
        recipe: Recipe = self.form.record
        return recipe

    def _show_recipe(self, place: int) -> None:
        if self.form is not None:
            self.rows.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        recipe = self._recipes[place]
        self.summary.setText(recipe.summary)
        self.summary.setToolTip(recipe.paper)
        self.chooser.setToolTip(f"{recipe.title}\n\n{recipe.paper}")
        self.form = OptionsForm(recipe, self)
        self.form.edited.connect(lambda edited: self._remember(place, edited))
        self.rows.insertWidget(self.rows.indexOf(self.summary) + 1, self.form)
        self._order_stops()

    def _remember(self, place: int, recipe: Any) -> None:
        self._recipes[place] = recipe

    @property
    def chosen_seed(self) -> int:
        """Of every random choice."""
        return int(self.seed.value())  # type: ignore[no-untyped-call]

    # What grows

    def show_making(self, making: Making | None, *, is_running: bool = False, trouble: str = "") -> None:
        """Shows how far a run has come; None before there is one.

        Args:
            making: the run.
            is_running: whether it goes on at this moment.
            trouble: why it does not, where it should.
        """
        newest = None if making is None else making.newest
        self.picture.show_grown(newest)
        self.scale.setText(self.picture.scale)
        self.scale.setVisible(bool(self.picture.scale))
        self.curve.setVisible(newest is not None)
        if making is not None and newest is not None:
            self.curve.show_curve(making.curve(), newest)
        self.said.setText("" if newest is None else newest.said + _skipped(newest.skipped))
        self.trouble.setText(trouble)
        self.trouble.setVisible(bool(trouble))
        self._show_progress(making, is_running)
        for each in (self.use, self.save):
            each.setVisible(newest is not None and newest.done > 0)

    def _show_progress(self, making: Making | None, is_running: bool) -> None:
        newest = None if making is None else making.newest
        is_begun = making is not None and newest is not None
        is_over = making is not None and making.is_complete
        self.bar.setVisible(is_running)
        self.bar.setRange(0, 0 if newest is None else newest.total)
        if newest is not None:
            self.bar.setValue(newest.done)
        self.start.setText("&Continue" if is_begun else "&Start")
        self.start.setVisible(not is_running and not is_over)
        self.stop.setVisible(is_running)
        self.again.setVisible(is_begun and not is_running)


def _skipped(names: Sequence[str]) -> str:
    """Which files could not be read, as the end of a sentence before."""
    if not names:
        return ""
    shown = ", ".join(f"“{each}”" for each in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f" Left out, because they cannot be read: {shown}{more}."
