"""The checks, one below the other: lamp, what was checked, its numbers, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from engine.inside import MaskingCheck
from gui import theme
from gui.controls.section import Caption
from gui.views.masking.lamp import WORDS, LampLight

WAITING = "to be checked"


@dataclass(frozen=True)
class CheckRow:
    """The widgets of one check."""

    light: LampLight
    word: QLabel
    title: QLabel
    value: QLabel
    reason: Caption


class CheckRows(QWidget):
    """A row a check."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[CheckRow] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, theme.GRID, 0)
        self._grid.setHorizontalSpacing(theme.GRID)
        self._grid.setVerticalSpacing(theme.GRID // 2)
        self._grid.setColumnStretch(3, 2)
        self._grid.setColumnStretch(4, 3)

    def show_checks(self, checks: tuple[MaskingCheck, ...]) -> None:
        """Shows what is known of every check."""
        while len(self.rows) < len(checks):
            self.rows.append(self._new_row())
        for row, check in zip(self.rows, checks, strict=False):
            row.light.show_lamp(check.lamp)
            row.word.setText(WORDS[check.lamp] if check.lamp is not None else "")
            row.title.setText(check.title)
            row.title.setToolTip(f"{check.title}: {check.paper}")
            row.value.setText(check.value or WAITING)
            row.value.setEnabled(bool(check.value))
            row.reason.setText(check.reason)

    def recolour(self) -> None:
        """Takes type from the theme."""
        for row in self.rows:
            _dress(row)

    def _new_row(self) -> CheckRow:
        row = CheckRow(LampLight(self), QLabel(self), QLabel(self), QLabel(self), Caption(parent=self))
        _dress(row)
        place = len(self.rows)
        for column, each in enumerate((row.light, row.word, row.title, row.value, row.reason)):
            self._grid.addWidget(each, place, column, Qt.AlignmentFlag.AlignTop)
        row.value.setWordWrap(True)
        row.value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row.reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._grid.setRowStretch(place, 0)
        self._grid.setRowStretch(place + 1, 1)
        return row


def _dress(row: CheckRow) -> None:
    row.word.setFont(theme.font(theme.Type.CAPTION, bold=True))
    row.title.setFont(theme.font(theme.Type.CAPTION))
    row.value.setFont(theme.font(theme.Type.CAPTION, tabular=True))
