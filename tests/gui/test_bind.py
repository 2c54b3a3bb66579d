"""Widgets and the request stay equal, and neither echoes the other."""

from __future__ import annotations

import gc

import pytest
import shiboken6
from PySide6.QtWidgets import QSlider, QSpinBox, QWidget

from engine.request import Request
from gui.bind import bind, follow
from gui.session import Session


@pytest.fixture
def session():
    return Session(Request(seed=3))


@pytest.fixture
def requests(session):
    """Every request that the session announced."""
    seen = []
    session.request_changed.connect(seen.append)
    return seen


@pytest.fixture
def seed(qtbot, session):
    spin = QSpinBox()
    qtbot.addWidget(spin)
    bind(session, "seed", spin, QSpinBox.setValue, spin.valueChanged)
    return spin


class Follower(QWidget):
    def __init__(self, session, *names):
        super().__init__()
        self.seen = []
        follow(session, self.show_request, *names)

    def show_request(self, request):
        self.seen.append(request)


def test_a_bound_widget_starts_with_what_is_asked_and_asks_nothing(seed, session, requests):
    assert seed.value() == 3
    assert not requests
    assert not session.can_undo


def test_a_bound_widget_shows_a_change_without_proposing_it_again(seed, session, requests):
    session.propose(seed=8)

    assert seed.value() == 8
    assert len(requests) == 1


def test_a_widget_that_can_only_show_a_value_roughly_does_not_make_it_rough(qtbot, session, requests):
    slider = QSlider()
    qtbot.addWidget(slider)
    bind(session, "epsilon", slider, lambda widget, value: widget.setValue(round(value)), slider.valueChanged)

    session.propose(epsilon=0.77)

    assert slider.value() == 1
    assert session.request.epsilon == 0.77
    assert len(requests) == 1


def test_a_change_of_the_widget_is_proposed_once(seed, session, requests):
    seed.setValue(5)

    assert session.request.seed == 5
    assert len(requests) == 1


def test_a_box_that_is_stepped_and_then_left_makes_one_step_of_undo(qtbot, seed, session):
    for value in (4, 5, 6):
        seed.setValue(value)
    seed.editingFinished.emit()
    seed.setValue(9)

    session.undo()
    assert seed.value() == 6
    session.undo()
    assert seed.value() == 3


def test_a_widget_that_is_never_left_makes_a_step_of_undo_with_every_change(qtbot, session):
    slider = QSlider()
    qtbot.addWidget(slider)
    bind(session, "seed", slider, QSlider.setValue, slider.valueChanged)

    slider.setValue(4)
    slider.setValue(5)

    session.undo()
    assert slider.value() == 4


def test_a_value_that_does_not_fit_is_told_and_taken_back(qtbot, session):
    slider = QSlider()
    slider.setRange(-5, 5)
    qtbot.addWidget(slider)
    bind(session, "epsilon", slider, lambda widget, value: widget.setValue(round(value)), slider.valueChanged)

    slider.setValue(-2)

    assert slider.value() == 0
    assert "epsilon" in session.message.text
    assert session.message.is_error


def test_a_follower_hears_only_of_the_fields_it_named(qtbot, session):
    follower = Follower(session, "seed", "norm")
    qtbot.addWidget(follower)

    session.propose(epsilon=0.5)
    assert len(follower.seen) == 1
    session.propose(seed=4)
    assert len(follower.seen) == 2


def test_a_follower_that_names_no_field_hears_of_every_change(qtbot, session):
    follower = Follower(session)
    qtbot.addWidget(follower)

    session.propose(epsilon=0.5)
    session.propose(seed=4)

    assert len(follower.seen) == 3


def test_following_does_not_keep_a_widget_alive(session):
    follower = Follower(session)
    gone = []
    follower.destroyed.connect(lambda: gone.append(True))

    del follower
    gc.collect()
    session.propose(seed=4)

    assert gone


def test_a_widget_that_qt_deleted_is_not_called_any_more(session):
    follower = Follower(session)
    before = len(session.request_changed)
    shiboken6.delete(follower)

    session.propose(seed=4)

    assert len(follower.seen) == 1
    assert len(session.request_changed) == before - 1


def test_a_bound_widget_may_be_deleted_while_the_session_lives(session):
    spin = QSpinBox()
    bind(session, "seed", spin, QSpinBox.setValue, spin.valueChanged)
    shiboken6.delete(spin)

    session.propose(seed=4)

    assert session.request.seed == 4
