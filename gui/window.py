"""The main window: places panels and views; nothing else."""

from __future__ import annotations

import base64

from PySide6.QtCore import QByteArray, QChildEvent, QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QTabBar, QTabWidget, QVBoxLayout, QWidget

from gui import theme
from gui.actions import make_actions
from gui.bridge import Bridge
from gui.commands import Commands
from gui.controls.tabs import LevelTabs
from gui.docks import PLACES, ViewDock, offer_in_menus
from gui.menus import add_menus, add_toolbar
from gui.panels.attack import AttackPanel
from gui.panels.budget import BudgetPanel
from gui.panels.dragging import Dragging
from gui.panels.draw import DrawPanel
from gui.panels.epsilon import EpsilonControl
from gui.panels.image import ImagePanel
from gui.panels.intake import images_in
from gui.panels.model import ModelPanel
from gui.panels.painting import Painting
from gui.panels.patching import PatchPlacing
from gui.panels.rules import RulesPanel
from gui.session import Session
from gui.settings import Store
from gui.statusbar import StatusBar
from gui.views.curve import CurveView
from gui.views.equation import EquationView
from gui.views.headline import Headline
from gui.views.probabilities import Probabilities
from gui.views.trace import TraceView

PANEL_WIDTH, ANSWERS_WIDTH, CURVE_HEIGHT, PAD_HEIGHT = 248, 256, 208, 288
"""In pixels, at the very first start: the pictures get what is left of 1280 × 800."""
INSIDE_SHARE = 0.5
"""Of the window's height, what views that look inside get when they are asked to come forward."""
TITLE_BAR = 40
"""In pixels, what a desktop puts above a window at most; nobody knows before it has done so."""
LAYOUT_VERSION = 3
"""Raised when docks come or go, so that an older arrangement is not forced upon them."""


