"""A form follows from the fields of a record, and can say nothing that the record forbids."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QDoubleSpinBox, QLabel, QSpinBox

from engine.catalogue.attacks import BIM, FGSM
from engine.catalogue.options import option
from gui.forms import OptionsForm


@dataclass(frozen=True)
class Recipe:
    minutes: int = option(10, low=1, high=500, label="Minutes", text="How long it bakes.")
    salt: float = option(0.25, low=0.001, high=2, label="Salt", unit="g", text="How much salt.")
    covered: bool = option(True, label="Covered", text="With a lid.")


@pytest.fixture
def form(qtbot):
    made = OptionsForm(Recipe())
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is made)
    return made


@pytest.fixture
def edits(form):
    seen = []
    form.edited.connect(seen.append)
    return seen


def turn_wheel(widget, degrees=120):
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, degrees),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


def retype(qtbot, spin, text):
    spin.setFocus()
    spin.selectAll()
    qtbot.keyClicks(spin, text)


def test_each_kind_of_option_has_its_widget_with_bounds_label_and_help(form):
    minutes, salt, covered = (form.editor(name) for name in ("minutes", "salt", "covered"))
    assert isinstance(minutes, QSpinBox)
    assert isinstance(salt, QDoubleSpinBox)
    assert isinstance(covered, QCheckBox)
    assert (minutes.minimum(), minutes.maximum(), minutes.value()) == (1, 500, 10)
    assert (salt.minimum(), salt.maximum(), salt.text()) == (0.001, 2, "0.25 × g")
    assert covered.isChecked()
    assert "How long it bakes." in minutes.toolTip()
    assert (minutes.accessibleName(), salt.accessibleName(), covered.text()) == ("Minutes", "Salt", "Covered")
    assert {each.buddy() for each in form.findChildren(QLabel)} == {minutes, salt}


def test_typing_a_number_is_one_edit_made_with_enter(qtbot, form, edits):
    minutes = form.editor("minutes")
    retype(qtbot, minutes, "100")
    assert not edits

    qtbot.keyClick(minutes, Qt.Key.Key_Return)

    assert edits == [Recipe(minutes=100)]


def test_a_typed_number_counts_when_the_box_is_left(qtbot, form, edits):
    retype(qtbot, form.editor("minutes"), "42")
    form.editor("salt").setFocus()

    assert edits == [Recipe(minutes=42)]


def test_arrow_keys_step_and_leaving_settles(qtbot, form, edits):
    minutes = form.editor("minutes")
    minutes.setFocus()
    qtbot.keyClick(minutes, Qt.Key.Key_Up)
    qtbot.keyClick(minutes, Qt.Key.Key_Up)

    assert edits == [Recipe(minutes=11), Recipe(minutes=12)]
    with qtbot.waitSignal(form.settled, timeout=1000):
        form.editor("covered").setFocus()


def test_a_number_beyond_the_bounds_cannot_be_entered(qtbot, form, edits):
    retype(qtbot, form.editor("salt"), "5")
    qtbot.keyClick(form.editor("salt"), Qt.Key.Key_Return)

    assert form.record.salt <= 2
    assert all(each.salt <= 2 for each in edits)


def test_ticking_a_box_is_an_edit_and_settles(qtbot, form, edits):
    with qtbot.waitSignal(form.settled, timeout=1000):
        qtbot.keyClick(form.editor("covered"), Qt.Key.Key_Space)

    assert edits == [Recipe(covered=False)]


def test_showing_another_record_tells_nobody(form, edits):
    form.show_record(Recipe(minutes=7, salt=1.5, covered=False))

    assert form.editor("minutes").value() == 7
    assert form.editor("salt").value() == 1.5
    assert not form.editor("covered").isChecked()
    assert not edits


def test_what_is_shown_rounded_keeps_its_digits_while_something_else_is_edited(qtbot, form, edits):
    form.show_record(Recipe(salt=1 / 3))
    qtbot.keyClick(form.editor("covered"), Qt.Key.Key_Space)

    assert edits[-1].salt == 1 / 3


def test_the_wheel_passes_over_an_unused_box_and_turns_a_used_one(form, edits):
    minutes = form.editor("minutes")
    form.editor("salt").setFocus()
    passed_on = turn_wheel(minutes)
    assert not passed_on.isAccepted()
    assert not edits

    minutes.setFocus()
    turn_wheel(minutes)
    assert edits == [Recipe(minutes=11)]


def test_the_forms_of_the_attacks_are_made_from_their_own_fields(qtbot):
    form = OptionsForm(BIM(steps=20))
    qtbot.addWidget(form)
    assert form.editor("steps").value() == 20
    assert form.editor("step_size").text() == "0.25 × ε"

    empty = OptionsForm(FGSM())
    qtbot.addWidget(empty)
    assert empty.editors == []
