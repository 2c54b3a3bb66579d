"""The panel of the picture: what was opened, what the network sees of it, and which of several is on the bench."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QStringListModel, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QListView, QToolButton, QWidget

from engine.frame import Frame, Photo
from engine.images import is_drawn
from engine.images.errors import grouped
from engine.request import Placement, Request
from gui import theme
from gui.bind import bind, follow
from gui.controls.elided import Elided
from gui.controls.section import Caption, Section
from gui.controls.segmented import Choice, Segmented
from gui.forms import turn_only_with_focus
from gui.icons import icon
from gui.panels.moves import MovesPanel
from gui.panels.pasted import title
from gui.panels.thumbnail import Thumbnail
from gui.session import Session

PLACEMENTS = (
    Choice(Placement.CROP, "Crop", "The network's own recipe: the middle of the picture; its margins are not seen."),
    Choice(Placement.FIT, "Fit", "The whole picture, with grey bars beside it."),
    Choice(Placement.STRETCH, "Stretch", "The whole picture, its sides scaled apart: shapes are distorted."),
)
_HINT = "Drop a picture anywhere in this window, paste one, or choose one from the gallery."


class ImagePanel(Section):
    """Shows the picture with the part that the network sees, and lets the user change both.

    What is dropped on it goes on to the window, which takes drops everywhere.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("Image", parent)
        self.session = session
        self.thumbnail = Thumbnail(_HINT, self)
        self.name = Elided(parent=self)
        self.switcher = Switcher(self)
        self.facts = Caption(parent=self)
        self.placement = Segmented("What the network sees of the picture", self)
        self.placement.offer(PLACEMENTS)
        self.moves = MovesPanel(session, self)
        for each in (self.thumbnail, self.name, self.switcher, self.facts, self.placement, self.moves):
            self.add(each)
        bind(session, "placement", self.placement, Segmented.show_value, self.placement.chosen)
        self._refused: int | None = None
        self.switcher.picked.connect(self._show)
        self.switcher.stepped.connect(self._step)
        session.images_changed.connect(self._on_images_changed)
        session.frame_changed.connect(self._on_frame_changed)
        session.failed.connect(self._on_failed)
        self._on_images_changed()
        follow(session, self._on_request_changed, "image")
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    def show_next(self) -> None:
        """The picture after this one, of those opened together; the last stays."""
        self._step(1)

    def show_previous(self) -> None:
        """The picture before this one, of those opened together; the first stays."""
        self._step(-1)

    def _step(self, by: int) -> None:
        images, place = self.session.images, self._place()
        if place is not None:
            self._show(min(max(place + by, 0), len(images) - 1))
        elif images:
            self._show(0)

    def _place(self) -> int | None:
        """Where one is among the pictures: also at one that could not be opened, so that it can be passed over."""
        images, image = self.session.images, self.session.request.image
        return self._refused if self._refused is not None else images.index(image) if image in images else None

    def _show(self, index: int) -> None:
        self._refused = None
        self.session.propose(image=self.session.images[index])
        self.session.settle()

    # What is shown

    def _on_images_changed(self) -> None:
        self.switcher.offer([title(each) for each in self.session.images])
        self._on_request_changed(self.session.request)

    def _on_request_changed(self, request: Request) -> None:
        self._refused = None
        self._show_name(request)
        self._say_facts()

    def _on_failed(self, frame: Frame) -> None:
        """A picture could not be opened: the one before stays on the bench, and the way on starts at the bad one."""
        images, image, shown = self.session.images, frame.request.image, self.session.frame
        has_moved_on = shown is None or shown.request.image != self.session.request.image
        if frame.failure is not None and frame.failure.field == "image" and image in images and not has_moved_on:
            self._refused = images.index(image)
            self._show_name(self.session.request)

    def _show_name(self, request: Request) -> None:
        images, place = self.session.images, self._place()
        is_listed = request.image in images and len(images) > 1
        self.switcher.setVisible(place is not None and len(images) > 1)
        self.name.setVisible(not is_listed)
        self.name.setText(title(request.image))
        self.name.setToolTip("Drawn on the pad (Ctrl+D)" if is_drawn(request.image) else request.image)
        if place is not None:
            self.switcher.show_index(images.index(request.image) if is_listed else -1, place, request.image)

    def _on_frame_changed(self, frame: Frame) -> None:
        if frame.photo is not None and frame.photo is not self.thumbnail.photo:
            self.thumbnail.show_photo(frame.photo)
            self._say_facts()

    def _say_facts(self) -> None:
        frame, request = self.session.frame, self.session.request
        is_shown = frame is not None and _is_same(frame.request.image, request.image)
        known = _facts(frame.photo) if frame is not None and frame.photo is not None and is_shown else ["opening…"]
        images = self.session.images
        if len(images) > 1 and request.image in images:
            known.insert(0, f"{grouped(images.index(request.image) + 1)} of {grouped(len(images))}")
        self.facts.setText(" · ".join(known))


def _is_same(one: str, other: str) -> bool:
    """Whether what is known of one picture holds for the other; every stroke of the pencil makes another drawing."""
    return one == other or (is_drawn(one) and is_drawn(other))


def _facts(photo: Photo) -> list[str]:
    height, width = photo.pixels.shape[:2]
    return [f"{width} × {height} pixels", *photo.notes]


class Switcher(QWidget):
    """Chooses one of several pictures: the one before, the one after, or any from a list of names."""

    picked = Signal(int)
    """The place in the list of the picture that the user chose."""
    stepped = Signal(int)
    """How many pictures on (or back, below 0) the user wants to go."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = QStringListModel(self)
        self.list = self._list()
        self.previous = self._button("previous", "The picture before", -1)
        self.next = self._button("next", "The picture after", 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GRID // 2)
        row.addWidget(self.previous)
        row.addWidget(self.list, 1)
        row.addWidget(self.next)

    def _list(self) -> QComboBox:
        made = QComboBox(self)
        view = QListView(made)
        view.setUniformItemSizes(True)  # a thousand names are measured by one
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        made.setView(view)
        made.setModel(self._names)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(8)
        made.setPlaceholderText("choose another")
        made.setAccessibleName("Pictures opened together")
        made.activated.connect(self.picked)
        turn_only_with_focus(made)
        return made

    def _button(self, name: str, help_: str, by: int) -> QToolButton:
        made = QToolButton(self)
        made.setIcon(icon(name))
        made.setAutoRaise(True)
        made.setToolTip(help_)
        made.setAccessibleName(help_)
        made.clicked.connect(lambda: self.stepped.emit(by))
        return made

    def offer(self, names: list[str]) -> None:
        """Replaces the list."""
        with QSignalBlocker(self.list):
            self._names.setStringList(names)

    def show_index(self, index: int, place: int, tip: str) -> None:
        """Shows which one is on the bench (-1: none of these), and which ways lead on, without telling of it."""
        with QSignalBlocker(self.list):
            self.list.setCurrentIndex(index)
        self.list.setToolTip(tip)
        self.previous.setEnabled(place > 0)
        self.next.setEnabled(place < self.list.count() - 1)