class Window(QMainWindow):
    """Panels that ask on the left, pictures in the middle, answers on the right, curves below."""

    firstPainted = Signal()  # noqa: N815 - Qt's spelling of signals

    def __init__(self, session: Session, bridge: Bridge, store: Store) -> None:
        super().__init__()
        self.session, self.bridge, self.store = session, bridge, store
        self._was_painted = False
        self.setWindowTitle("Foolscope")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        self.action = make_actions(self)
        self._place_panels()  # first: the Tab key goes as the eye does, from left to right
        self._place_centre()
        self._place_views()
        self.status = StatusBar(session, self)
        self.setStatusBar(self.status)
        self.commands = Commands(self)
        add_toolbar(self)
        add_menus(self)
        self.resize(1280, min(800, self.screen().availableGeometry().height() - TITLE_BAR))
        self._restore()
        self.epsilon.setFocus()  # the first key moves what the window is about

    # Places

    def _place_centre(self) -> None:
        self.headline = Headline(self.session, self)
        self.equation = EquationView(self.session, self)
        self.epsilon = EpsilonControl(self.session, self)
        pane = self.equation.clean_pane
        Dragging(self.session, pane, lambda: pane.scale)
        for each in (pane, self.equation.adversarial_pane):
            PatchPlacing(self.session, each, each)
        painting = Painting(self.session, pane, pane)
        painting.toggled.connect(self.rules_panel.show_painting)
        self.rules_panel.paintToggled.connect(painting.turn)
        self.rules_panel.brushChanged.connect(painting.set_width)
        centre = QWidget(self)
        rows = QVBoxLayout(centre)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.setSpacing(theme.GRID)
        rows.addWidget(self.headline)
        rows.addWidget(self.equation, 1)
        rows.addWidget(self.epsilon)
        self.setCentralWidget(centre)

    def _place_panels(self) -> None:
        self.image_panel = ImagePanel(self.session, self)
        self.model_panel = ModelPanel(self.session, self)
        self.attack_panel = AttackPanel(self.session, self)
        self.budget_panel = BudgetPanel(self.session, self)
        self.rules_panel = RulesPanel(self.session, self)
        column = QWidget(self)
        rows = QVBoxLayout(column)
        rows.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        rows.setSpacing(theme.GRID)
        panels = (self.image_panel, self.model_panel, self.attack_panel, self.budget_panel, self.rules_panel)
        for panel in panels:
            rows.addWidget(panel)
        rows.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what it holds
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(column)
        scroll.setMinimumWidth(PANEL_WIDTH)
        self.bench_dock = self._dock("Bench", scroll, Qt.DockWidgetArea.LeftDockWidgetArea)

    def _place_views(self) -> None:
        self.probabilities = Probabilities(self.session, self)
        right, below = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.BottomDockWidgetArea
        self.answers_dock = self._dock("Probabilities", self.probabilities, right)
        self.curve_dock = ViewDock("ε curve", CurveView, self.session, self)
        self.trace_dock = ViewDock("Trace", TraceView, self.session, self)
        self.draw_dock = ViewDock("Draw", self._make_draw_panel, self.session, self)
        self.inside_docks = {place.title: ViewDock(place.title, place.make, self.session, self) for place in PLACES}
        for place in PLACES:
            self.inside_docks[place.title].toggleViewAction().setStatusTip(place.tip)
        self.addDockWidget(below, self.curve_dock)
        for dock in (self.trace_dock, *self.inside_docks.values(), self.draw_dock):
            self.tabifyDockWidget(self.curve_dock, dock)
        self.draw_dock.hide()
        self.curve_dock.raise_()
        for each in self.docks:
            offer_in_menus(each)
        self.resizeDocks([self.answers_dock], [ANSWERS_WIDTH], Qt.Orientation.Horizontal)
        self.resizeDocks([self.curve_dock], [CURVE_HEIGHT], Qt.Orientation.Vertical)

    def _dock(self, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock {title}")
        dock.setWidget(content)
        self.addDockWidget(area, dock)
        return dock

    def childEvent(self, event: QChildEvent) -> None:
        """Qt makes a bar of tabs for every place where docks lie on top of each other: their names stay whole."""
        super().childEvent(event)
        bar = event.child()
        if event.polished() and isinstance(bar, QTabBar):  # when it is added, Qt is not done with it
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)
            bar.setAccessibleName("Views")
            LevelTabs(bar)

    def _make_draw_panel(self, session: Session, parent: QWidget) -> QWidget:
        made = DrawPanel(session, parent)
        made.networkWanted.connect(self.model_panel.choose)
        return made

    def draw(self) -> None:
        """Shows the pad, as high as it takes to draw on, and puts the focus there."""
        self.draw_dock.show()
        self.draw_dock.raise_()
        if self.draw_dock.height() < PAD_HEIGHT:
            self.resizeDocks([self.draw_dock], [PAD_HEIGHT], Qt.Orientation.Vertical)
        self.draw_dock.view.setFocus()

    def look_inside(self) -> None:
        """Gives the views below half of the window and shows the network, or gives the pictures their room again."""
        shown = self._dock_on_top()
        is_low = shown.height() < 0.8 * INSIDE_SHARE * self.height()
        height = round(INSIDE_SHARE * self.height()) if is_low else CURVE_HEIGHT
        self.resizeDocks([shown], [height], Qt.Orientation.Vertical)
        if is_low and shown not in self.inside_docks.values():
            self.inside_docks["Network"].show()
            self.inside_docks["Network"].raise_()

    def show_view(self, step: int) -> None:
        """Brings another of the views below forward: ``step`` tabs to the right, round the end."""
        shown = self._dock_on_top()
        tabs = [shown, *self.tabifiedDockWidgets(shown)]
        order = [each for each in self._docks_below() if each in tabs and not each.isHidden()]
        if order:
            place = order.index(shown) if shown in order else -1
            order[(place + step) % len(order)].raise_()

    def _dock_on_top(self) -> QDockWidget:
        on_top = [each for each in self._docks_below() if not each.visibleRegion().isEmpty()]
        return on_top[0] if on_top else self.curve_dock

    def _docks_below(self) -> list[QDockWidget]:
        return [self.curve_dock, self.trace_dock, *self.inside_docks.values(), self.draw_dock]

    @property
    def docks(self) -> list[QDockWidget]:
        """Every dock, in the order of the View menu: as they lie in the window."""
        return [self.bench_dock, self.answers_dock, *self._docks_below()]

    # As it was left

    def _restore(self) -> None:
        self._original_docks = self.saveState(LAYOUT_VERSION)
        settings = self.store.settings
        self.restoreGeometry(_bytes(settings.window))
        self.restoreState(_bytes(settings.docks), LAYOUT_VERSION)

    def restore_layout(self) -> None:
        """Puts every dock back where it was at the very first start."""
        self.restoreState(self._original_docks, LAYOUT_VERSION)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remembers the arrangement and ends the engine's threads, also in the middle of an attack."""
        self.store.update(
            window=_text(self.saveGeometry()),
            docks=_text(self.saveState(LAYOUT_VERSION)),
        )
        self.bridge.close()
        for dock in self.docks:
            if dock.isFloating():  # a window of its own: it would be shown until it is destroyed
                dock.hide()
        super().closeEvent(event)

    # Hold to flip, wherever the focus is: keys come here when nothing before wanted them

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space shows the clean run in the place of the attacked one, in every view."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.session.flip(True)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """And back."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.session.flip(False)
        else:
            super().keyReleaseEvent(event)

    # What comes in

    def event(self, event: QEvent) -> bool:
        """Tells of the first paint: only then may torch be imported."""
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint and not self._was_painted:
            self._was_painted = True
            self.firstPainted.emit()
            QTimer.singleShot(0, self.bridge.start)  # the children are painted in the same turn
        return handled

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Everything may be dropped: what cannot be opened is told why."""
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped, or says why not."""
        event.acceptProposedAction()
        self.commands.take_in(images_in(event.mimeData()))


def _bytes(text: str) -> QByteArray:
    return QByteArray(base64.b64decode(text.encode(), validate=False))


def _text(content: QByteArray) -> str:
    return base64.b64encode(content.data()).decode()
