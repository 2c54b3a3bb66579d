"""The equation row as a file: the pictures, what they are called, and what the network says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from engine.catalogue.attacks import Norm
from engine.frame import Attacked, Floats, Frame, NetworkInfo, Prediction, Verdict
from engine.images import SaveError, save_png, save_text
from engine.wording import say_percent, say_verdict, sentence
from gui import theme
from gui.views.pane_caption import colour_bar, paint_caption, say_scale
from gui.views.pane_pictures import DeltaMode, Picture, clipped_share, perturbation, picture_of
from gui.views.pane_readout import say_norms
from gui.views.pane_row import HEADINGS, OPERATOR, OPERATORS, OUTLINES, arrange
from gui.views.panes import FRAME

RATIO: Final = 2
"""Pixels of a PNG for each unit of the drawing; a unit is a pixel of a plain screen."""

_PANE: Final = 40 * theme.GRID
_MARGIN: Final = 3 * theme.GRID
_HEAD: Final = 8 * theme.GRID
_VERDICT: Final = 18 * theme.GRID
_HEADING: Final = 4 * theme.GRID
_LINE: Final = 5 * theme.GRID // 2
_LINES: Final = 3
"""Under a picture: its scale, and the two most probable classes."""
_SIZES: Final = {theme.Type.CAPTION: 12, theme.Type.BODY: 14, theme.Type.TITLE: 18}
_CENTRE: Final = Qt.AlignmentFlag.AlignCenter
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, eq=False)
class _Column:
    """One picture and all that stands over and under it."""

    picture: Picture
    heading: str
    scale: str
    said: tuple[str, ...]
    colour: str | None = None
    outline: str | None = None
    bar: QImage | None = None


@dataclass(frozen=True, eq=False)
class _Row:
    """The whole drawing."""

    sentence: str
    verdict: Verdict
    columns: tuple[_Column, _Column, _Column]


def save_equation(frame: Frame, path: str | Path, mode: DeltaMode, gain: int) -> None:
    """Saves the row on white, as SVG or as PNG of twice the size, whichever the name ends in.

    The older file stays until the new one is whole.

    Args:
        frame: one that knows the perturbed picture and what the network makes of it.
        path: of the file; ends in ``.png`` or ``.svg``.
        mode: how the perturbation is made visible.
        gain: how much it is amplified.

    Raises:
        SaveError: it cannot be written, or there is nothing to write; nothing was changed.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in {".png", ".svg"}:
        raise _refusal(path, "the row is written as PNG or SVG only", "End the name with .png or .svg.")
    row = _row_of(frame, mode, gain)
    if row is None:
        raise _refusal(path, "the attack has not ended", "Wait until it has, then save again.")
    if kind == ".svg":
        save_text(_as_svg(row), path)
    else:
        save_png(_as_pixels(row), path)


def _refusal(path: Path, why: str, remedy: str) -> SaveError:
    return SaveError(f"“{path.name}” cannot be saved", why, remedy)


# What is drawn


def _sizes(attacked: Attacked, norm: Norm) -> tuple[str, ...]:
    """How large the perturbation is; three sizes take two lines."""
    *own, linf, l2 = say_norms(attacked, norm).split(" · ")
    return *own, f"{linf} · {l2}"


def _row_of(frame: Frame, mode: DeltaMode, gain: int) -> _Row | None:
    clean, attacked, before, network = frame.clean, frame.attacked, frame.before, frame.network
    if clean is None or attacked is None or before is None or network is None:
        return None
    delta = perturbation(attacked.image - clean, mode, gain)
    scale = say_scale(gain, clipped_share(delta.values, gain))
    size = f"{clean.shape[1]} × {clean.shape[0]}"
    after = _top_two(attacked.prediction, network)
    outline = OUTLINES[attacked.verdict]
    columns = (
        _Column(picture_of(clean), HEADINGS[0], size, _top_two(before, network), theme.CLEAN),
        _Column(delta, f"{HEADINGS[1]}  ×{gain}", scale, _sizes(attacked, frame.request.norm), bar=colour_bar(mode)),
        _Column(picture_of(attacked.image), HEADINGS[2], size, after, theme.ADVERSARIAL, outline),
    )
    return _Row(sentence(frame).replace("*", ""), attacked.verdict, columns)


def _top_two(prediction: Prediction, network: NetworkInfo) -> tuple[str, ...]:
    top = prediction.top(2)
    return tuple(f"{network.classes[each]} {say_percent(prediction.probabilities[each])}" for each in top)


