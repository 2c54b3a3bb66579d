"""The unit view: the curve, the patches and the grown image, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.inside import Inside, UnitCurve
from engine.look import MOST_IMAGES, Part
from engine.request import Request
from gui import theme
from gui.controls.elided import Elided
from gui.session import Session
from gui.views.base import FrameView
from gui.views.layer_bar import LayerBar
from gui.views.unit.grown import GrownColumn
from gui.views.unit.patches import PatchShelf
from gui.views.unit.words import COMPUTING, EMPTY, SEARCHING, say_searched, say_unit

if TYPE_CHECKING:
    from gui.views.unit.plot import Level, UnitPlot

_FOLLOWING_MS = 33


class UnitView(FrameView):
    """The unit curve, the strongest patches and the grown image, side by side."""

    needs = frozenset({Part.UNIT_CURVE, Part.PATCHES, Part.GROWN, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._plot: UnitPlot | None = None
        self._at: tuple[str, str, int | None] = ("", "", None)
        """The network, the layer and the unit that are shown."""
        self._curve: UnitCurve | None = None
        self._norm = session.request.norm
        self.bar = LayerBar(session, self, side=False, unit=True)
        self.hint = _muted(EMPTY, self)
        self.waiting = _muted(COMPUTING, self)
        self.searched = Elided(SEARCHING, self)
        self.searched.setFont(theme.font(theme.Type.CAPTION))
        self.shelf = PatchShelf(self)
        self.shelf.chosen.connect(self._on_shelf_chosen)
        self.grown = GrownColumn(session, self)
        self._lay_out()
        self._following = QTimer(self, singleShot=True, interval=_FOLLOWING_MS)
        self._following.timeout.connect(self._show_epsilon)
        session.request_changed.connect(self._on_request_changed)
        session.images_changed.connect(self._offer_images)

    def _lay_out(self) -> None:
        self._left = QStackedLayout()
        self._left.addWidget(self.waiting)
        middle = QVBoxLayout()
        middle.setSpacing(theme.GRID // 2)
        middle.addWidget(self.searched)
        middle.addWidget(self.shelf, 1)
        self._page = QWidget(self)
        columns = QHBoxLayout(self._page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(2 * theme.GRID)
        columns.addLayout(self._left, 5)
        columns.addLayout(middle, 3)
        columns.addWidget(self.grown)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self._page)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.GRID, theme.GRID // 2, theme.GRID, theme.GRID // 2)
        rows.setSpacing(theme.GRID // 2)
        rows.addWidget(self.bar)
        rows.addLayout(self._pages, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the grown image all the height that there is."""
        super().resizeEvent(event)
        used = self.bar.sizeHint().height() + 3 * (theme.GRID // 2)  # the margins, and what parts the two
        self.grown.arrange(self.height() - used)

    @property
    def plot(self) -> UnitPlot:
        """The plot, made when it is first needed: pyqtgraph takes its time to import."""
        if self._plot is None:
            from gui.views.unit.plot import UnitPlot

            self._plot = UnitPlot(self)
            self._plot.pointed.connect(self._on_plot_pointed)
            self._plot.released.connect(self.session.settle)
            self._left.addWidget(self._plot)
        return self._plot

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows what a frame has of the selected unit, and keeps the last of it where a frame has nothing new."""
        inside = frame.inside
        if inside.unit is None:
            if self._at[1] and not inside.layer:
                return  # the first frames of a request know nothing yet
            self.hint.setText(self._why_empty(inside))
            self._pages.setCurrentWidget(self.hint)
            return
        at = (frame.request.model, inside.layer, inside.unit)
        if self._at != at:
            self._at = at
            self._begin_anew()
        self._show_curve(frame)
        if inside.patches is not None:
            self.shelf.show_patches(inside.patches.patches)
            self.searched.setText(say_searched(inside.patches))
            self.searched.setToolTip(", ".join(inside.patches.skipped))
        if inside.grown is not None:
            self.grown.show_grown(inside.grown)
        elif frame.final and inside.notes and not self.grown.has_image:
            self.grown.explain(" ".join(inside.notes))
        self._pages.setCurrentWidget(self._page)

    def _why_empty(self, inside: Inside) -> str:
        if inside.layer:
            return f"The output of {inside.layer} has no units that could be shown: choose another layer."
        return " ".join(inside.notes) or EMPTY

    def _begin_anew(self) -> None:
        """Another unit: what was shown of the last one is not true of it."""
        self._curve = None
        self.shelf.show_patches(())
        self.searched.setText(SEARCHING)
        self.grown.show_grown(None)

    def _show_curve(self, frame: Frame) -> None:
        found = frame.inside.unit_curve
        if found is not None and len(found.epsilons) > 1:  # one point alone tells of no range
            self._curve, self._norm = found, frame.request.norm
        if self._curve is None:
            self.waiting.setText(" ".join(frame.inside.notes) or COMPUTING)
            self._left.setCurrentWidget(self.waiting)
            return
        self.plot.show_curve(self._curve, self._norm, _levels(frame), _name(frame, self._curve))
        self._show_epsilon()
        self._left.setCurrentWidget(self.plot)

    def _show_epsilon(self) -> None:
        if self._plot is not None:
            self._plot.show_epsilon(self.session.request.epsilon, self.session.request.norm)

    # What is asked

    def showEvent(self, event: QShowEvent) -> None:
        """Lets the open pictures be searched."""
        super().showEvent(event)
        self._offer_images()

    def hideEvent(self, event: QHideEvent) -> None:
        """Follows the cursor no longer."""
        super().hideEvent(event)
        self._following.stop()

    def _offer_images(self) -> None:
        if self.isVisible():
            self.session.look_at(gallery=self.session.images[:MOST_IMAGES])

    def _on_request_changed(self, _request: Request) -> None:
        if self.isVisible() and not self._following.isActive():
            self._following.start()

    def _on_plot_pointed(self, epsilon: float) -> None:
        if self._curve is not None and self.session.request.norm is self.plot.norm:
            self.session.propose(epsilon=min(max(epsilon, 0.0), float(self._curve.epsilons[-1])))

    def _on_shelf_chosen(self, image: str) -> None:
        self.session.propose(image=image)
        self.session.settle()


def _levels(frame: Frame) -> list[Level]:
    """The class that is seen in the clean picture and, if it is another one, that of the attacked picture."""
    from gui.views.unit.plot import Level

    if frame.network is None or frame.before is None:
        return []
    names = frame.network.classes
    clean = frame.before.label
    levels = [Level(theme.CLEAN, clean, names[clean])]
    after = clean if frame.attacked is None else frame.attacked.prediction.label
    return levels if after == clean else [*levels, Level(theme.ADVERSARIAL, after, names[after])]


def _name(frame: Frame, curve: UnitCurve) -> str:
    """What a unit is called; one of the last layer has the name of its class."""
    graph, network = frame.inside.architecture, frame.network
    node = None if graph is None or curve.layer not in graph.index else graph.nodes[graph.index[curve.layer]]
    is_last = graph is not None and node is graph.nodes[-1] and network is not None
    return say_unit(node, curve.unit, network.classes if is_last and network is not None else ())


def _muted(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    label.setWordWrap(True)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
    return label
