"""The views that look inside the network: each in a dock of its own, made when it is first seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QLayout, QSizePolicy, QVBoxLayout, QWidget

from gui.session import Session

LEAST, USUAL = QSize(320, 140), QSize(640, 180)
"""How small a view may be made, and how large it is at the very first start, below its title."""

Maker = Callable[[Session, QWidget], QWidget]


class ViewDock(QDockWidget):
    """A dock whose view is made when it is first seen, and is shown only while its tab is on top.

    Qt keeps the content of every tab shown, beside the screen; a view that believed it would have the engine work for
    all of them.

    Args:
        title: of the tab.
        make: makes the view.
        session: is handed to it.
        parent: as usual.
    """

    def __init__(self, title: str, make: Maker, session: Session, parent: QWidget) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock {title}")
        self._make = make
        self._session = session
        self._stage = _Stage(self)
        self._made: QWidget | None = None
        self.setWidget(self._stage)
        self.visibilityChanged.connect(self._on_visibility_changed)
        self.topLevelChanged.connect(self._on_top_level_changed)

    @property
    def view(self) -> QWidget:
        """The view, made if need be."""
        if self._made is None:
            self._made = self._make(self._session, self._stage)
            self._stage.hold(self._made)
        return self._made

    @property
    def is_made(self) -> bool:
        """Whether the view has been seen before."""
        return self._made is not None

    def _on_visibility_changed(self, visible: bool) -> None:
        if visible:
            self.view.show()
        elif self._made is not None:
            self._made.hide()

    def _on_top_level_changed(self) -> None:
        """Qt does not always tell that a dock which came loose, or went back among its tabs, can be seen now."""
        QTimer.singleShot(0, self, self._follow_place)  # when it has arrived

    def _follow_place(self) -> None:
        self._on_visibility_changed(self.isVisible() and (self.isFloating() or not self.visibleRegion().isEmpty()))


def offer_in_menus(dock: QDockWidget) -> None:
    """Has the dock's entry in menus bring it forward, and close it only when it can be seen; the tick says which.

    Qt's own entry is ticked for every tab, so that choosing one that lies behind another would close it unseen.
    """
    entry = dock.toggleViewAction()
    dock.visibilityChanged.connect(entry.setChecked, Qt.ConnectionType.QueuedConnection)  # after Qt's own tick
    dock.topLevelChanged.connect(lambda: entry.setChecked(True))  # of which Qt does not always tell
    entry.triggered.connect(lambda wanted: dock.raise_() if wanted else None)


class _Stage(QWidget):
    """Holds a view, and asks for the same room whatever the view is, so that no tab moves the pictures above."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        self.setMinimumSize(LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)

    def hold(self, view: QWidget) -> None:
        """Takes the view in, hidden."""
        view.hide()
        rows = self.layout()
        assert rows is not None  # noqa: S101 - made above
        rows.addWidget(view)

    def sizeHint(self) -> QSize:
        """What a view gets at the first start."""
        return USUAL


@dataclass(frozen=True)
class Place:
    """One view that looks inside.

    Attributes:
        title: of its tab.
        tip: what it shows, a sentence without its full stop.
        module: of ``gui.views``, imported when the view is made.
        name: of the view's class.
    """

    title: str
    tip: str
    module: str
    name: str

    def make(self, session: Session, parent: QWidget) -> QWidget:
        """Makes the view."""
        view: QWidget = getattr(import_module(f"gui.views.{self.module}"), self.name)(session, parent)
        return view


PLACES = (
    Place("Network", "The network as a graph, with a table of its layers", "network", "NetworkView"),
    Place(
        "Divergence",
        "How far the attacked run is from the clean one, layer by layer",
        "divergence",
        "DivergenceView",
    ),
    Place("Filters", "The weights of the selected layer, as pictures", "filters", "FiltersView"),
    Place(
        "Activations",
        "The feature maps of the selected layer: clean, attacked, difference",
        "activations",
        "ActivationsView",
    ),
    Place("Unit", "One unit: its activation against ε, and what excites it", "unit", "UnitView"),
    Place("Two pictures", "A second picture through the same layer, beside the first", "companion", "CompanionView"),
    Place("Taken apart", "One number of the selected layer, and how it comes about", "anatomy", "AnatomyView"),
    Place(
        "Playground",
        "Convolution by hand: own input, own kernel, and the matrix of it",
        "playground",
        "PlaygroundView",
    ),
    Place("Saliency", "Which pixels the answer rests on, before and after", "saliency", "SaliencyView"),
    Place("Backprop", "The gradient on its way back: of this network, and by hand on a tiny one", "walk", "WalkView"),
    Place("Models", "A row of networks: whom else the attack fools, and what it is crafted on", "models", "ModelsView"),
    Place("Side by side", "The same attack on a second network, beside the bench's", "models", "TwinView"),
    Place("Causes", "Which layer carries the attack: activations put back, muted or scaled", "causes", "CausesView"),
    Place("One step", "The step that led to the perturbed picture, taken apart stage by stage", "steps", "StepsView"),
    Place(
        "Masking",
        "Whether the network hides its gradient, so that attacks along it say little",
        "masking",
        "MaskingView",
    ),
)
"""Every view that looks inside, in the order of the tabs."""
