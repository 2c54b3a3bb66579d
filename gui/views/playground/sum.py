"""One line that says as much of a sum as there is room for."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QFontMetrics, QPalette, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from gui import theme


class SumLine(QLabel):
    """Shortens a sum by writing fewer of its terms, never its result; the tool tip has all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._write: Callable[[int | None], str] = lambda _: ""
        self._count = 0
        self.setFont(theme.font(theme.Type.BODY, tabular=True))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_sum(self, write: Callable[[int | None], str], count: int) -> None:
        """Shows a sum.

        Args:
            write: gives the text with so many terms, or with all.
            count: how many there are.
        """
        self._write, self._count = write, count
        self.setForegroundRole(QPalette.ColorRole.WindowText)
        self.setToolTip(write(None))
        self.setAccessibleName(write(None))
        self._fit()

    def show_text(self, text: str, *, is_error: bool = False) -> None:
        """Shows a sentence in its place."""
        self.show_sum(lambda _: text, 0)
        self.setForegroundRole(QPalette.ColorRole.BrightText if is_error else QPalette.ColorRole.WindowText)

    def _fit(self) -> None:
        """All of it, or else as many terms as there is room for, found by halving."""
        text, fitting, most = self._write(None), 1, self._count
        if not self._fits(text) and most > 1:
            while most - fitting > 1:
                half = (fitting + most) // 2
                fitting, most = (half, most) if self._fits(self._write(half)) else (fitting, half)
            text = self._write(fitting)
        self.setText(text)

    def _fits(self, text: str) -> bool:
        return QFontMetrics(self.font()).horizontalAdvance(text) <= self.width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Writes more or fewer terms."""
        super().resizeEvent(event)
        self._fit()
