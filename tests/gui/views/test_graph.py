"""The graph of the network: folded and opened, walked through, searched, and the one selection of all views."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.inside import Architecture, Inside
from engine.look import Part
from engine.request import Request
from gui import theme
from gui.session import Session
from gui.views.graph.view import BARE, COMPUTING, EMPTY, GraphView

from .architectures import architecture, chain, dense, inception, residual, thousand
from .conftest import MakeFrame

Show = Callable[..., None]


@pytest.fixture
def session() -> Session:
    return Session(Request())


@pytest.fixture
def view(session: Session, qtbot: QtBot) -> GraphView:
    made = GraphView(session)
    qtbot.addWidget(made)
    made.resize(1280, 300)
    made.show()
    return made


@pytest.fixture
def show(session: Session, make_frame: MakeFrame) -> Show:
    """Shows the frame of a network; its first layer is the engine's choice."""

    def shown(network: Architecture | None, layer: str | None = None) -> None:
        first = network.nodes[0].name if network is not None and network.nodes else ""
        session.show(make_frame(session.request, inside=Inside(layer=layer or first, architecture=network)))
        QApplication.processEvents()

    return shown


def paths(view: GraphView) -> list[str]:
    return [each.path for each in view.canvas.scene.boxes.boxes]


def selected(view: GraphView) -> str:
    box = view.canvas.selected
    return "" if box is None else paths(view)[box]


def middle_of(view: GraphView, path: str) -> QPoint:
    return view.canvas.box_rect(paths(view).index(path)).center().toPoint()


def click(qtbot: QtBot, view: GraphView, path: str) -> None:
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=middle_of(view, path))


def turn_wheel(canvas: QWidget, at: QPoint, notches: int) -> None:
    point = QPointF(at)
    turned = QPoint(0, 120 * notches)
    nothing, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        point, canvas.mapToGlobal(point), QPoint(), turned, nothing, Qt.KeyboardModifier.NoModifier, phase, False
    )
    QApplication.sendEvent(canvas, event)


# What is shown


def test_it_asks_for_the_architecture_while_it_can_be_seen(view: GraphView, session: Session) -> None:
    assert Part.ARCHITECTURE in session.request.views
    view.hide()
    assert Part.ARCHITECTURE not in session.request.views


def test_an_empty_view_says_what_fills_it(view: GraphView, show: Show) -> None:
    assert view.hint.isVisible()
    assert view.hint.text() == EMPTY
    show(None)
    assert view.hint.text() == COMPUTING
    show(architecture([]))
    assert view.hint.text() == BARE
    show(residual())
    assert not view.hint.isVisible()


def test_the_totals_and_the_meaning_of_colours_and_bars_are_written(view: GraphView, show: Show) -> None:
    show(residual())
    assert view.totals.text() == "1.0 k parameters · 10.0 k multiply-adds"
    assert [each.text for each in view.legend.entries] == ["convolution", "activation", "dense"]
    assert "longest 30 %" in view.bars.text()
    assert "+ sum" in view.bars.text()


def test_what_is_missing_is_said_above_the_graph(view: GraphView, show: Show) -> None:
    show(residual())
    assert not view.missing.isVisible()
    show(replace(residual(), missing="Only the tree of modules is known."))
    assert view.missing.isVisible()
    assert view.missing.text() == "Only the tree of modules is known."


def test_a_frame_without_a_network_leaves_the_last_one(view: GraphView, show: Show) -> None:
    show(residual())
    show(None, "conv1")
    assert "fc" in paths(view)
    assert view.canvas.isVisible()


def test_a_large_network_is_shown_folded_and_whole(view: GraphView, show: Show) -> None:
    show(thousand())
    assert paths(view) == [f"stage{each}" for each in range(10)]
    assert view.canvas.box_rect(0).left() >= 0
    assert view.canvas.box_rect(9).right() <= view.canvas.width()


def test_the_selected_layer_is_outlined(view: GraphView, show: Show, colour_at: Callable[..., str]) -> None:
    show(residual())
    corner = view.canvas.box_rect(0).topLeft().toPoint() + QPoint(-1, 20)
    assert colour_at(view.canvas, corner) == theme.color("accent").name()


def test_a_box_bears_the_colour_of_its_family(view: GraphView, show: Show, colour_at: Callable[..., str]) -> None:
    show(residual())
    top = view.canvas.box_rect(paths(view).index("layer.0.relu"))
    at = QPoint(round(top.center().x()), round(top.top()) + 2)
    assert colour_at(view.canvas, at) == QColor(theme.FAMILIES["activation"]).name()


