"""The pad on which a digit or a garment is drawn, and what the network makes of it while the pencil moves."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from engine.catalogue.models import NetworkCard, all_networks, is_at_hand, known_network
from engine.frame import Frame
from engine.images import Drawing, is_drawn
from engine.images.drawn import FIELD, SIDE
from engine.images.errors import RefusedError
from engine.request import Request
from engine.wording import say_answer
from gui import theme
from gui.bind import follow
from gui.controls.section import Caption
from gui.forms import turn_only_with_focus
from gui.panels.canvas import BROADEST, FINEST, USUAL, Canvas, Seen
from gui.session import Session

_CENTRE_HELP = (
    "The drawing's box is scaled to 20 × 20 pixels and its centre of mass laid into the middle of 28 × 28, as was done "
    "with MNIST's digits. Without it, the network sees the pad as it is, only smaller: draw in a corner to see what a "
    "dense network loses. Garments are better drawn large, without it."
)
_NO_NETWORK = "No network for drawings is at hand: they see grey pictures of 28 × 28 pixels."
_NOTHING_SEEN = "Nothing drawn yet."


def is_for_drawings(card: NetworkCard) -> bool:
    """Whether a network sees what MNIST's do: one channel of 28 × 28 pixels."""
    return card.size == (FIELD, FIELD) and card.recipe.channels == 1


class DrawPanel(QWidget):
    """The pad, what is seen of it, the answer, and the pencil."""

    networkWanted = Signal(str)  # noqa: N815 - Qt's spelling of signals
    """The name of a network that was chosen for drawings."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown = ""
        self.canvas = Canvas(self)
        self.seen = Seen(self)
        self.answer = QLabel(_NOTHING_SEEN, self)
        self.answer.setWordWrap(True)
        self.pencil = self._pencil()
        self.width_said = Caption(parent=self)
        self.centre = QCheckBox("Centre like MNIST", self)
        self.centre.setChecked(True)
        self.centre.setToolTip(_CENTRE_HELP)
        self.centre.setAccessibleDescription(_CENTRE_HELP)
        self.clear = QPushButton("Clear", self)
        self.clear.setToolTip("Begin with an empty pad (Delete, on the pad)")
        self.advice = Caption(parent=self)
        self.networks = self._networks()
        self._place()
        self.setFocusProxy(self.canvas)
        self._connect()
        self._on_pencil_changed(USUAL)
        follow(session, self._on_image_changed, "image")
        follow(session, self._on_model_changed, "model")
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    # Parts

    def _pencil(self) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal, self)
        made.setRange(FINEST, BROADEST)
        made.setValue(USUAL)
        made.setAccessibleName("Width of the pencil")
        made.setToolTip("How wide the pencil is; the rubber is twice as wide.")
        turn_only_with_focus(made)
        return made

    def _networks(self) -> QComboBox:
        made = QComboBox(self)
        made.setAccessibleName("Networks for drawings")
        made.setPlaceholderText("choose one")
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(12)
        turn_only_with_focus(made)
        return made

    def _place(self) -> None:
        side = QVBoxLayout()
        side.setSpacing(theme.GRID // 2)
        for each in (self.answer, self.advice, self.networks, self.centre, self.width_said, self.pencil, self.clear):
            side.addWidget(each)
        side.addStretch(1)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        columns.setSpacing(2 * theme.GRID)
        for widget, said in ((self.canvas, "Draw"), (self.seen, "Seen by the network")):
            column = QVBoxLayout()
            column.setSpacing(theme.GRID // 2)
            heading = Caption(said, self)
            heading.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(heading)
            column.addWidget(widget, 1)
            columns.addLayout(column, 2)
        columns.addLayout(side, 3)

    def _connect(self) -> None:
        self.canvas.drawn.connect(self._on_canvas_drawn)
        self.canvas.letGo.connect(self._session.settle)
        self.canvas.clearWanted.connect(self._on_clear_clicked)
        self.clear.clicked.connect(self._on_clear_clicked)
        self.centre.clicked.connect(self._on_centre_clicked)
        self.pencil.valueChanged.connect(self._on_pencil_changed)
        self.networks.activated.connect(lambda place: self.networkWanted.emit(self.networks.itemData(place)))
        self._session.frame_changed.connect(self._on_frame_changed)

    # What is asked is shown

    def _on_image_changed(self, request: Request) -> None:
        """The pad shows the drawing that is on the bench, also after an undo; beside another picture it is empty."""
        if request.image == self._shown:
            return
        self._shown = request.image
        drawing = _read(request.image)
        self.canvas.show_ink(drawing.ink)
        if is_drawn(request.image):
            self.centre.setChecked(drawing.centred)
        else:
            self.seen.show_picture(None)
            self.answer.setText(_NOTHING_SEEN)

    def _on_model_changed(self, request: Request) -> None:
        card = known_network(request.model)
        fits = card is not None and is_for_drawings(card)
        known = (each for each in all_networks().values() if each.is_trained and is_for_drawings(each))
        offered = [each for each in known if is_at_hand(each)]
        self.advice.setVisible(not fits)
        self.networks.setVisible(not fits and bool(offered))
        self.advice.setText(_advice(card, bool(offered)))
        with QSignalBlocker(self.networks):
            self.networks.clear()
            for each in offered:
                self.networks.addItem(each.title, each.name)
            self.networks.setCurrentIndex(-1)

    def _on_frame_changed(self, frame: Frame) -> None:
        if not (is_drawn(frame.request.image) and is_drawn(self._session.request.image)):
            return
        self.seen.show_picture(frame.clean)
        if frame.before is not None and frame.network is not None:
            self.answer.setText(f"{frame.network.title} sees {say_answer(frame.before, frame.network.classes)}.")

    def showEvent(self, event: QShowEvent) -> None:
        """Networks may have come or gone."""
        super().showEvent(event)
        self._on_model_changed(self._session.request)

    # What is drawn is asked

    def _on_canvas_drawn(self) -> None:
        self._propose(Drawing(self.canvas.ink, self.centre.isChecked()))

    def _propose(self, drawing: Drawing) -> None:
        self._shown = drawing.image
        self._session.propose(image=self._shown)

    def _on_clear_clicked(self) -> None:
        """One choice, one step of undo; a pad that is empty already has nothing to clear."""
        if is_drawn(self._session.request.image):
            self._session.choose(image=Drawing(Drawing.blank().ink, self.centre.isChecked()).image)

    def _on_centre_clicked(self, centred: bool) -> None:
        if is_drawn(self._session.request.image):
            self._session.settle()
            self._propose(Drawing(self.canvas.ink, centred))
            self._session.settle()

    def _on_pencil_changed(self, width: int) -> None:
        self.canvas.set_pencil(width)
        self.width_said.setText(f"Pencil: {width * FIELD / SIDE:.1f} of the pad's {FIELD} pixels")


def _read(image: str) -> Drawing:
    """The drawing of that name; blank for another picture, and for a damaged text, of which the engine tells."""
    if not is_drawn(image):
        return Drawing.blank()
    try:
        return Drawing.read(image)
    except RefusedError:
        return Drawing.blank()


def _advice(card: NetworkCard | None, any_offered: bool) -> str:
    if not any_offered:
        return _NO_NETWORK
    if card is None:
        return "Drawings are for networks of small grey pictures:"
    return f"{card.title} has learnt from {card.data}. For drawings choose a network of small grey pictures:"
