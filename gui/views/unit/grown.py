"""The image that is grown to excite a unit, and how it is grown."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget, QWidgetAction

from engine.catalogue.growing import Growing
from engine.inside import Grown
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.forms import OptionsForm
from gui.session import Session
from gui.views.pane_pictures import Picture, picture_of
from gui.views.unit.thumbnail import paint_fitted
from gui.views.unit.words import GROWING, REACHES, say_grown

_COLUMN: Final = 13 * theme.GRID
_HIGH: Final = 24 * theme.GRID
"""From this height on what is said of the image stands below it."""
_LARGEST: Final = 34 * theme.GRID
_FORM: Final = 34 * theme.GRID


class GrownPane(QWidget):
    """Draws the image as it grows, with a thin line that tells how far it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: Picture | None = None
        self._share = 1.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Image grown to excite the unit")

    def show_grown(self, grown: Grown | None) -> None:
        """Shows an image, or nothing."""
        self._picture = None if grown is None else picture_of(grown.image)
        self._share = 1.0 if grown is None else grown.step / grown.steps
        self.setAccessibleDescription("" if grown is None else say_grown(grown).replace("\n", ", "))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the image and, while it grows, the line below."""
        painter = QPainter(self)
        if self._picture is None:
            return
        side = min(self.width(), self.height() - 3)
        place = paint_fitted(painter, self._picture.image, QRectF(0, 0, side, side))
        if self._share < 1:
            line = QRectF(place.left(), place.bottom() + 1, place.width() * self._share, 2)
            painter.fillRect(line, theme.color("accent"))

    def minimumSizeHint(self) -> QSize:
        """A small one."""
        return QSize(8 * theme.GRID, 8 * theme.GRID)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return QSize(16 * theme.GRID, 16 * theme.GRID)


class GrownColumn(QWidget):
    """The pane, what it shows in numbers, another start, and the options in a menu of their own."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.has_image = False
        self.pane = GrownPane(self)
        self.title = QLabel("An image grown for it", self)
        self.title.setFont(theme.font(theme.Type.CAPTION))
        self.title.setWordWrap(True)
        self.caption = QLabel(GROWING, self)
        self.caption.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        self.caption.setWordWrap(True)
        self.caption.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.again = self._button("Again", "Grow another image: begin with other noise (the next seed)")
        self.again.clicked.connect(self._on_again_clicked)
        self.options = self._button("Options …", "How the image is grown: steps, rate, jitter, decay, smoothing")
        self.form = self._make_form()
        self._lay_out()
        follow(session, self._on_look_changed, "look")

    def _button(self, text: str, help_text: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(help_text)
        button.setAccessibleDescription(help_text)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _make_form(self) -> OptionsForm:
        menu = QMenu(self.options)
        form = OptionsForm(self._session.request.look.growing, menu)
        form.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        form.setMinimumWidth(_FORM)
        form.edited.connect(lambda record: self._session.look_at(growing=record))
        action = QWidgetAction(menu)
        action.setDefaultWidget(form)
        menu.addAction(action)
        self.options.setMenu(menu)
        self.options.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return form

    def _lay_out(self) -> None:
        self._side = QWidget(self)
        rows = QVBoxLayout(self._side)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GRID // 4)
        rows.addWidget(self.title)
        rows.addWidget(self.caption)
        rows.addStretch(1)
        self._buttons = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._buttons.setSpacing(theme.GRID // 4)
        self._buttons.addWidget(self.again)
        self._buttons.addWidget(self.options)
        rows.addLayout(self._buttons)
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(theme.GRID)
        self._box.addWidget(self.pane, 1)
        self._box.addWidget(self._side)

    def arrange(self, height: int) -> None:
        """Makes the image as large as a height allows; what is said of it stands beside it, or below where it fits."""
        direction = QBoxLayout.Direction
        is_high = height >= _HIGH
        self._box.setDirection(direction.TopToBottom if is_high else direction.LeftToRight)
        self._buttons.setDirection(direction.LeftToRight if is_high else direction.TopToBottom)
        below = self.again.sizeHint().height() + 4 * self.title.fontMetrics().height() + 2 * theme.GRID
        width = min(height - below, _LARGEST) if is_high else height + theme.GRID + _COLUMN
        self._side.setFixedWidth(width if is_high else _COLUMN)
        self.setFixedWidth(width)

    def minimumSizeHint(self) -> QSize:
        """As if all stood in a row, so that it does not depend on the arrangement."""
        return QSize(_COLUMN + 9 * theme.GRID, 12 * theme.GRID)

    def show_grown(self, grown: Grown | None) -> None:
        """Shows an image with its numbers; None while there is none of the chosen unit."""
        self.pane.show_grown(grown)
        self.has_image = grown is not None
        self.caption.setText(GROWING if grown is None else say_grown(grown))
        self.caption.setToolTip(REACHES)

    def explain(self, text: str) -> None:
        """Says why there is no image."""
        self.caption.setText(text)
        self.caption.setToolTip(text)

    def _on_look_changed(self, request: Request) -> None:
        if self.form.record != request.look.growing:
            self.form.show_record(request.look.growing)

    def _on_again_clicked(self) -> None:
        options = self._session.request.look.growing
        seed = options.seed + 1
        try:
            self._session.look_at(growing=replace(options, seed=seed))
        except ValueError:  # the last seed there is
            self._session.look_at(growing=replace(options, seed=Growing().seed))
