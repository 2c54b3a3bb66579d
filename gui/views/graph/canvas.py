"""The graph itself: zoomed with the wheel, dragged, walked along its links with the arrow keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from engine.inside import Architecture
from gui import theme
from gui.views.graph.boxes import all_groups, first_groups, groups_around
from gui.views.graph.camera import MARGIN, Camera
from gui.views.graph.ink import Ink
from gui.views.graph.layout import Point
from gui.views.graph.paint import Emphasis, header_of, paint_graph
from gui.views.graph.scene import Scene

_NOTCH: Final = 120
"""What a notch of the wheel counts, in eighths of a degree."""
_ZOOM: Final = 1.25
"""For a notch of the wheel, and for a key."""
_READABLE: Final = 0.9
"""From this scale on boxes can be read."""
_DRAG: Final = 4
"""Pixels that the pointer may move in a click."""
_SHAPE: Final = 1.2
"""A view that is taller than this, in widths, shows the flow from top to bottom."""

_NAME: Final = "Graph of the network"
_KEYS: Final = "Arrow keys follow the links, Enter opens a group, Backspace folds it, plus, minus and 0 zoom"
_NOTHING: Final = Architecture((), {}, 0)


class GraphCanvas(QWidget):
    """Draws a network; opens and folds its groups; says which layer was chosen."""

    chosen = Signal(str)
    """The name of a node."""
    laid_out = Signal()
    """Groups were opened or folded, or there is another network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(_NAME)
        self.setAccessibleDescription(_KEYS)
        self.camera = Camera()
        self.scene = Scene(_NOTHING)
        self._laid_out_for = (False, 0.0)
        self._ink: Ink | None = None
        self._layer = ""
        self._found: frozenset[str] | None = None
        self._emphasis = Emphasis()
        self._pressed: Point | None = None
        self._dragged_from: Point | None = None

    # What is shown

    @property
    def selected(self) -> int | None:
        """The box of the selected layer: itself, or the folded group it is in."""
        return self._emphasis.selected

    def show_architecture(self, architecture: Architecture) -> None:
        """Shows a network, as deep as it can be taken in at a glance, and all of it."""
        self._lay_out(architecture, first_groups(architecture))
        self.fit()

    def select(self, layer: str, *, reveal: bool) -> None:
        """Marks a layer; ``reveal`` opens the groups around it and moves it into view."""
        self._layer = layer
        opened = self.scene.boxes.open_groups
        if reveal and not (around := groups_around(self.scene.architecture, layer)) <= opened:
            self._open(opened | around, None)
        self._emphasise()
        if reveal:
            self._bring_into_view()

    def mark(self, layers: Iterable[str] | None) -> None:
        """Lets some layers, and the folded groups they are in, stand out; None for all alike."""
        self._found = None if layers is None else frozenset(layers)
        self._emphasise()

    def open_all(self) -> None:
        """Opens every group, at a size that can be read, with the selected layer in view."""
        self._open(all_groups(self.scene.architecture), None)
        self._bring_into_view()

    def fold_all(self) -> None:
        """Folds every group and shows the whole network."""
        self._lay_out(self.scene.architecture, ())
        self.fit()

    def toggle(self, path: str, *, opened: bool) -> None:
        """Opens or folds one group, which stays where it is on the screen."""
        groups = self.scene.boxes.open_groups
        inside = [place for place, each in enumerate(self.scene.boxes.boxes) if path in (each.path, *each.groups)]
        self._open(groups | {path} if opened else groups - {path}, inside[0] if inside else None)
        for frame, each in enumerate(self.scene.layout.frames):
            if each.path == path:
                self.camera.show(self.scene.frame_rects[frame].tolist())

    def fit(self) -> None:
        """Shows everything."""
        self.camera.fit()
        self.update()

    def zoom_by(self, factor: float, at: Point | None = None) -> None:
        """Comes nearer or goes away, towards a point of the widget; towards the selected box without one."""
        self.camera.zoom_by(factor, at or self._centre(self.selected))
        self.update()

    def _open(self, groups: Iterable[str], held: int | None) -> None:
        """Lays out anew, near enough to be read; a box that is held stays where it is on the screen."""
        held = self.selected if held is None else held
        first = None if held is None else self.scene.boxes.boxes[held].first
        at = (0.0, 0.0) if held is None else self.box_rect(held).topLeft().toTuple()
        self.camera.is_fitted = False
        self._lay_out(self.scene.architecture, groups)
        if first is not None:
            left, top = self.scene.layout.rects[self.scene.boxes.of_node[first], :2].tolist()
            self.camera.place((left, top), at)
        self.camera.come_near(_READABLE, at)
        self.update()

    def _lay_out(self, architecture: Architecture, groups: Iterable[str]) -> None:
        self._laid_out_for = (self._goes_down, self._room)
        self.scene = Scene(architecture, groups, down=self._goes_down, room=self._room)
        self._look()
        self._emphasise()
        self.laid_out.emit()

    @property
    def _goes_down(self) -> bool:
        return self.height() > _SHAPE * self.width()

    @property
    def _room(self) -> float:
        """Pixels across the flow."""
        return (self.width() if self._goes_down else self.height()) - 2 * MARGIN

    def _look(self) -> None:
        layout = self.scene.layout
        self.camera.look(layout.size, (float(self.width()), float(self.height())), down=layout.down)

    def _emphasise(self, hovered: int | None = None) -> None:
        selected = self.scene.box_of(self._layer)
        found = None if self._found is None else self.scene.boxes_of(self._found)
        self._emphasis = Emphasis(selected, hovered, found)
        said = _KEYS if selected is None else self.scene.describe(selected).replace("\n", ". ")
        if said != self.accessibleDescription():
            self.setAccessibleDescription(said)
        self.update()

    def _bring_into_view(self) -> None:
        if self.selected is not None:
            self.camera.show(self.scene.layout.rects[self.selected].tolist())
            self.update()

    def box_rect(self, box: int) -> QRectF:
        """Where a box is in the widget."""
        return QRectF(*self.camera.on_screen(self.scene.layout.rects[[box]])[0].tolist())

    def _centre(self, box: int | None) -> Point:
        middle = QRectF(self.rect()).center() if box is None else self.box_rect(box).center()
        return middle.x(), middle.y()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws what is in view, and a line around it while the keyboard speaks to it."""
        if self._ink is None:
            self._ink = Ink()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        paint_graph(painter, self._ink, self.scene, self.camera, self._emphasis)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def changeEvent(self, event: QEvent) -> None:
        """Takes new colours and fonts."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._ink = None
            self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps what was fitted fitted; turns the flow where the view has become tall, or wide again."""
        super().resizeEvent(event)
        if self._laid_out_for == (self._goes_down, self._room):
            self._look()
        else:
            self._lay_out(self.scene.architecture, self.scene.boxes.open_groups)

    def sizeHint(self) -> QSize:
        """Room for a row of boxes."""
        return QSize(600, 160)

    def minimumSizeHint(self) -> QSize:
        """A box high."""
        return QSize(160, 96)

    # The mouse

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms about the pointer; sideways, or with Shift, it pans."""
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turned.x()) > abs(turned.y()):
            self._pan((float(turned.x() or turned.y()), 0.0))
        else:
            self.zoom_by(_ZOOM ** (turned.y() / _NOTCH), event.position().toTuple())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a click or a drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._dragged_from = event.position().toTuple()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drags, or shows what is below the pointer."""
        at: Point = event.position().toTuple()
        if self._dragged_from is not None:
            if self._pressed is None or _distance(at, self._pressed) > _DRAG:
                self._pressed = None
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self._pan((at[0] - self._dragged_from[0], at[1] - self._dragged_from[1]))
                self._dragged_from = at
            return
        hovered = self.scene.box_at(self.camera.inside(at))
        can_click = hovered is not None or self._frame_named_at(at) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if can_click else Qt.CursorShape.ArrowCursor)
        if hovered != self._emphasis.hovered:
            self._emphasise(hovered)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag, or chooses what was clicked: a box, or the name of a group to fold it."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        clicked, self._pressed, self._dragged_from = self._pressed, None, None
        self.unsetCursor()
        if clicked is None:
            return
        box, frame = self.scene.box_at(self.camera.inside(clicked)), self._frame_named_at(clicked)
        if box is not None:
            self.choose(box)
        elif frame is not None:
            self.toggle(self.scene.layout.frames[frame].path, opened=False)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens a folded group."""
        box = self.scene.box_at(self.camera.inside(event.position().toTuple()))
        if box is not None and self.scene.boxes.boxes[box].is_folded:
            self.toggle(self.scene.boxes.boxes[box].path, opened=True)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is below the pointer any more."""
        super().leaveEvent(event)
        self._emphasise()

    def event(self, event: QEvent) -> bool:
        """Tells what is below the pointer, in full."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._tip(QPointF(event.pos()).toTuple()), self)
            return True
        return super().event(event)

    def _tip(self, at: Point) -> str:
        box = self.scene.box_at(self.camera.inside(at))
        if box is not None:
            folded = self.scene.boxes.boxes[box].is_folded
            return self.scene.describe(box) + ("\nDouble-click or Enter opens it" if folded else "")
        frame = self._frame_named_at(at)
        return "" if frame is None else f"{self.scene.headers(frame)[0]}\nClick to fold it"

    def _frame_named_at(self, at: Point) -> int | None:
        """The frame whose name is at a point of the widget."""
        frame = self.scene.frame_at(self.camera.inside(at))
        if frame is None:
            return None
        rect = QRectF(*self.camera.on_screen(self.scene.frame_rects[[frame]])[0].tolist())
        return frame if header_of(rect, self.camera, down=self.scene.layout.down).contains(QPointF(*at)) else None

    def _pan(self, by: Point) -> None:
        self.camera.pan(by)
        self.update()

    # The keyboard

    def choose(self, box: int) -> None:
        """Selects a box; the output of a folded group is that of its last layer."""
        layer = self.scene.output_of(box)
        self.select(layer, reveal=False)
        self._bring_into_view()
        self.chosen.emit(layer)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks along the links, opens and folds, zooms."""
        if self._walk(Qt.Key(event.key())) or self._open_or_fold(Qt.Key(event.key())):
            return
        if event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_ZOOM)
        elif event.key() == Qt.Key.Key_Minus:
            self.zoom_by(1 / _ZOOM)
        elif event.key() == Qt.Key.Key_0:
            self.fit()
        else:
            super().keyPressEvent(event)

    def _walk(self, key: Qt.Key) -> bool:
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End) and len(self.scene):
            self.choose(0 if key == Qt.Key.Key_Home else len(self.scene) - 1)
            return True
        along, across = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }.get(key, (0, 0))
        if not (along or across) or not len(self.scene):
            return False
        if self.scene.layout.down:
            along, across = across, along
        self.choose(0 if self.selected is None else self.scene.next_to(self.selected, along, across))
        return True

    def _open_or_fold(self, key: Qt.Key) -> bool:
        if self.selected is None:
            return False
        box = self.scene.boxes.boxes[self.selected]
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and box.is_folded:
            self.toggle(box.path, opened=True)
        elif key == Qt.Key.Key_Backspace and box.groups:
            self.toggle(box.groups[-1], opened=False)
        else:
            return False
        self._bring_into_view()
        return True


def _distance(one: Point, other: Point) -> float:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])
