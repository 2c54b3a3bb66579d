"""The view of attributions: three maps on one scale, ways and options, progress, stopping, reading values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.saliency import SALIENCIES, DeepLift, GradCAM, Gradient, Occlusion, SmoothGrad
from engine.frame import Floats, Frame
from engine.inside import Inside, SaliencyMaps
from engine.look import Part
from gui import theme
from gui.controls.elided import Elided
from gui.session import Session
from gui.views.colormaps import DIVERGING, NOT_A_NUMBER, SEQUENTIAL
from gui.views.ink import legible
from gui.views.saliency.pictures import grey_of, limit_of, overlay
from gui.views.saliency.view import COMPUTING, EMPTY, STOPPED, SaliencyView

MakeFrame = Callable[..., Frame]
ColourAt = Callable[[QWidget, QPoint], str]

SIDE = 8


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def view(qtbot: QtBot, session: Session) -> SaliencyView:
    made = SaliencyView(session)
    qtbot.addWidget(made)
    made.resize(1280, 300)
    made.show()
    return made


def ramp(scale: float = 1.0) -> Floats:
    """From −scale to scale, row by row."""
    return np.linspace(-scale, scale, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)


def maps_of(**changes: Any) -> SaliencyMaps:
    made = SaliencyMaps("gradient", ramp(), ramp(0.5), (0, 1), done=2, total=2)
    return replace(made, **changes)


def framed(make_frame: MakeFrame, session: Session, maps: SaliencyMaps | None, **changes: Any) -> Frame:
    clean = np.full((SIDE, SIDE, 3), 0.5, np.float32)
    frame = make_frame(session.request, clean=clean, inside=Inside(saliency=maps), **changes)
    assert frame.attacked is not None
    return replace(frame, attacked=replace(frame.attacked, image=clean))


def middle(view: SaliencyView, place: int, row: int, column: int) -> QPoint:
    """Where a pixel of the picture is on its pane."""
    pane = view.panes.panes[place]
    spots = [QPoint(x, y) for y in range(0, pane.height(), 4) for x in range(0, pane.width(), 4)]
    here = [each for each in spots if pane.pixel_at(each.toPointF()) == QPoint(column, row)]
    return here[len(here) // 2]


# What is shown


def test_it_says_what_to_do_before_there_is_a_picture_and_that_it_works_when_there_is(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    assert view.hint.text() == EMPTY
    session.show(framed(make_frame, session, None))
    assert view.hint.text() == COMPUTING
    assert view.hint.isVisible()


def test_it_asks_for_the_maps_and_the_layers_while_it_is_seen(view: SaliencyView, session: Session) -> None:
    assert {Part.SALIENCY, Part.ARCHITECTURE} <= session.request.views
    view.hide()
    assert not session.request.views


def test_three_maps_are_seen_at_once_each_with_its_class(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of()))
    texts = [each.text for each in view.panes.headings]
    assert texts == ["Clean · Egyptian cat", "Attacked · tabby", "|attacked| − |clean| · two classes"]
    assert all(each.picture is not None and each.isVisible() for each in view.panes.panes)


def test_clean_and_attacked_share_a_scale_whose_end_is_written(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of(clean=ramp(1), attacked=ramp(4))))
    limit = limit_of(ramp(1), ramp(4))
    assert limit == pytest.approx(np.percentile(np.abs(np.concatenate([ramp(1), ramp(4)])), 99))
    assert view.scale.ends == ("0", f"{limit:.3g}")
    assert view.difference_scale.ends == (f"−{limit:.3g}", f"{limit:.3g}")
    assert "99th percentile" in view.scale.accessibleName()
    assert "logits per unit of x" in view.scale.accessibleName()


def test_maps_of_zeros_and_of_nothing_but_gaps_have_a_scale_too() -> None:
    assert limit_of(np.zeros((4, 4), np.float32), None) == 1
    assert limit_of(np.full((4, 4), np.nan, np.float32), None) == 1
    one = np.zeros((100, 100), np.float32)
    one[3, 3] = 5
    assert limit_of(one) == 5


def test_what_speaks_against_a_class_has_its_own_colour_when_signs_are_shown(
    view: SaliencyView, session: Session, make_frame: MakeFrame, colour_at: ColourAt
) -> None:
    view.controls.opacity.setValue(100)
    session.show(framed(make_frame, session, maps_of(attacked=ramp())))
    first, last = middle(view, 0, 0, 0), middle(view, 0, SIDE - 1, SIDE - 1)
    assert colour_at(view.panes.panes[0], first) == colour_at(view.panes.panes[0], last) == packed(SEQUENTIAL[255])
    view.controls.signs.setChecked(True)
    assert colour_at(view.panes.panes[0], first) == packed(DIVERGING[1])
    assert colour_at(view.panes.panes[0], last) == packed(DIVERGING[255])
    assert view.scale.ends is not None
    assert view.scale.ends[0].startswith("−")
    assert not view.difference_scale.isVisible()
    assert view.panes.headings[2].text.startswith("Attacked − clean")


def packed(colour: np.uint32) -> str:
    return f"#{int(colour) & 0xFFFFFF:06x}"


def test_the_photo_shows_through_without_its_colours() -> None:
    photo = np.random.default_rng(0).random((SIDE, SIDE, 3)).astype(np.float32)
    none = overlay(photo, ramp(), 1.0, signed=True, opacity=0.0, complete=True).packed
    red, green, blue = (none >> 16 & 255, none >> 8 & 255, none & 255)
    assert np.array_equal(red, green)
    assert np.array_equal(red, blue)
    assert np.array_equal(red, grey_of(photo).astype(int))
    half = overlay(photo, np.full((SIDE, SIDE), 9.0, np.float32), 1.0, signed=True, opacity=0.5, complete=True).packed
    wanted = 0.5 * (int(DIVERGING[255]) >> 16 & 255) + 0.5 * grey_of(photo)
    assert np.abs((half >> 16 & 255) - wanted).max() <= 1


def test_what_is_not_known_yet_leaves_the_photo_bare_and_what_is_not_a_number_is_magenta() -> None:
    photo = np.full((1, 2, 3), 0.5, np.float32)
    values = np.array([[np.nan, 1]], np.float32)
    growing = overlay(photo, values, 1.0, signed=False, opacity=1.0, complete=False).packed
    assert packed(growing[0, 0]) == "#7f7f7f"
    complete = overlay(photo, values, 1.0, signed=False, opacity=1.0, complete=True).packed
    assert complete[0, 0] == NOT_A_NUMBER


def test_not_a_number_is_explained_in_the_legend(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    broken = ramp()
    broken[0, 0] = np.nan
    session.show(framed(make_frame, session, maps_of(clean=broken)))
    assert view.scale.has_missing
    session.show(framed(make_frame, session, maps_of(clean=broken, done=1)))
    assert not view.scale.has_missing


def test_a_picture_in_grey_has_maps_too(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    frame = framed(make_frame, session, maps_of())
    assert frame.attacked is not None
    grey = np.full((SIDE, SIDE, 1), 0.3, np.float32)
    session.show(replace(frame, clean=grey, attacked=replace(frame.attacked, image=grey)))
    assert view.panes.isVisible()


def test_the_values_of_all_three_are_read_at_the_pixel_that_is_pointed_at(
    view: SaliencyView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    view.controls.signs.setChecked(True)
    session.show(framed(make_frame, session, maps_of()))
    pane = view.panes.panes[1]
    qtbot.mouseMove(pane, middle(view, 1, 0, 0))
    assert [each.value for each in view.panes.headings] == ["−1", "−0.5", "0.5"]
    assert view.readout.text == "x 0, y 0"
    assert all(each.marked == QPoint(0, 0) for each in view.panes.panes)
    pane.left.emit()
    assert [each.value for each in view.panes.headings] == ["", "", ""]


def test_the_keyboard_reads_values_too(
    view: SaliencyView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(framed(make_frame, session, maps_of(attacked=None, done=1)))
    pane = view.panes.panes[0]
    qtbot.keyClick(pane, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert pane.marked is not None
    assert view.panes.headings[0].value
    assert view.panes.headings[1].value == ""


def test_it_follows_from_light_to_dark(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    session.show(framed(make_frame, session, maps_of()))
    theme.apply(theme.Scheme.DARK)
    QCoreApplication.processEvents()
    name = view.panes.headings[0].findChild(Elided)
    assert name is not None
    assert name.palette().windowText().color() == legible(theme.CLEAN)


# What stays while newer ones are computed


def test_maps_stay_while_the_next_ones_are_computed(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of()))
    shown = view.panes.panes[0].picture
    session.show(framed(make_frame, session, None))
    assert view.panes.isVisible()
    session.show(framed(make_frame, session, maps_of(clean=None, attacked=None, done=0)))
    assert view.panes.isVisible()
    assert shown is not None
    assert np.array_equal(view.panes.panes[0].picture.packed, shown.packed)  # type: ignore[union-attr]


def test_maps_of_another_picture_do_not_stay(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    session.show(framed(make_frame, session, maps_of()))
    session.propose(image="sample:coffee")
    session.show(framed(make_frame, session, None))
    assert view.hint.isVisible()
    assert view.hint.text() == COMPUTING


def test_a_map_that_is_missing_is_never_taken_from_another_way(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of()))
    session.show(framed(make_frame, session, maps_of(method="occlusion", attacked=None, done=1, total=9)))
    view.panes.panes[0].hovered.emit(0, 0)
    assert [bool(each.value) for each in view.panes.headings] == [True, False, False]


def test_the_note_of_the_engine_is_read(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    session.show(framed(make_frame, session, maps_of(note="This network has no rectifier.")))
    assert view.note.isVisible()
    assert view.note.text() == "This network has no rectifier."
    session.show(framed(make_frame, session, maps_of()))
    assert not view.note.isVisible()


def test_a_way_that_does_not_apply_says_why_in_the_place_of_maps(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of()))
    why = "Grad-CAM needs places in the picture: fc has no feature maps. Choose a convolution."
    session.show(framed(make_frame, session, maps_of(method="grad-cam", clean=None, attacked=None, note=why)))
    assert view.hint.isVisible()
    assert view.hint.text() == why


def test_what_failed_is_told_where_no_maps_came(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    frame = framed(make_frame, session, None)
    session.show(replace(frame, inside=Inside(notes=("Saliency could not be computed: too little memory.",))))
    assert view.hint.text() == "Saliency could not be computed: too little memory."


# Progress and stopping


def test_slow_work_shows_how_far_it_is_and_can_be_stopped_and_gone_on_with(
    view: SaliencyView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    growing = maps_of(method="occlusion", done=45, total=338)
    session.show(framed(make_frame, session, growing, final=False))
    assert view.count.text() == "45 of 338"
    assert view.count.toolTip() == "Occlusion: 45 of 338 squares"
    assert (view.progress.value(), view.progress.maximum()) == (45, 338)
    assert view.progress.isVisible()
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    assert Part.SALIENCY not in session.request.views
    assert Part.ARCHITECTURE in session.request.views
    session.show(framed(make_frame, session, None))
    assert view.count.toolTip() == "Occlusion: 45 of 338 squares, stopped"
    assert view.panes.isVisible()
    assert view.stop.text() == "Go on"
    qtbot.mouseClick(view.stop, Qt.MouseButton.LeftButton)
    assert Part.SALIENCY in session.request.views


def test_finished_maps_have_nothing_to_stop(view: SaliencyView, session: Session, make_frame: MakeFrame) -> None:
    session.show(framed(make_frame, session, maps_of()))
    assert not view.stop.isVisible()
    assert not view.progress.isVisible()
    assert view.summary.text() == Gradient.summary


def test_who_asks_anew_after_stopping_gets_an_answer(
    view: SaliencyView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(framed(make_frame, session, maps_of(method="occlusion", done=1, total=9)))
    view.stop.click()
    session.look_at(saliency=SmoothGrad(samples=4))
    qtbot.waitUntil(lambda: Part.SALIENCY in session.request.views)
    view.stop.click()
    session.look_at(saliency_label=3)
    qtbot.waitUntil(lambda: Part.SALIENCY in session.request.views)


def test_it_says_that_it_is_stopped_where_there_is_nothing_to_keep(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of(method="occlusion", done=1, total=9)))
    view.stop.click()
    session.propose(image="sample:coffee")
    session.show(framed(make_frame, session, None))
    assert view.hint.text() == STOPPED
    assert view.stop.isVisible()


# What is asked


def test_every_way_is_offered_and_explained_plainly_first(view: SaliencyView, session: Session) -> None:
    chooser = view.controls.chooser
    assert [chooser.itemText(each) for each in range(chooser.count())] == [each.title for each in SALIENCIES.values()]
    for kind in SALIENCIES.values():
        session.look_at(saliency=kind())
        lines = chooser.toolTip().split("\n\n")
        assert lines == [kind.summary, kind.formula, kind.paper]
        assert chooser.currentText() == kind.title


def test_a_way_that_was_left_comes_back_with_its_options(view: SaliencyView, session: Session) -> None:
    session.look_at(saliency=SmoothGrad(samples=7))
    for name, wanted in (("deeplift", DeepLift()), ("smoothgrad", SmoothGrad(samples=7))):
        view.controls.chooser.activated.emit(list(SALIENCIES).index(name))
        assert session.request.look.saliency == wanted


def test_options_are_edited_in_a_form(view: SaliencyView, session: Session) -> None:
    session.look_at(saliency=Occlusion())
    form = view.controls.form
    assert form is not None
    form.take("window", 0.3)
    assert session.request.look.saliency == Occlusion(window=0.3)
    assert view.controls.form is form


def test_any_class_can_be_attributed_or_the_predicted_one_again(
    view: SaliencyView, session: Session, make_frame: MakeFrame, qtbot: QtBot
) -> None:
    session.show(framed(make_frame, session, maps_of()))
    entry = view.controls.classes.entry
    qtbot.keyClicks(entry, "harv")
    qtbot.keyClick(entry, Qt.Key.Key_Return)
    assert session.request.look.saliency_label == 5
    entry.clear()
    view.controls.classes.picked.emit(None)
    assert session.request.look.saliency_label is None


def test_the_layer_is_chosen_only_where_the_way_depends_on_one(view: SaliencyView, session: Session) -> None:
    assert not view.bar.isVisible()
    session.look_at(saliency=GradCAM())
    assert view.bar.isVisible()
    assert not view.controls.signs.isVisible()
    session.look_at(saliency=Gradient())
    assert not view.bar.isVisible()
    assert view.controls.signs.isVisible()


def test_how_maps_are_drawn_asks_nothing_of_the_engine(
    view: SaliencyView, session: Session, make_frame: MakeFrame
) -> None:
    session.show(framed(make_frame, session, maps_of()))
    before, picture = session.request, view.panes.panes[0].picture
    view.controls.opacity.setValue(20)
    view.controls.signs.setChecked(True)
    assert session.request == before
    assert view.panes.panes[0].picture is not picture


def test_every_control_has_a_name_for_those_who_do_not_see_it(view: SaliencyView, session: Session) -> None:
    session.look_at(saliency=SmoothGrad())
    form = view.controls.form
    assert form is not None
    controls: list[QWidget] = [view.controls.chooser, view.controls.classes.entry, view.controls.opacity]
    controls += [view.progress, *view.panes.panes, *form.editors]
    assert all(each.accessibleName() for each in controls)
    assert view.controls.signs.text()


def test_it_fits_a_low_dock_with_the_most_options(view: SaliencyView, session: Session, qtbot: QtBot) -> None:
    session.look_at(saliency=SmoothGrad())
    qtbot.waitUntil(lambda: view.controls.form is not None and view.controls.form.isVisible())
    assert view.minimumSizeHint().height() <= 180
