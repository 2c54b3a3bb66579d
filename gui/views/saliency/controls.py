"""What is attributed, how, and how it is drawn."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QSlider, QVBoxLayout, QWidget

from engine.catalogue.saliency import SALIENCIES, Saliency
from engine.request import Request
from gui import theme
from gui.bind import follow
from gui.controls.classes import ClassChooser
from gui.forms import OptionsForm, labelled, turn_only_with_focus
from gui.session import Session

WIDTH: Final = 32 * theme.GRID
_OPACITY: Final = 70


class SaliencyControls(QWidget):
    """Proposes the way of attribution, its options and the class; keeps to itself how maps are drawn."""

    drawingChanged = Signal()  # noqa: N815 - Qt's spelling of signals
    """The maps are to be drawn in another way."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._used: dict[str, Saliency] = {}
        self.form: OptionsForm | None = None
        self.chooser = self._make_chooser()
        self.classes = self._make_classes()
        self.opacity = self._make_opacity()
        self.signs = self._make_signs()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(theme.GRID // 2)
        for each in (self.chooser, labelled("Class", self.classes), labelled("Opacity", self.opacity), self.signs):
            self._rows.addWidget(each)
        self._rows.addStretch(1)
        self._order_keys()
        self.setFixedWidth(WIDTH)
        follow(session, self._on_look_changed, "look")

    # Its parts

    def _make_chooser(self) -> QComboBox:
        chooser = QComboBox(self)
        chooser.setAccessibleName("Way of attribution")
        for place, kind in enumerate(SALIENCIES.values()):
            chooser.addItem(kind.title)
            chooser.setItemData(place, help_of(kind), Qt.ItemDataRole.ToolTipRole)
        chooser.activated.connect(self._on_chooser_activated)
        turn_only_with_focus(chooser)
        return chooser

    def _make_classes(self) -> ClassChooser:
        classes = ClassChooser(optional=True, parent=self)
        classes.entry.setPlaceholderText("the predicted one")
        classes.entry.setAccessibleName("Class whose score is attributed")
        classes.picked.connect(lambda label: self._session.look_at(saliency_label=label))
        return classes

    def _make_opacity(self) -> QSlider:
        opacity = QSlider(Qt.Orientation.Horizontal, self)
        opacity.setRange(0, 100)
        opacity.setValue(_OPACITY)
        opacity.setPageStep(10)
        opacity.setAccessibleName("Opacity of the maps over the photo, in per cent")
        opacity.valueChanged.connect(self._on_opacity_changed)
        turn_only_with_focus(opacity)
        opacity.setToolTip(_say_opacity(_OPACITY))
        return opacity

    def _make_signs(self) -> QCheckBox:
        signs = QCheckBox("Show what speaks against it", self)
        signs.setToolTip("Two colours: what raises the class's score, and what lowers it. Else only how much.")
        signs.toggled.connect(self.drawingChanged)
        return signs

    # What it says

    @property
    def method(self) -> Saliency:
        """The way that is asked for."""
        return self._session.request.look.saliency

    @property
    def share(self) -> float:
        """The opacity, in [0, 1]."""
        return self.opacity.value() / 100

    def shows_signs(self, method: type[Saliency]) -> bool:
        """Whether maps of that way are drawn with their signs."""
        return method.signed and self.signs.isChecked()

    # What is asked

    def _on_look_changed(self, request: Request) -> None:
        method = request.look.saliency
        self._used[method.name] = method
        self.chooser.setCurrentIndex(list(SALIENCIES).index(method.name))
        self.chooser.setToolTip(help_of(type(method)))
        self.signs.setVisible(method.signed)
        if self.classes.label != request.look.saliency_label:
            self.classes.show_label(request.look.saliency_label)
        self._show_form(method)

    def _show_form(self, method: Saliency) -> None:
        """Keeps the form while it is the same way's: the user may be typing into it."""
        if self.form is not None and type(self.form.record) is type(method):
            self.form.show_record(method)
            return
        if self.form is not None:
            self._rows.removeWidget(self.form)
            self.form.hide()
            self.form.deleteLater()
        self.form = OptionsForm(method, self)
        self.form.edited.connect(lambda record: self._session.look_at(saliency=record))
        self._rows.insertWidget(2, self.form)
        self.form.setVisible(bool(self.form.editors))
        self._order_keys()

    def _order_keys(self) -> None:
        """The Tab key goes from top to bottom."""
        editors = () if self.form is None else self.form.editors
        for before, after in pairwise((self.chooser, self.classes, *editors, self.opacity, self.signs)):
            self.setTabOrder(before, after)

    def _on_chooser_activated(self, place: int) -> None:
        kind = list(SALIENCIES.values())[place]
        if not isinstance(self.method, kind):
            self._session.look_at(saliency=self._used.get(kind.name) or kind())

    def _on_opacity_changed(self, percent: int) -> None:
        self.opacity.setToolTip(_say_opacity(percent))
        self.drawingChanged.emit()


def help_of(method: type[Saliency]) -> str:
    """A way of attribution: plainly first, then exactly."""
    return f"{method.summary}\n\n{method.formula}\n\n{method.paper}"


def _say_opacity(percent: int) -> str:
    return f"How much of the photo the maps hide: {percent} %"
