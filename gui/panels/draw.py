"""The pad on which a digit or a garment is drawn, and what the network makes of it while the pencil moves."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from engine.catalogue.drawings import form_for, is_for_drawings
from engine.catalogue.models import NetworkCard, all_networks, is_at_hand, known_network
from engine.frame import Frame
from engine.images import Drawing, Form, is_drawn
from engine.images.drawn import FIELD, SIDE
from engine.images.errors import RefusedError
from engine.request import Request
from engine.wording import say_answer
from gui import theme
from gui.bind import follow
from gui.controls.section import Caption
from gui.forms import turn_only_with_focus
from gui.panels.canvas import BROADEST, FINEST, USUAL, Canvas
from gui.panels.seen import Seen
from gui.session import Session

_FRAMES = {Form.DIGIT: "Centre like MNIST's digits", Form.GARMENT: "Scale like Fashion-MNIST's garments"}
_WITHOUT = "Without it, the network sees the pad as it is, only smaller: draw "
_FRAME_HELP = {
    Form.DIGIT: "The drawing's box is scaled to 20 × 20 pixels and its centre of mass laid into the middle of 28 × 28 "
    f"as was done with MNIST's digits. {_WITHOUT}in a corner to see what a dense network loses.",
    Form.GARMENT: "The drawing's box is scaled until it reaches from edge to edge of 28 × 28 pixels, as garments do in "
    f"Fashion-MNIST. {_WITHOUT}small, to see how much that matters.",
}
_FILL_HELP = "Garments are areas, not outlines: lays ink wherever lines go all around."
_NO_NETWORK = "No network for drawings is at hand: they see grey pictures of 28 × 28 pixels."
_NOTHING_SEEN = {
    Form.DIGIT: "Nothing drawn yet.",
    Form.GARMENT: "Nothing drawn yet. Garments are areas: draw around one, and fill it in.",
}


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
        self.answer = QLabel(self)
        self.answer.setWordWrap(True)
        self.advice = Caption(parent=self)
        self.networks = self._networks()
        self.framed = QCheckBox(self)
        self.framed.setChecked(True)
        self.width_said = Caption(parent=self)
        self.pencil = self._pencil()
        self.clear = self._button("Clear", "Begin with an empty pad (Delete, on the pad)")
        self.fill = self._button("Fill in", _FILL_HELP)
        self._place()
        self.setFocusProxy(self.canvas)
        self._connect()
        self._on_pencil_changed(USUAL)
        follow(session, self._on_image_changed, "image")
        follow(session, self._on_model_changed, "model")
        if session.frame is not None:
            self._on_frame_changed(session.frame)

    # Parts

    def _button(self, text: str, help_: str) -> QPushButton:
        made = QPushButton(text, self)
        made.setToolTip(help_)
        made.setAccessibleDescription(help_)
        return made

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
        for each in (self.answer, self.advice, self.networks, self.framed, self.width_said, self.pencil):
            side.addWidget(each)
        buttons = QHBoxLayout()
        buttons.addWidget(self.clear)
        buttons.addWidget(self.fill)
        buttons.addStretch(1)
        side.addLayout(buttons)
        side.addStretch(1)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        columns.setSpacing(2 * theme.GRID)
        for widget, said in ((self.canvas, "Pad"), (self.seen, "Seen by the network")):
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
        self.fill.clicked.connect(self._on_fill_clicked)
        self.framed.clicked.connect(self._on_framed_clicked)
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
        self._show_form(drawing.form)
        if is_drawn(request.image):
            self.framed.setChecked(drawing.form is not Form.WHOLE)
        else:
            self._show_nothing()

    def _on_model_changed(self, request: Request) -> None:
        card = known_network(request.model)
        fits = card is not None and is_for_drawings(card)
        known = (each for each in all_networks().values() if each.is_trained and is_for_drawings(each))
        offered = [each for each in known if is_at_hand(each)]
        self._show_form(_read(request.image).form)
        if not is_drawn(request.image):
            self._show_nothing()
        self.advice.setVisible(not fits)
        self.networks.setVisible(not fits and bool(offered))
        self.advice.setText(_advice(card, bool(offered)))
        with QSignalBlocker(self.networks):
            self.networks.clear()
            for each in offered:
                self.networks.addItem(each.title, each.name)
            self.networks.setCurrentIndex(-1)

    def _show_form(self, drawn: Form) -> None:
        """Names the form of the drawing; that which suits the network, where the drawing has none."""
        shown = self._suiting if drawn is Form.WHOLE else drawn
        self.framed.setText(_FRAMES[shown])
        self.framed.setToolTip(_FRAME_HELP[shown])
        self.framed.setAccessibleDescription(_FRAME_HELP[shown])
        self.fill.setVisible(self._suiting is Form.GARMENT)

    def _show_nothing(self) -> None:
        self.seen.show_picture(None)
        self.answer.setText(_NOTHING_SEEN[self._suiting])

    def _on_frame_changed(self, frame: Frame) -> None:
        if not (is_drawn(frame.request.image) and is_drawn(self._session.request.image)):
            return
        self.seen.show_picture(frame.clean, has_middle=self._suiting is Form.DIGIT)
        if frame.before is not None and frame.network is not None:
            empty = "" if frame.clean is None or frame.clean.any() else " in an empty pad"
            answer = say_answer(frame.before, frame.network.classes)
            self.answer.setText(f"{frame.network.title} sees {answer}{empty}.")

    def showEvent(self, event: QShowEvent) -> None:
        """Networks may have come or gone."""
        super().showEvent(event)
        self._on_model_changed(self._session.request)

    # What is drawn is asked

    @property
    def _suiting(self) -> Form:
        """The form that suits the network on the bench."""
        card = known_network(self._session.request.model)
        return Form.DIGIT if card is None else form_for(card)

    @property
    def _drawing(self) -> Drawing:
        """What is on the pad, as it is to be seen."""
        return Drawing(self.canvas.ink, self._suiting if self.framed.isChecked() else Form.WHOLE)

    def _on_canvas_drawn(self) -> None:
        self._propose(self._drawing)

    def _propose(self, drawing: Drawing) -> None:
        self._shown = drawing.image
        self._show_form(drawing.form)
        self._session.propose(image=self._shown)

    def _choose(self, drawing: Drawing) -> None:
        """One choice, one step of undo; beside another picture there is nothing on the pad to change."""
        if is_drawn(self._session.request.image):
            self._session.choose(image=drawing.image)

    def _on_clear_clicked(self) -> None:
        self._choose(Drawing.blank().laid(self._drawing.form))

    def _on_fill_clicked(self) -> None:
        self._choose(self._drawing.filled)

    def _on_framed_clicked(self) -> None:
        self._choose(self._drawing)

    def _on_pencil_changed(self, width: int) -> None:
        self.canvas.set_pencil(width)
        self.width_said.setText(f"Pencil: {width * FIELD / SIDE:.1f} of the pad's {FIELD} pixels")


def _read(image: str) -> Drawing:
    """The drawing of that name; blank and as it is for another picture, and for a damaged text."""
    try:
        return Drawing.read(image)
    except RefusedError:  # the engine tells of it
        return Drawing.blank().laid(Form.WHOLE)


def _advice(card: NetworkCard | None, any_offered: bool) -> str:
    if not any_offered:
        return _NO_NETWORK
    if card is None:
        return "Drawings are for networks of small grey pictures:"
    return f"{card.title} has learnt from {card.data}. For drawings choose a network of small grey pictures:"
