"""The line under the panes: the numbers of one pixel, or the size of the whole perturbation."""

from __future__ import annotations

import math

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.catalogue.attacks import Norm
from engine.frame import Attacked, Floats
from engine.wording import say_epsilon, say_percent, say_size
from gui import theme


def say_pixel(pixel: QPoint, clean: Floats, adversarial: Floats | None) -> str:
    """The numbers of one pixel in 0..255: ``x 113, y 87 · clean 143 · δ +2.0 · x′ 145``."""
    x, y = pixel.x(), pixel.y()
    said = f"x {x}, y {y} · clean {_levels(clean[y, x])}"
    if adversarial is None:
        return said
    return f"{said} · δ {_differences(adversarial[y, x] - clean[y, x])} · x′ {_levels(adversarial[y, x])}"


def say_norms(attacked: Attacked, norm: Norm | None = None) -> str:
    """How large the perturbation is: ``‖δ‖∞ = 2.0/255 · ‖δ‖₂ = 1.43``.

    Args:
        attacked: what is measured; first comes how far anything was moved.
        norm: what ε is a size of; where it is neither of those two, its own size comes first.
    """
    said = [f"‖δ‖∞ = {say_size(attacked.linf, Norm.LINF)}", f"‖δ‖₂ = {say_epsilon(attacked.l2, Norm.L2)}"]
    if norm is Norm.L0:
        said.insert(0, f"{say_epsilon(attacked.l0, Norm.L0)} changed")
    elif norm is Norm.L1:
        said.insert(0, f"‖δ‖₁ = {say_epsilon(attacked.l1, Norm.L1)}")
    if not math.isnan(attacked.flow):
        said.insert(0, f"moved by up to {say_epsilon(attacked.flow, Norm.FLOW)}")
    return " · ".join(said)


def say_clipped(share: float, gain: int) -> str:
    """How much of the amplified perturbation is beyond its scale; nothing if all of it fits."""
    return f"clipped at ×{gain}: {say_percent(share)} of values" if share else ""


def _levels(values: Floats) -> str:
    return ", ".join(f"{255 * float(each):.0f}" for each in values)


def _differences(values: Floats) -> str:
    rounded = [round(255 * float(each), 1) for each in values]
    return ", ".join(f"{'+' if each > 0 else '−' if each < 0 else ''}{abs(each):.1f}" for each in rounded)


class Readout(QWidget):
    """One line with figures of one width; what does not fit is cut off on the right and told by the tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    @property
    def text(self) -> str:
        """What is said now."""
        return self._text

    def say(self, text: str) -> None:
        """Says something else."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.setToolTip(text)
            self.update()

    def sizeHint(self) -> QSize:
        """One line high."""
        return QSize(0, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the line."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setFont(theme.font(theme.Type.CAPTION, tabular=True))
        painter.setPen(theme.color("text"))
        text = painter.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter.value | Qt.AlignmentFlag.AlignLeft.value, text)
