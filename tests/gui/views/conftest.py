"""Small frames made by hand, and the theme in force, for the tests of the views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Attacked, Frame, NetworkInfo, Prediction, Stage, verdict
from engine.request import Request
from gui import theme

MakeFrame = Callable[..., Frame]

NAMES = ("Egyptian cat", "tabby", "tiger cat", "lynx", "window screen", "harvestman", "toilet tissue", "crane")


@pytest.fixture(autouse=True)
def light(qtbot: QtBot) -> Iterator[None]:
    """Every view is looked at in light; a test that turns dark leaves light behind."""
    theme.apply(theme.Scheme.LIGHT)
    yield
    theme.apply(theme.Scheme.LIGHT)


@pytest.fixture
def colour_at() -> Callable[[QWidget, QPoint], str]:
    """The colour that a widget shows at a point of it, at any scale of the screen."""

    def look(widget: QWidget, at: QPoint) -> str:
        image = widget.grab().toImage()
        scale = image.devicePixelRatio()
        return image.pixelColor(QPoint(round((at.x() + 0.5) * scale - 0.5), round((at.y() + 0.5) * scale - 0.5))).name()

    return look


@pytest.fixture
def make_frame() -> MakeFrame:
    return frame_of


def frame_of(
    request: Request | None = None,
    before: Mapping[int, float] | None = None,
    after: Mapping[int, float] | None = None,
    *,
    count: int = len(NAMES),
    **changes: Any,
) -> Frame:
    """A finished frame; ``before`` and ``after`` name the classes that have more than a trace of probability."""
    request = request or Request()
    seen = _prediction(before or {0: 0.6, 1: 0.2, 2: 0.1}, count)
    then = _prediction(after or {1: 0.7, 0: 0.1, 5: 0.05}, count)
    image = np.zeros((2, 2, 3), np.float32)
    left = None if request.target is not None else seen.label
    became = verdict(seen.label, then.label, left, request.target)
    made = Frame(
        request,
        Stage.DONE,
        final=True,
        network=_network(count),
        clean=image,
        before=seen,
        left=left,
        attacked=Attacked(image, then, became, request.epsilon, 1.0, 1, 1),
    )
    return replace(made, **changes)


def _network(count: int) -> NetworkInfo:
    names = NAMES[:count] + tuple(f"class {each}" for each in range(len(NAMES), count))
    return NetworkInfo("tiny", "TinyNet", names, 4_652_008, (2, 2), "CPU")


def _prediction(chosen: Mapping[int, float], count: int) -> Prediction:
    """The rest is shared by all others, the earlier ones a little ahead, so that the order is known."""
    rest = np.linspace(1.1, 0.9, count, dtype=np.float64)
    rest[list(chosen)] = 0
    share = 1 - sum(chosen.values())
    probabilities = rest * (share / rest.sum() if rest.sum() else 0)
    for label, value in chosen.items():
        probabilities[label] = value
    return Prediction(probabilities.astype(np.float32))
