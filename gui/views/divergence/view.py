"""How far the attacked run is from the clean one at every layer, live with ε, and where that jumps."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from engine.frame import Frame
from engine.inside import Architecture, Divergence
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.elided import Elided
from gui.session import Session
from gui.views.base import FrameView
from gui.views.divergence.axis import Axis, axis_for, say_distance, steadied
from gui.views.divergence.strip import DivergenceStrip

EMPTY = "How far the attack moves each layer appears here: open a picture, choose a network and an attack."
NOTHING_DIFFERS = "Nothing differs: the attacked picture is the clean one. Raise ε."
AXIS = "‖attacked − clean‖ / ‖clean‖ of each layer, per cent"
MEANING = (
    "Relative distance of a layer's output in the attacked run from that in the clean run:\n"
    "‖attacked − clean‖₂ / ‖clean‖₂, in per cent"
)

_SMALLEST_JUMP = 1.1
"""So many times all that was before."""
_ROUNDING = 2e-5
"""What two runs on one and the same picture may differ by: sums of float32 in another order."""
_RESTING_MS = 600
"""So long after the last frame the axis may shrink."""


class DivergenceView(FrameView):
    """The divergence strip: one bar a layer, a caption that names the jump, and a choice of axis."""

    needs = frozenset({Part.DIVERGENCE, Part.ARCHITECTURE})

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._divergence: Divergence | None = None
        self._architecture: Architecture | None = None
        self._axis: Axis | None = None
        self._places: dict[str, int] = {}
        self.hint = QLabel(EMPTY, self)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.caption = Elided("", self)
        self.caption.setToolTip(MEANING)
        self.axis_name = QLabel(AXIS, self)
        self.axis_name.setFont(theme.font(theme.Type.CAPTION))
        self.axis_name.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.axis_name.setToolTip(MEANING)
        self.logarithmic = QCheckBox("Logarithmic axis", self)
        self.logarithmic.setToolTip("Equal steps are equal factors: small distances in early layers can be seen")
        self.logarithmic.toggled.connect(self._on_logarithmic_toggled)
        self.strip = DivergenceStrip(self)
        self.strip.chosen.connect(self._on_strip_chosen)
        self.strip.hovered.connect(self._say)
        self.resting = QTimer(self, singleShot=True, interval=_RESTING_MS)
        self.resting.timeout.connect(self._on_resting_timeout)
        self._lay_out()
        follow(session, self._on_look_changed, "look")

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(theme.GRID, 2, theme.GRID, 0)
        head.setSpacing(2 * theme.GRID)
        head.addWidget(self.caption, 1)
        head.addWidget(self.axis_name)
        head.addWidget(self.logarithmic)
        self._page = QWidget(self)
        rows = QVBoxLayout(self._page)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addLayout(head)
        rows.addWidget(self.strip, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.hint)
        self._pages.addWidget(self._page)

    # What is drawn

    def draw(self, frame: Frame) -> None:
        """Shows the distances of a frame, or the last ones."""
        inside = frame.inside
        self._architecture = inside.architecture or self._architecture
        if inside.divergence is None:
            if self._divergence is None or (inside.notes and not self._is_of(inside.architecture)):
                self._divergence = None
                self.hint.setText(" ".join(inside.notes) or EMPTY)
                self._pages.setCurrentWidget(self.hint)
            return
        self._divergence = inside.divergence
        self._places = {name: place for place, name in enumerate(inside.divergence.layers)}
        self._axis = steadied(self._axis, self._fitting())
        self._show()
        self._pages.setCurrentWidget(self._page)
        self.resting.start()

    def _is_of(self, graph: Architecture | None) -> bool:
        """Whether the distances that are shown are those of a network."""
        shown = () if self._divergence is None else self._divergence.layers
        return graph is None or all(each in graph.index for each in shown)

    def _fitting(self) -> Axis:
        distances = np.zeros(0, np.float32) if self._divergence is None else self._divergence.distances
        return axis_for(distances, logarithmic=self.logarithmic.isChecked())

    def _show(self) -> None:
        found = self._divergence
        if found is not None and self._axis is not None:
            jump = jump_of(found)
            self.strip.show_bars(found.layers, found.distances, self._axis, None if jump is None else jump[0])
            self._show_selected()
            self._say()

    def _show_selected(self) -> None:
        frame, chosen = self.session.frame, self.session.request.look.layer
        layer = chosen if chosen in self._places or frame is None else frame.inside.layer
        self.strip.select(self._places.get(layer))

    def _on_look_changed(self, _request: Request) -> None:
        self._show_selected()
        self._say()

    def _on_resting_timeout(self) -> None:
        self._axis = self._fitting()
        self._show()

    def _on_logarithmic_toggled(self) -> None:
        self._axis = self._fitting()
        self._show()

    # What is said

    def _say(self, hovered: int = -1) -> None:
        """The caption: the layer under the pointer, or else the selected one and the jump."""
        found = self._divergence
        if found is None:
            return
        place = self.strip.selected if hovered < 0 else hovered
        parts = [] if place is None else [self._say_layer(found, place)]
        if hovered < 0:
            jump = say_jump(found)
            parts = [jump, *([] if jump == NOTHING_DIFFERS else parts), say_missing(found)]
        self.caption.setText("   ·   ".join(filter(None, parts)))

    def _say_layer(self, found: Divergence, place: int) -> str:
        name, distance = found.layers[place], float(found.distances[place])
        graph = self._architecture
        kind = f" ({graph.nodes[graph.index[name]].kind})" if graph is not None and name in graph.index else ""
        if not np.isfinite(distance):
            return f"{name}{kind}: the distance is not a number (hatched)"
        if distance <= _ROUNDING:
            return f"{name}{kind} does not differ"
        return f"{name}{kind} differs by {say_distance(distance)}"

    def _on_strip_chosen(self, place: int) -> None:
        if self._divergence is not None:
            self.session.look_at(layer=self._divergence.layers[place])


def jump_of(found: Divergence) -> tuple[int, float] | None:
    """Where the distance grows most over all before it, and how many times; ∞ where it was 0 until then.

    None where it grows by less than a tenth, which is no jump.
    """
    if found.jump is None:
        return None
    if not _is_moved(found):
        return None
    highest = float(np.nanmax(found.distances[: found.jump], initial=0.0))
    factor = float(found.distances[found.jump]) / highest if highest else math.inf
    return (found.jump, factor) if factor >= _SMALLEST_JUMP else None


def _is_moved(found: Divergence) -> bool:
    """Whether a layer differs by more than what is rounded off."""
    return bool((found.distances[np.isfinite(found.distances)] > _ROUNDING).any())


def say_missing(found: Divergence) -> str:
    """How many layers have no distance, because it is not a number."""
    count = int(np.count_nonzero(~np.isfinite(found.distances)))
    return f"hatched: {count} of {len(found.layers)} not a number" if count else ""


def say_jump(found: Divergence) -> str:
    """Where the distance grows most: ``▾ jumps ×3.4 at layer2.0.conv1``."""
    if np.isfinite(found.distances).any() and not _is_moved(found):
        return NOTHING_DIFFERS
    jump = jump_of(found)
    if jump is None:
        return ""
    place, factor = jump
    how = f"jumps ×{factor:.3g}" if math.isfinite(factor) else "begins"
    return f"▾ {how} at {found.layers[place]}"
