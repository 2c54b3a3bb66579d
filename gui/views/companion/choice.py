"""Which second picture is looked at, and by how much it is moved."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from engine.catalogue.samples import find_sample
from engine.catalogue.suiting import samples_for
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.session import Session

THIS_ONE: Final = "This picture"

_COMBO_WIDTH: Final = 20 * theme.GRID
_FARTHEST: Final = 512
"""In pixels of the network's input."""


class CompanionChoice(QWidget):
    """A list of pictures (the first itself, the open ones, samples that suit the network) and boxes for the shift."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.pictures = QComboBox(self)
        self.pictures.setFixedWidth(_COMBO_WIDTH)
        self.pictures.setAccessibleName("Second picture")
        self.pictures.setToolTip("The second picture: this one again (to be moved), an open one, or a sample")
        self.pictures.activated.connect(self._on_picture_activated)
        self.right = self._shift("→ ", "Moved to the right, in pixels of the network's input; negative: to the left")
        self.down = self._shift("↓ ", "Moved down, in pixels of the network's input; negative: up")
        beside = QLabel("beside", self)
        beside.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        beside.setBuddy(self.pictures)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID)
        for each in (beside, self.pictures, self.right, self.down):
            row.addWidget(each)
        session.images_changed.connect(self._offer)
        follow(session, self._on_look_changed, "look", "image", "model")

    def _shift(self, prefix: str, help_text: str) -> QSpinBox:
        box = QSpinBox(self)
        box.setRange(-_FARTHEST, _FARTHEST)
        box.setPrefix(prefix)
        box.setSuffix(" px")
        box.setKeyboardTracking(False)
        box.setAccessibleName(help_text.partition(",")[0])
        box.setToolTip(f"{help_text}. The border is repeated where nothing comes in.")
        box.valueChanged.connect(self._on_shift_changed)
        return box

    def _offer(self) -> None:
        """Fills the list anew; a picture that was chosen and is not at hand any more stays in it."""
        chosen, shown = self._session.request.look.companion, self._session.request.image
        samples = (each.image for each in samples_for(self._session.request.model))
        pictures = dict.fromkeys((*self._session.images, *samples, *([chosen] if chosen else [])))
        pictures.pop(shown, None)
        with QSignalBlocker(self.pictures):
            self.pictures.clear()
            self.pictures.addItem(THIS_ONE, "")
            for image in pictures:
                self.pictures.addItem(_title(image), image)
            self.pictures.setCurrentIndex(self.pictures.findData(chosen))

    def _on_look_changed(self, request: Request) -> None:
        self._offer()
        for box, value in zip((self.right, self.down), request.look.shift, strict=True):
            with QSignalBlocker(box):
                box.setValue(value)

    def _on_picture_activated(self) -> None:
        self._session.look_at(companion=self.pictures.currentData())

    def _on_shift_changed(self) -> None:
        self._session.look_at(shift=(self.right.value(), self.down.value()))


def _title(image: str) -> str:
    sample = find_sample(image)
    return Path(image).name if sample is None else sample.title