def test_it_turns_dark_with_the_window(view: GraphView, show: Show, colour_at: Callable[..., str]) -> None:
    show(residual())
    inside = view.canvas.box_rect(0).bottomRight().toPoint() - QPoint(3, 20)
    assert colour_at(view.canvas, inside) == theme.color("base").name()
    theme.apply(theme.Scheme.DARK)
    QApplication.processEvents()
    assert colour_at(view.canvas, inside) == theme.color("base").name()


# Folding


def test_all_groups_are_folded_and_opened_with_two_buttons(view: GraphView, show: Show, qtbot: QtBot) -> None:
    show(residual())
    view.canvas.fold_all()
    assert paths(view) == ["conv1", "layer", "fc"]
    view.canvas.open_all()
    assert len(paths(view)) == 11


def test_a_double_click_opens_a_group_and_a_click_on_its_name_folds_it(
    view: GraphView, show: Show, qtbot: QtBot
) -> None:
    show(residual())
    view.canvas.fold_all()
    qtbot.mouseDClick(view.canvas, Qt.MouseButton.LeftButton, pos=middle_of(view, "layer"))
    assert paths(view) == ["conv1", "layer.0", "layer.1", "fc"]
    frame = view.canvas.camera.on_screen(view.canvas.scene.frame_rects)[0]
    qtbot.mouseClick(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(int(frame[0]) + 20, int(frame[1]) + 8))
    assert paths(view) == ["conv1", "layer", "fc"]


def test_a_group_that_is_opened_stays_in_view(view: GraphView, show: Show) -> None:
    show(thousand())
    view.canvas.zoom_by(1.5)
    before = view.canvas.box_rect(2).left()
    view.canvas.toggle("stage2", opened=True)
    assert paths(view)[2:4] == ["stage2.0", "stage2.1"]
    assert 0 < view.canvas.box_rect(2).left() < before + 60  # it moves as far left as its boxes need room
    assert view.canvas.box_rect(7).right() < view.canvas.width()


# The one selection


def test_clicking_a_layer_selects_it_for_every_view(
    view: GraphView, show: Show, session: Session, qtbot: QtBot
) -> None:
    show(residual())
    click(qtbot, view, "layer.1.downsample")
    assert session.request.look.layer == "layer.1.downsample"
    assert selected(view) == "layer.1.downsample"


def test_clicking_a_folded_group_selects_its_output_and_leaves_it_folded(
    view: GraphView, show: Show, session: Session, qtbot: QtBot
) -> None:
    show(residual())
    view.canvas.fold_all()
    click(qtbot, view, "layer")
    assert session.request.look.layer == "layer.1.add"
    assert selected(view) == "layer"


def test_a_drag_moves_the_graph_and_selects_nothing(
    view: GraphView, show: Show, session: Session, qtbot: QtBot
) -> None:
    show(thousand())
    view.canvas.open_all()
    start = view.canvas.camera.offset[0]
    qtbot.mousePress(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(600, 100))
    qtbot.mouseMove(view.canvas, QPoint(500, 100))
    qtbot.mouseRelease(view.canvas, Qt.MouseButton.LeftButton, pos=QPoint(500, 100))
    assert view.canvas.camera.offset[0] == pytest.approx(start - 100)
    assert session.request.look.layer == ""


def test_a_layer_chosen_elsewhere_is_opened_and_brought_into_view(
    view: GraphView, show: Show, session: Session
) -> None:
    show(thousand())
    session.look_at(layer="stage7.3.relu7")
    assert selected(view) == "stage7.3.relu7"
    assert view.canvas.rect().contains(middle_of(view, "stage7.3.relu7"))
    assert "stage6" in paths(view)  # the others stay folded


def test_the_layer_that_the_engine_chose_is_marked_without_opening_anything(view: GraphView, show: Show) -> None:
    show(thousand(), "stage2.1.relu5")
    assert selected(view) == "stage2"


def test_arrow_keys_follow_the_links(view: GraphView, show: Show, session: Session, qtbot: QtBot) -> None:
    show(residual())
    walked = []
    for key in ("Right", "Right", "Left", "End", "Home"):
        qtbot.keyClick(view.canvas, getattr(Qt.Key, f"Key_{key}"))
        walked.append(session.request.look.layer)
    assert walked == ["layer.0.conv1", "layer.0.relu", "layer.0.conv1", "fc", "conv1"]


