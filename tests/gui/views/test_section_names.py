"""Names of a network's parts below an axis: where they are written, and where they are left out."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from gui.views.section_names import paint_section_names


class Pen(QPainter):
    """Remembers what is written, and from where."""

    def __init__(self, image: QImage) -> None:
        super().__init__(image)
        self.written: list[tuple[str, float]] = []

    def drawText(self, at: QPointF, text: str) -> None:  # noqa: N802 - an override
        """Writes nothing."""
        self.written.append((text, at.x()))


def written(layers: list[str], width: float) -> list[tuple[str, float]]:
    image = QImage(800, 40, QImage.Format.Format_RGB32)
    pen = Pen(image)
    paint_section_names(pen, layers, QRectF(0, 0, width, 20), width / len(layers))
    pen.end()
    return pen.written


def test_every_part_is_named_where_there_is_room() -> None:
    layers = ["stem"] * 4 + ["body"] * 4 + ["head"] * 4
    assert [name for name, _ in written(layers, 600)] == ["stem", "body", "head"]


def test_where_there_is_little_room_names_are_left_out_and_none_lies_on_another() -> None:
    found = written([f"block{each}" for each in range(10) for _ in range(3)], 250)
    assert 1 < len(found) < 10
    assert all(later - sooner > 40 for (_, sooner), (_, later) in pairwise(found))


def test_a_part_far_narrower_than_its_name_has_none() -> None:
    assert [name for name, _ in written(["normalise"] + ["body"] * 49, 500)] == ["body"]
