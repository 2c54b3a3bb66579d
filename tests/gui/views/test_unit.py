"""The unit view: the curve with its typical levels, the strongest patches, and the grown image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import Norm
from engine.catalogue.growing import Growing
from engine.catalogue.samples import SAMPLES
from engine.frame import Frame
from engine.inside import Grown, Inside, Patch, Patches, UnitCurve
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.unit import UnitView
from gui.views.unit.words import EMPTY, GROWING, SEARCHING, say_level, say_searched, title_of

from .architectures import residual

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

LAYER, UNIT = "layer.1.conv1", 5
LIMIT = 16 / 255


def curve(*, complete: bool = True, **levels: float) -> UnitCurve:
    """A straight line from 0 to 1; levels by ``class_0=…``."""
    known = {int(name.removeprefix("class_")): value for name, value in levels.items()}
    epsilons = np.linspace(0, LIMIT, 5, dtype=np.float32)
    return UnitCurve(LAYER, UNIT, epsilons, epsilons / LIMIT, known, dict.fromkeys(known, 3), complete)


def patch(image: str, value: float, level: float = 0.5) -> Patch:
    return Patch(image, value, np.full((8, 8, 3), level, np.float32), (2, 3))


def patches(*found: Patch, total: int = 9) -> Patches:
    return Patches(LAYER, UNIT, found, len(found), total)


def grown(step: int = 4, level: float = 1.0) -> Grown:
    return Grown(LAYER, UNIT, np.full((8, 8, 3), level, np.float32), 1.25, step, 8)


class Shown:
    """A view before a session, and a way to give it numbers."""

    def __init__(self, qtbot: QtBot, make_frame: MakeFrame) -> None:
        self.session = Session(Request(epsilon=4 / 255))
        self.view = UnitView(self.session)
        self._make_frame = make_frame
        qtbot.addWidget(self.view)
        self.view.resize(1280, 210)
        self.view.show()

    def give(
        self, *, layer: str = LAYER, unit: int | None = UNIT, frame: dict[str, object] | None = None, **more: object
    ) -> None:
        inside = Inside(layer=layer, unit=unit, architecture=residual(), **more)
        self.session.show(self._make_frame(self.session.request, inside=inside, **(frame or {})))


@pytest.fixture
def shown(qtbot: QtBot, make_frame: MakeFrame) -> Shown:
    return Shown(qtbot, make_frame)


def test_before_there_is_a_picture_it_says_what_to_do(shown: Shown) -> None:
    assert shown.view.hint.text() == EMPTY
    assert shown.view.hint.isVisible()


def test_while_visible_it_asks_for_its_parts_and_offers_the_open_pictures(shown: Shown) -> None:
    wanted = {Part.UNIT_CURVE, Part.PATCHES, Part.GROWN, Part.ARCHITECTURE}
    assert wanted <= shown.session.request.views
    shown.session.open_images(("one.png", "two.png"))
    assert shown.session.request.look.gallery == ("one.png", "two.png")
    shown.view.hide()
    assert not wanted & shown.session.request.views
    shown.session.open_images(("three.png",))
    assert shown.session.request.look.gallery == ("one.png", "two.png")


def test_a_layer_without_units_is_told(shown: Shown) -> None:
    shown.give(layer="odd", unit=None)
    assert "odd has no units" in shown.view.hint.text()


# The curve


def test_the_curve_stands_in_the_units_of_epsilon(shown: Shown) -> None:
    shown.give(unit_curve=curve())
    x, y = shown.view.plot.curve.getData()
    np.testing.assert_allclose(x, [0, 4, 8, 12, 16], rtol=1e-5)
    np.testing.assert_allclose(y, [0, 0.25, 0.5, 0.75, 1], rtol=1e-5)


def test_the_cursor_follows_epsilon(shown: Shown, qtbot: QtBot) -> None:
    shown.give(unit_curve=curve())
    assert shown.view.plot.cursor_line.value() == pytest.approx(4)
    shown.session.propose(epsilon=9 / 255)
    qtbot.waitUntil(lambda: shown.view.plot.cursor_line.value() == pytest.approx(9))


def test_pointing_at_the_plot_changes_epsilon(shown: Shown) -> None:
    shown.give(unit_curve=curve())
    shown.view.plot.pointed.emit(7 / 255)
    assert shown.session.request.epsilon == pytest.approx(7 / 255)
    shown.view.plot.pointed.emit(300 / 255)
    assert shown.session.request.epsilon == pytest.approx(LIMIT)


def test_the_typical_levels_of_both_classes_are_dashed_lines_in_their_colours(shown: Shown) -> None:
    found = curve(class_0=0.25, class_1=0.75, class_6=0.1)  # the frame's answers are 0 and 1
    shown.give(unit_curve=found)
    lines = shown.view.plot.lines
    assert lines[theme.CLEAN].value() == pytest.approx(0.25)
    assert lines[theme.ADVERSARIAL].value() == pytest.approx(0.75)
    assert all(each.isVisible() and each.pen.style() == Qt.PenStyle.DashLine for each in lines.values())
    said = {each.colour: each.text for each in shown.view.plot.legend.entries}
    assert said[theme.CLEAN] == "typical for Egyptian cat: 0.25 (median of 3)"
    assert said[theme.ADVERSARIAL] == "typical for tabby: 0.75 (median of 3)"
    assert not shown.view.plot.missing.text()


def test_a_unit_of_the_last_layer_has_the_name_of_its_class(shown: Shown) -> None:
    shown.give(unit_curve=curve())
    assert shown.view.plot.legend.entries[0].text == "unit 5, mean over its map"
    shown.give(layer="fc", unit=1, unit_curve=replace(curve(), layer="fc", unit=1))
    assert shown.view.plot.legend.entries[0].text == "unit 1, the score of tabby"


def test_a_level_of_one_picture_is_no_median() -> None:
    assert (
        say_level(replace(curve(class_0=0.5), level_counts={0: 1}), 0, "tabby")
        == "typical for tabby: 0.5 (one picture)"
    )


def test_a_class_without_a_picture_has_no_line_and_is_told(shown: Shown) -> None:
    shown.give(unit_curve=curve(class_0=0.25))
    assert not shown.view.plot.lines[theme.ADVERSARIAL].isVisible()
    assert (
        shown.view.plot.missing.text() == "No other picture at hand is seen as tabby: open some to see what is typical."
    )


def test_while_levels_are_sought_none_is_missed(shown: Shown) -> None:
    shown.give(unit_curve=curve(complete=False))
    assert shown.view.plot.missing.text() == "Looking for typical levels …"


def test_a_curve_stays_while_the_next_frame_has_none(shown: Shown) -> None:
    shown.give(unit_curve=curve())
    shown.give()
    assert shown.view.plot.isVisible()
    shown.give(layer="", unit=None)  # the first frames of a request
    assert shown.view.plot.isVisible()


def test_a_curve_of_another_norm_keeps_its_axis_until_the_new_one_is_there(shown: Shown) -> None:
    shown.give(unit_curve=curve())
    shown.session.propose(norm=Norm.L2)
    shown.give()
    assert shown.view.plot.norm is Norm.LINF
    assert not shown.view.plot.cursor_line.isVisible()


def test_another_unit_begins_anew(shown: Shown) -> None:
    shown.give(unit_curve=curve(), patches=patches(patch("a.png", 2.0)), grown=grown())
    shown.give(unit=UNIT + 1)
    assert not shown.view.plot.isVisible()
    assert not shown.view.shelf.patches
    assert shown.view.searched.text() == SEARCHING
    assert shown.view.grown.caption.text() == GROWING


def test_the_same_unit_of_another_network_begins_anew(shown: Shown) -> None:
    shown.give(unit_curve=curve(), patches=patches(patch("a.png", 2.0)), grown=grown())
    shown.session.propose(model="squeezenet1.1")
    shown.give()
    assert not shown.view.plot.isVisible()
    assert not shown.view.shelf.patches
    assert shown.view.grown.caption.text() == GROWING


def test_a_flat_curve_has_an_axis_with_a_height(shown: Shown) -> None:
    flat = curve()
    shown.give(unit_curve=replace(flat, values=np.zeros_like(flat.values)))
    (_, (low, high)) = shown.view.plot.plot.box.viewRange()
    assert low < 0 < high


# The patches


def test_patches_stand_in_the_order_of_their_values_and_say_how_many_were_searched(shown: Shown) -> None:
    shown.give(patches=patches(patch("a.png", 2.0), patch("b.png", 1.0)))
    assert [each.value for each in shown.view.shelf.patches] == [2.0, 1.0]
    assert "searched 2 of 9" in shown.view.searched.text()
    assert "searched all 1" in say_searched(patches(patch("a.png", 2.0), total=1))


def test_a_picture_that_could_not_be_opened_is_told(shown: Shown) -> None:
    shown.give(patches=replace(patches(patch("a.png", 2.0)), skipped=("broken.png",)))
    assert shown.view.searched.text() == "Searched 1 of 9 pictures, 1 could not be opened"
    assert shown.view.searched.toolTip() == "broken.png"


def test_a_thumbnail_has_the_colours_of_its_pixels(shown: Shown, colour_at: ColourAt) -> None:
    shown.give(patches=patches(patch("a.png", 2.0, level=1.0), patch("b.png", 1.0, level=0.0)))
    shelf = shown.view.shelf
    assert colour_at(shelf, shelf.tile(0).center().toPoint()) == "#ffffff"
    assert colour_at(shelf, shelf.tile(1).center().toPoint()) == "#000000"


def test_clicking_a_patch_opens_its_picture(shown: Shown, qtbot: QtBot) -> None:
    shown.give(patches=patches(patch("sample:coffee", 2.0), patch("sample:cat", 1.0)))
    shelf = shown.view.shelf
    qtbot.mouseClick(shelf, Qt.MouseButton.LeftButton, pos=shelf.tile(1).center().toPoint())
    assert shown.session.request.image == "sample:cat"


def test_patches_can_be_reached_with_the_keyboard(shown: Shown, qtbot: QtBot) -> None:
    shown.give(patches=patches(patch("sample:coffee", 2.0), patch("sample:cat", 1.0)))
    qtbot.keyClick(shown.view.shelf, Qt.Key.Key_Right)
    assert "row 2, column 3" in shown.view.shelf.accessibleDescription()
    qtbot.keyClick(shown.view.shelf, Qt.Key.Key_Return)
    assert shown.session.request.image == "sample:cat"


def test_the_receptive_field_is_outlined_in_its_surroundings(shown: Shown, colour_at: ColourAt) -> None:
    small = replace(patch("a.png", 2.0, level=0.5), window=(2, 2, 6, 6))
    shown.give(patches=patches(small))
    shelf, box = shown.view.shelf, shown.view.shelf.tile(0)
    scale = box.width() / 8
    edge = QPoint(round(box.left() + 2 * scale - 1), round(box.center().y()))
    assert colour_at(shelf, edge) != colour_at(shelf, box.center().toPoint()) == "#808080"


def test_where_there_is_little_room_the_weakest_patches_are_left_out(shown: Shown) -> None:
    shown.give(patches=patches(*(patch(f"{each}.png", 1.0 / (each + 1)) for each in range(16)), total=16))
    shelf = shown.view.shelf
    shown.view.resize(900, 160)
    QCoreApplication.processEvents()
    assert 0 < shelf.shown < 16
    assert shelf.tile(0).width() >= 56
    shown.view.resize(1280, 420)
    QCoreApplication.processEvents()
    assert shelf.shown == 16


@pytest.mark.parametrize("count", [1, 5, 16])
def test_all_patches_fit_and_none_lies_on_another(shown: Shown, count: int) -> None:
    shown.view.resize(1280, 420)
    shown.give(patches=patches(*(patch(f"{each}.png", 1.0 / (each + 1)) for each in range(count)), total=16))
    shelf = shown.view.shelf
    tiles = [shelf.tile(each) for each in range(count)]
    assert all(shelf.rect().toRectF().contains(each) for each in tiles)
    assert not any(one.intersects(other) for place, one in enumerate(tiles) for other in tiles[:place])
    assert [shelf.place_at(each.center()) for each in tiles] == list(range(count))


def test_names_of_pictures_are_short() -> None:
    assert title_of("/some/where/cat.png") == "cat.png"
    for name, sample in SAMPLES.items():
        assert title_of(f"sample:{name}") == sample.title


# The grown image


def test_the_grown_image_is_shown_with_its_value_and_its_step(shown: Shown, colour_at: ColourAt) -> None:
    shown.give(grown=grown(level=1.0))
    pane = shown.view.grown.pane
    assert colour_at(pane, QPoint(10, 10)) == "#ffffff"
    assert shown.view.grown.caption.text() == "reaches 1.25\nstep 4 of 8"


def test_again_grows_from_another_seed(shown: Shown, qtbot: QtBot) -> None:
    qtbot.mouseClick(shown.view.grown.again, Qt.MouseButton.LeftButton)
    assert shown.session.request.look.growing == Growing(seed=1)


def test_the_options_of_growing_travel_both_ways(shown: Shown) -> None:
    form = shown.view.grown.form
    form.editor("steps").setValue(12)
    assert shown.session.request.look.growing.steps == 12
    shown.session.look_at(growing=Growing(steps=7))
    assert form.editor("steps").value() == 7


def test_why_there_is_no_image_is_told(shown: Shown) -> None:
    shown.give(notes=("No gradient comes back.",), frame={"final": True})
    assert shown.view.grown.caption.text() == "No gradient comes back."


def test_it_is_small_enough_for_a_dock(shown: Shown) -> None:
    assert shown.view.minimumSizeHint().height() <= 180


def test_in_a_high_dock_the_grown_image_is_larger(shown: Shown) -> None:
    shown.give(grown=grown())
    low = min(shown.view.grown.pane.width(), shown.view.grown.pane.height())
    shown.view.resize(1280, 480)
    QCoreApplication.processEvents()
    assert min(shown.view.grown.pane.width(), shown.view.grown.pane.height()) > 1.5 * low
    shown.view.resize(1280, 210)
    QCoreApplication.processEvents()
    assert min(shown.view.grown.pane.width(), shown.view.grown.pane.height()) == low
