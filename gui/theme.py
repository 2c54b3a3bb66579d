"""Colours, type and spacing; nothing else names a colour.

Data colours are those of Okabe and Ito (colour-blind safe) and are the same in light and dark. The chrome comes
from two small palettes, because ``QStyleHints.setColorScheme`` does nothing on some platforms.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

CLEAN: Final = "#0072B2"
ADVERSARIAL: Final = "#D55E00"
TARGET: Final = "#CC79A7"
HOLDS: Final = "#009E73"
OTHER: Final = "#8A8F98"
"""Data colours: the clean picture, the perturbed one, the wanted class, an answer that holds, any other class."""

DOUBTFUL: Final = "#E69F00"
"""Of what may be wrong, between the green of what holds and the red of an error."""

FAMILIES: Final = {
    "convolution": "#44BB99",
    "normalisation": "#99DDFF",
    "activation": "#EEDD88",
    "pooling": "#AAAA00",
    "dense": "#BBCC33",
    "attention": "#77AADD",
    "other": "#AAB0BB",
}
"""Quiet colours for kinds of layers: the "light" scheme of Paul Tol, less what is near a data colour that alarms."""

GRID: Final = 8
"""Everything stands on an 8-pixel grid; half of it inside a group."""


class Scheme(StrEnum):
    """Light or dark chrome."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Type(StrEnum):
    """The one type scale."""

    CAPTION = "caption"
    BODY = "body"
    TITLE = "title"


_SCALE: Final = {Type.CAPTION: 0.88, Type.BODY: 1.0, Type.TITLE: 1.3}

_LIGHT: Final = {
    "window": "#F5F6F8",
    "base": "#FFFFFF",
    "alternate": "#EEF0F3",
    "text": "#1B1E24",
    "muted": "#5A616E",
    "line": "#D3D7DE",
    "button": "#FFFFFF",
    "accent": "#0B62A8",
    "on_accent": "#FFFFFF",
    "error": "#B3261E",
    "stage": "#E4E7EC",
}
_DARK: Final = {
    "window": "#2A2E36",
    "base": "#1B1E24",
    "alternate": "#242830",
    "text": "#E7E9ED",
    "muted": "#AEB5C1",
    "line": "#4B525F",
    "button": "#3A404B",
    "accent": "#5AB0F2",
    "on_accent": "#0D1117",
    "error": "#FF8A80",
    "stage": "#15181D",
}

_current: dict[str, str] = dict(_LIGHT)


def color(token: str) -> QColor:
    """A colour of the chrome now in force: window, base, alternate, text, muted, line, button, accent, error, stage."""
    return QColor(_current[token])


def is_dark() -> bool:
    """Whether the dark chrome is in force."""
    return _current["window"] == _DARK["window"]


def font(kind: Type, *, bold: bool = False, tabular: bool = False) -> QFont:
    """A font of the type scale; ``tabular`` gives figures of one width, so that columns line up."""
    made = QFont(QApplication.font())
    size = QApplication.font().pointSizeF()
    if size > 0:
        made.setPointSizeF(size * _SCALE[kind])
    else:
        made.setPixelSize(round(QApplication.font().pixelSize() * _SCALE[kind]))
    made.setBold(bold)
    if tabular and hasattr(made, "setFeature"):
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def apply(scheme: Scheme = Scheme.SYSTEM) -> None:
    """Puts a scheme in force for the whole application; views repaint on ``QEvent.PaletteChange``."""
    dark = scheme is Scheme.DARK
    if scheme is Scheme.SYSTEM:
        dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    _current.clear()
    _current.update(_DARK if dark else _LIGHT)
    hints = QGuiApplication.styleHints()
    if hasattr(hints, "setColorScheme"):
        hints.setColorScheme(
            {
                Scheme.SYSTEM: Qt.ColorScheme.Unknown,
                Scheme.LIGHT: Qt.ColorScheme.Light,
                Scheme.DARK: Qt.ColorScheme.Dark,
            }[scheme]
        )
    QApplication.setPalette(_palette())


def _palette() -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for name, token in {
        role.Window: "window",
        role.WindowText: "text",
        role.Base: "base",
        role.AlternateBase: "alternate",
        role.Text: "text",
        role.PlaceholderText: "muted",
        role.Button: "button",
        role.ButtonText: "text",
        role.ToolTipBase: "base",
        role.ToolTipText: "text",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.Link: "accent",
        role.Mid: "line",
        role.BrightText: "error",
        role.Light: "alternate",
        role.Midlight: "line",
        role.Dark: "line",
        role.Shadow: "line",
    }.items():
        palette.setColor(name, color(token))
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, color("muted"))
    return palette