# On what it is drawn


def _as_pixels(row: _Row) -> Floats:
    """(H, W, 3) in [0, 1], every value a level of 8 bits."""
    image = QImage(_size(row) * RATIO, QImage.Format.Format_RGB888)
    image.setDevicePixelRatio(RATIO)
    painter = QPainter(image)
    _paint(painter, row)
    painter.end()
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    levels = lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)
    return levels.astype(np.float32) / np.float32(255)


def _as_svg(row: _Row) -> str:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setResolution(96)
    generator.setSize(_size(row))
    generator.setViewBox(QRect(QPoint(0, 0), _size(row)))
    generator.setTitle(" ".join((HEADINGS[0], OPERATORS[0], HEADINGS[1], OPERATORS[1], HEADINGS[2])))
    generator.setDescription(row.sentence)
    painter = QPainter(generator)
    _paint(painter, row)
    painter.end()
    return bytes(buffer.data().data()).decode()


# How it is drawn


def _space(row: _Row) -> tuple[QSize, QSize]:
    """The size of a picture, and of the row with what stands over and under the pictures."""
    height, width = row.columns[0].picture.packed.shape
    pane = QSize(width, height).scaled(_PANE, _PANE, Qt.AspectRatioMode.KeepAspectRatio)
    across = 3 * (_PANE + 2 * FRAME) + 2 * OPERATOR
    return pane, QSize(across, _HEADING + pane.height() + 2 * FRAME + _LINES * _LINE)


def _size(row: _Row) -> QSize:
    _, space = _space(row)
    return QSize(space.width() + 2 * _MARGIN, _HEAD + space.height() + 2 * _MARGIN)


def _paint(painter: QPainter, row: _Row) -> None:
    pane, space = _space(row)
    painter.fillRect(QRect(QPoint(0, 0), _size(row)), Qt.GlobalColor.white)
    painter.translate(_MARGIN, _MARGIN)
    words = QRect(0, 0, space.width() - _VERDICT, _HEAD - theme.GRID)
    _write(painter, row.sentence, words, theme.Type.TITLE, _LEFT)
    pill = QRect(words.width(), 0, _VERDICT, words.height())
    _write(painter, say_verdict(row.verdict), pill, theme.Type.TITLE, _RIGHT, OUTLINES[row.verdict])
    painter.translate(0, _HEAD)
    places = arrange(space, pane, _HEADING, _LINES * _LINE)
    for column, *boxes in zip(row.columns, places.headings, places.panes, places.captions, strict=True):
        _paint_column(painter, column, *boxes)
    for operator, box in zip(OPERATORS, places.operators, strict=True):
        _write(painter, operator, box, theme.Type.TITLE, _CENTRE)


def _paint_column(painter: QPainter, column: _Column, heading: QRect, pane: QRect, caption: QRect) -> None:
    _write(painter, column.heading, heading, theme.Type.TITLE, _CENTRE, column.colour)
    if column.outline is not None:
        painter.fillRect(pane.adjusted(FRAME // 2, FRAME // 2, -FRAME // 2, -FRAME // 2), QColor(column.outline))
    picture = pane.adjusted(FRAME, FRAME, -FRAME, -FRAME)
    reduced = picture.width() * painter.device().devicePixelRatioF() < column.picture.image.width()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, reduced)
    painter.drawImage(picture, column.picture.image)
    lines = [QRect(caption.left(), caption.top() + each * _LINE, caption.width(), _LINE) for each in range(_LINES)]
    _choose(painter, theme.Type.CAPTION)
    paint_caption(painter, lines[0], column.scale, column.bar)
    for text, line in zip(column.said, lines[1:], strict=False):
        _write(painter, text, line, theme.Type.BODY, _CENTRE)


def _write(
    painter: QPainter,
    text: str,
    box: QRect,
    kind: theme.Type,
    where: Qt.AlignmentFlag,
    colour: str | None = None,
) -> None:
    _choose(painter, kind, colour)
    painter.drawText(box, where.value | Qt.TextFlag.TextWordWrap.value, text)


def _choose(painter: QPainter, kind: theme.Type, colour: str | None = None) -> None:
    """Takes a font of a fixed size in units of the drawing, so that words fill the same room on every device."""
    font = theme.font(kind, tabular=True)
    font.setPixelSize(_SIZES[kind])
    painter.setFont(font)
    painter.setPen(QColor(Qt.GlobalColor.black if colour is None else colour))