def test_up_and_down_go_to_the_branches_beside(view: GraphView, show: Show, session: Session, qtbot: QtBot) -> None:
    show(inception())
    session.look_at(layer="mix.branch3.reduce")
    visited = set()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up):
        qtbot.keyClick(view.canvas, key)
        visited.add(session.request.look.layer.rpartition(".")[0])
    assert "mix.branch3" in visited
    assert len(visited) == 3


def test_the_keyboard_opens_and_folds_groups_and_zooms(view: GraphView, show: Show, qtbot: QtBot) -> None:
    show(residual())
    view.canvas.fold_all()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Right)
    qtbot.keyClick(view.canvas, Qt.Key.Key_Return)
    assert paths(view) == ["conv1", "layer.0", "layer.1", "fc"]
    qtbot.keyClick(view.canvas, Qt.Key.Key_Backspace)
    assert paths(view) == ["conv1", "layer", "fc"]
    width = view.canvas.box_rect(0).width()
    qtbot.keyClick(view.canvas, Qt.Key.Key_Plus)
    assert view.canvas.box_rect(0).width() > width
    qtbot.keyClick(view.canvas, Qt.Key.Key_0)
    assert view.canvas.camera.is_fitted


def test_the_wheel_zooms_about_the_pointer(view: GraphView, show: Show) -> None:
    show(thousand())
    view.canvas.open_all()
    at = QPoint(640, 100)
    before = view.canvas.camera.inside((640.0, 100.0))[0]
    scale = view.canvas.camera.scales[0]
    turn_wheel(view.canvas, at, 2)
    assert view.canvas.camera.inside((640.0, 100.0))[0] == pytest.approx(before)
    assert view.canvas.camera.scales[0] == pytest.approx(scale * 1.25**2)


def test_a_screen_reader_is_told_the_selected_box(view: GraphView, show: Show, session: Session) -> None:
    show(residual())
    session.look_at(layer="layer.0.conv1")
    said = view.canvas.accessibleDescription()
    assert said.startswith("layer.0.conv1. Conv2d. Output 8×16×16. 200 parameters")


# Search


def test_enter_goes_from_hit_to_hit_and_opens_their_groups(
    view: GraphView, show: Show, session: Session, qtbot: QtBot
) -> None:
    show(residual())
    view.canvas.fold_all()
    qtbot.keyClicks(view.search, "CONV2D")
    assert view.found.text() == "6 found"
    went = []
    for _ in range(7):
        qtbot.keyClick(view.search, Qt.Key.Key_Return)
        went.append(session.request.look.layer)
    assert went[:3] == ["layer.0.conv1", "layer.0.conv2", "layer.1.conv1"]
    assert went[-1] == "layer.0.conv1"  # round again
    assert selected(view) == "layer.0.conv1"


def test_a_search_without_a_hit_says_so_and_chooses_nothing(
    view: GraphView, show: Show, session: Session, qtbot: QtBot
) -> None:
    show(residual())
    qtbot.keyClicks(view.search, "transformer")
    qtbot.keyClick(view.search, Qt.Key.Key_Return)
    assert view.found.text() == "nothing found"
    assert session.request.look.layer == ""
    view.search.clear()
    assert view.found.text() == ""


def test_the_key_for_finding_goes_to_the_search_field(view: GraphView, show: Show, qtbot: QtBot) -> None:
    show(residual())
    view.canvas.setFocus()
    qtbot.waitUntil(view.canvas.hasFocus)
    qtbot.keyClick(view.canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.search.hasFocus()


# Any shape, any network


@pytest.mark.parametrize("size", [(300, 120), (1280, 178), (400, 900), (1280, 450)])
def test_every_network_is_drawn_in_a_view_of_any_shape(view: GraphView, show: Show, size: tuple[int, int]) -> None:
    for network in (chain(1), residual(), dense(), inception(), thousand()):
        show(network)
        view.resize(*size)
        view.canvas.open_all()
        assert not view.grab().isNull()
        assert view.canvas.scene.layout.down == (view.canvas.height() > 1.2 * view.canvas.width())


def test_it_fits_into_a_low_dock(view: GraphView) -> None:
    assert view.minimumSizeHint().height() <= 180
    assert view.minimumSizeHint().width() <= 640


def test_a_thousand_layers_can_be_open_at_once(view: GraphView, show: Show) -> None:
    show(thousand())
    view.canvas.open_all()
    assert not view.grab().isNull()
    assert len(paths(view)) == 1000
