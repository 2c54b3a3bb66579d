"""What every view has in common: the engine works for a view only while it can be seen."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from engine.frame import Frame
from engine.look import Part
from engine.request import Request
from gui.session import Session
from gui.views.base import FrameView


class Maps(FrameView):
    needs = frozenset({Part.ACTIVATIONS, Part.ARCHITECTURE})

    def draw(self, frame: Frame) -> None:
        self.drawn = frame


class Graph(Maps):
    needs = frozenset({Part.ARCHITECTURE})


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def home(qtbot: QtBot) -> QWidget:
    home = QWidget()
    QVBoxLayout(home)
    qtbot.addWidget(home)
    home.show()
    return home


def put(view: FrameView, home: QWidget) -> FrameView:
    layout = home.layout()
    assert layout is not None
    layout.addWidget(view)
    return view


def test_a_view_asks_for_what_it_needs_while_it_is_seen(session: Session, home: QWidget) -> None:
    view = put(Maps(session, home), home)
    assert session.request.views == frozenset()
    view.show()
    assert session.request.views == {"activations", "architecture"}
    view.hide()
    assert session.request.views == frozenset()


def test_what_two_views_need_is_asked_for_until_the_last_is_hidden(session: Session, home: QWidget) -> None:
    maps, graph = put(Maps(session, home), home), put(Graph(session, home), home)
    maps.show()
    graph.show()
    maps.hide()
    assert session.request.views == {"architecture"}
    graph.hide()
    assert session.request.views == frozenset()


def test_what_a_view_in_another_window_needs_stays(session: Session, home: QWidget, qtbot: QtBot) -> None:
    graph = put(Graph(session, home), home)
    graph.show()
    loose = Maps(session)
    qtbot.addWidget(loose)
    loose.show()
    loose.hide()
    assert session.request.views == {"architecture"}
    graph.hide()
    assert session.request.views == frozenset()


def test_what_others_have_asked_for_stays(session: Session, home: QWidget) -> None:
    session.propose(views=frozenset({"curve"}))
    view = put(Maps(session, home), home)
    view.show()
    view.hide()
    assert session.request.views == {"curve"}


def test_a_session_file_that_forgets_an_open_view_is_reminded(session: Session, home: QWidget, qtbot: QtBot) -> None:
    put(Maps(session, home), home).show()
    session.open(Request(seed=5))
    qtbot.waitUntil(lambda: session.request.views == {"activations", "architecture"}, timeout=2000)
    assert session.request.seed == 5
