"""Everything the window can be told to do, declared once: menus, toolbar, tool tips and the list of keys follow it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence

from gui.icons import icon


@dataclass(frozen=True, slots=True)
class Declared:
    """One action.

    Attributes:
        name: as the code calls it.
        text: as menus show it; ``&`` before the letter that picks it.
        tip: what it does, a sentence without its full stop.
        icon: a file of ``assets/icons``, or empty.
        keys: as ``QKeySequence`` reads them, the one that is shown first.
        short: as the toolbar shows it, where the menu's text is too long.
        repeats: whether holding the key does it again and again.
        ticks: whether menus tick it while it is in force.
        held: a key that works while it is held down; views see to it, for a shortcut would take it from every button.
    """

    name: str
    text: str
    tip: str
    icon: str = ""
    keys: tuple[str, ...] = ()
    short: str = ""
    repeats: bool = False
    ticks: bool = False
    held: str = ""


ACTIONS = (
    Declared("open", "&Open pictures…", "Open one or several pictures", "open", ("Ctrl+O",), "Open"),
    Declared("gallery", "&Gallery…", "Choose one of the sample photographs", "gallery", ("Ctrl+G",), "Gallery"),
    Declared("paste", "&Paste", "Open the picture, or the path of one, that is on the clipboard", "paste", ("Ctrl+V",)),
    Declared(
        "draw",
        "&Draw…",
        "Draw a digit or a garment, and see what the network makes of it while the pencil moves",
        "draw",
        ("Ctrl+D",),
        "Draw",
    ),
    Declared(
        "open-network",
        "Open &network…",
        "Open a network of your own: weights, TorchScript, torch.export or ONNX",
        "open",
        ("Ctrl+Shift+O",),
    ),
    Declared(
        "teach",
        "&Teach your classes…",
        "Drop a folder of pictures for every class: a network learns to tell them apart",
        "",
        ("Ctrl+T",),
    ),
    Declared("open-session", "Open s&ession…", "Put every control back as a session file says", "open"),
    Declared("run", "&Run", "Let the attack go on", "run", ("F5",)),
    Declared("pause", "&Pause", "Hold the attack before its next step", "pause", ("F6",)),
    Declared("step", "&Step", "Take one step of the attack and hold again", "step", ("F7",)),
    Declared("reset", "Rese&t", "Start the attack again with its usual options and the first seed", "reset", ("F8",)),
    Declared(
        "slower", "S&lower", "Let an attack of many steps take fewer of them a second, to watch each", "", ("Ctrl+[",)
    ),
    Declared("faster", "&Faster", "Let it take more steps a second, up to full speed", "", ("Ctrl+]",)),
    Declared(
        "paint-mask",
        "Pa&int where it may act",
        "Paint on the clean picture where the attack may act, or lay the brush down",
        "",
        ("Ctrl+M",),
    ),
    Declared("invert-mask", "I&nvert where it may act", "Allow what is not allowed now", "", ("Ctrl+Shift+M",)),
    Declared("clear-mask", "Let it act &everywhere", "Take the painted area away", "", ("Ctrl+Alt+M",)),
    Declared(
        "craft",
        "&Craft…",
        "Make a universal perturbation or a patch from a folder of pictures, or a fooling image from noise",
        "",
        ("Ctrl+K",),
    ),
    Declared("undo", "&Undo", "Take the last choice back", "undo", ("Ctrl+Z",), repeats=True),
    Declared("redo", "&Redo", "Choose again what was taken back", "redo", ("Ctrl+Shift+Z", "Ctrl+Y"), repeats=True),
    Declared(
        "flip", "F&lip", "Hold to see the clean picture in the place of the adversarial one", "flip", held="Space"
    ),
    Declared(
        "inside",
        "Look &inside",
        "Give the layers, filters and feature maps half of the window, or the pictures their room again",
        "inside",
        ("Ctrl+I",),
        "Inside",
    ),
    Declared(
        "next-view",
        "Next &view below",
        "Bring the next tab below the pictures forward",
        "",
        ("Ctrl+PgDown",),
        repeats=True,
    ),
    Declared(
        "previous-view",
        "Previous vie&w below",
        "Bring the tab before it forward",
        "",
        ("Ctrl+PgUp",),
        repeats=True,
    ),
    Declared("zoom-fit", "&Fit pictures", "Show the pictures whole again", "fit", ("Ctrl+0",)),
    Declared("previous", "&Previous picture", "The one before, of those opened together", "previous", ("Alt+Left",)),
    Declared("next", "&Next picture", "The one after, of those opened together", "next", ("Alt+Right",)),
    Declared(
        "save-image",
        "Save &adversarial picture…",
        "Save it as PNG, read the file back, and say whether it still fools",
        "save",
        ("Ctrl+S",),
        "Save",
    ),
    Declared("save-delta", "Save pertur&bation (.npy)…", "Save δ = x′ − x as numbers, for NumPy", "save"),
    Declared(
        "save-row", "Save the ro&w of pictures…", "Save clean + ε · direction = adversarial as PNG or SVG", "save"
    ),
    Declared("save-session", "&Save session…", "Save what every control says", "save", ("Ctrl+Shift+S",)),
    Declared(
        "copy-python",
        "&Copy as Python",
        "Copy a script that prints the prediction shown here",
        "copy",
        ("Ctrl+Shift+C",),
    ),
    Declared("arrange", "&Arrange as at first", "Put every dock back where it was at the very first start"),
    Declared("theme-light", "&Light", "Dark on light", "sun", ticks=True),
    Declared("theme-dark", "&Dark", "Light on dark", "moon", ticks=True),
    Declared("theme-system", "Like the s&ystem", "Light or dark as the desktop is", "screen", ticks=True),
    Declared("settings", "Se&ttings…", "Appearance, and what the network runs on", "settings", ("Ctrl+,",)),
    Declared("keys", "&Keys", "List every action with its key", "keys", ("F1",)),
    Declared("about", "&About Foolscope", "What Foolscope is, and whose work it rests on", "about"),
    Declared("quit", "&Quit", "End Foolscope; a running attack or download is stopped", "", ("Ctrl+Q",)),
)
"""Every action, in the order of the list of keys."""


def make_actions(parent: QObject) -> dict[str, QAction]:
    """An action for every declaration, by its name; what it does is for the caller to connect."""
    return {each.name: _make(each, parent) for each in ACTIONS}


def _make(declared: Declared, parent: QObject) -> QAction:
    action = QAction(declared.text, parent)
    action.setObjectName(declared.name)
    if declared.icon:
        action.setIcon(icon(declared.icon))
    if declared.short:
        action.setIconText(declared.short)
    keys = [QKeySequence(each) for each in declared.keys]
    action.setShortcuts(keys)
    action.setAutoRepeat(declared.repeats)
    action.setCheckable(declared.ticks)
    action.setIconVisibleInMenu(False)  # an icon lit for a button would not be seen on the bar of a chosen menu line
    shown = keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else declared.held
    action.setToolTip(f"{declared.tip} ({shown})" if shown else declared.tip)
    action.setStatusTip(declared.tip)
    return action
