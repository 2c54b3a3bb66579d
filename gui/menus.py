"""The menus and the toolbar: where each action is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from gui.panels.pasted import title

if TYPE_CHECKING:
    from gui.window import Window

_TOOLBAR = (
    ("open", "gallery", "paste", "draw"),
    ("run", "pause", "step", "reset"),
    ("undo", "redo"),
)
_SAVE = ("save-image", "save-delta", "save-row", "save-session", "copy-python")
_MENUS = {
    "&File": (
        ("open", "gallery", "paste", "draw", "RECENT"),
        ("open-network", "teach", "open-session"),
        (*_SAVE,),
        ("settings",),
        ("quit",),
    ),
    "&Edit": (("undo", "redo"),),
    "&Attack": (
        ("run", "pause", "step", "reset"),
        ("slower", "faster"),
        ("paint-mask", "invert-mask", "clear-mask"),
        ("craft",),
    ),
    "&View": (
        ("inside", "next-view", "previous-view"),
        ("zoom-fit", "previous", "next"),
        ("theme-light", "theme-dark", "theme-system"),
        ("DOCKS", "arrange"),
    ),
    "&Help": (("keys", "about"),),
}


def add_toolbar(window: Window) -> None:
    """The row of buttons under the menus; icons with words beside them."""
    bar = QToolBar("Tools", window)
    bar.setObjectName("tools")
    bar.setIconSize(QSize(18, 18))
    bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    for group in _TOOLBAR:
        for name in group:
            bar.addAction(window.action[name])
        bar.addSeparator()
    bar.addWidget(_flip_button(bar, window))
    bar.addAction(window.action["inside"])
    bar.addSeparator()
    save = QToolButton(bar)
    save.setDefaultAction(window.action["save-image"])
    save.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
    save.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    menu = QMenu(save)
    for name in _SAVE:
        menu.addAction(window.action[name])
    save.setMenu(menu)
    bar.addWidget(save)
    window.addToolBar(bar)


def _flip_button(bar: QToolBar, window: Window) -> QToolButton:
    """Shows the clean picture for as long as it is held down."""
    button = QToolButton(bar)
    action = window.action["flip"]
    button.setIcon(action.icon())
    button.setText(action.iconText())
    button.setToolTip(action.toolTip())
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    button.pressed.connect(lambda: window.session.flip(True))
    button.released.connect(lambda: window.session.flip(False))
    return button


def add_menus(window: Window) -> None:
    """The menu bar."""
    for name_of_menu, groups in _MENUS.items():
        menu = window.menuBar().addMenu(name_of_menu)
        for group in groups:
            for name in group:
                _add(menu, name, window)
            menu.addSeparator()


def _add(menu: QMenu, name: str, window: Window) -> None:
    if name == "RECENT":
        recent = menu.addMenu("Open &recent")
        recent.aboutToShow.connect(lambda: _fill_recent(recent, window))
    elif name == "DOCKS":
        for dock in window.docks:
            menu.addAction(dock.toggleViewAction())
    else:
        menu.addAction(window.action[name])


def _fill_recent(menu: QMenu, window: Window) -> None:
    menu.clear()
    for path in window.store.settings.recent:
        action = menu.addAction(title(path))
        action.setToolTip(path)
        action.triggered.connect(lambda _=False, path=path: window.commands.show_pictures((path,)))
    if menu.isEmpty():
        menu.addAction("No picture was opened yet").setEnabled(False)
