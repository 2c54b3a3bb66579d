"""The icons are of one family and follow the chrome; every action can be found, understood and reached by keys."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QIcon, QImage, QKeySequence
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

import assets
from gui import theme
from gui.actions import ACTIONS, make_actions
from gui.icons import icon

FOLDER = Path(assets.__file__).parent / "icons"
DRAWINGS = sorted(FOLDER.glob("*.svg"))
LINES = [each for each in DRAWINGS if each.stem != "foolscope"]


@pytest.fixture(autouse=True)
def light_again(qapp: object):
    theme.apply(theme.Scheme.LIGHT)
    yield
    theme.apply(theme.Scheme.LIGHT)


def painted(name: str, mode: QIcon.Mode = QIcon.Mode.Normal, ratio: float = 1.0) -> QImage:
    return icon(name).pixmap(QSize(24, 24), ratio, mode).toImage()


def inks(image: QImage) -> Counter[str]:
    """The colours of the opaque pixels."""
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    colours = [image.pixelColor(*place) for place in places]
    return Counter(each.name() for each in colours if each.alpha() == 255)


@pytest.mark.parametrize("path", LINES, ids=lambda path: path.stem)
def test_a_drawing_is_made_of_lines_of_the_one_width_in_the_colour_it_is_given(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.findall(r'stroke-width="([^"]*)"', text) == ["1.75"]
    assert re.findall(r'stroke="([^"]*)"', text) == ["currentColor"]
    assert re.findall(r'fill="([^"]*)"', text) == ["none"]
    assert 'viewBox="0 0 24 24"' in text


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_a_drawing_paints_something_and_touches_no_edge(path: Path) -> None:
    image = icon(path.stem).pixmap(QSize(64, 64), 1.0).toImage()
    assert sum(inks(image).values()) > 20
    edge = [(k, side) for k in range(64) for side in (0, 63)]
    if path.stem != "foolscope":
        assert all(image.pixelColor(x, y).alpha() == 0 for pair in edge for x, y in (pair, pair[::-1]))


def test_the_icon_of_the_application_wears_the_data_colours() -> None:
    colours = set(re.findall(r"#[0-9A-Fa-f]{6}", (FOLDER / "foolscope.svg").read_text("utf-8")))
    assert {theme.CLEAN, theme.ADVERSARIAL} <= colours


def test_an_icon_follows_light_and_dark_without_being_made_again(qtbot: QtBot) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    button.setIcon(icon("save"))
    seen = {}
    for scheme in (theme.Scheme.LIGHT, theme.Scheme.DARK):
        theme.apply(scheme)
        image = button.icon().pixmap(QSize(48, 48), 1.0).toImage()
        seen[scheme] = inks(image).most_common(1)[0][0]
        assert seen[scheme] == theme.color("text").name()
    assert seen[theme.Scheme.LIGHT] != seen[theme.Scheme.DARK]


def test_a_disabled_icon_recedes_and_one_under_the_mouse_is_lit() -> None:
    assert inks(painted("pause", QIcon.Mode.Active)).most_common(1)[0][0] == theme.color("accent").name()
    [(receding, _)] = inks(painted("pause", QIcon.Mode.Disabled)).most_common(1)
    ground = theme.color("window").lightness()
    assert abs(QColor(receding).lightness() - ground) < abs(theme.color("text").lightness() - ground) / 2


def test_an_icon_is_drawn_with_twice_the_pixels_on_a_fine_screen() -> None:
    fine = painted("search", ratio=2.0)
    assert fine.size() == QSize(48, 48)
    enlarged = painted("search").scaled(48, 48)
    assert fine.convertToFormat(enlarged.format()) != enlarged


def test_an_icon_that_was_not_drawn_is_an_error_and_not_a_blank() -> None:
    with pytest.raises(FileNotFoundError):
        icon("unicorn")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_every_action_has_a_text_and_a_tip_that_names_its_key(window: QWidget) -> None:
    made = make_actions(window)
    assert list(made) == [each.name for each in ACTIONS]
    for declared in ACTIONS:
        action = made[declared.name]
        assert action.text()
        assert action.toolTip().startswith(declared.tip)
        if declared.keys:
            assert action.shortcut().toString(QKeySequence.SequenceFormat.NativeText) in action.toolTip()
        assert not declared.icon or not action.icon().isNull()


def test_no_key_means_two_things() -> None:
    keys = Counter(key for each in ACTIONS for key in (*each.keys, each.held) if key)
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_key_is_one_that_qt_knows() -> None:
    for key in [key for each in ACTIONS for key in each.keys]:
        assert QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText) == key


def test_a_key_that_is_held_is_told_but_taken_from_no_button(window: QWidget) -> None:
    flip = make_actions(window)["flip"]
    assert "(Space)" in flip.toolTip()
    assert flip.shortcuts() == []
