"""The three pages: a universal perturbation, a patch, a fooling image."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QPushButton, QWidget

from engine.catalogue.attacks import Norm
from engine.catalogue.budgets import epsilon_limit
from engine.catalogue.crafting import FOOLING_RECIPES, PATCH_RECIPES, UNIVERSAL_RECIPES
from engine.crafting.workshop import Asked
from engine.frame import Frame
from engine.request import Request
from engine.wording import NORM_NAMES
from gui import theme
from gui.controls.classes import ClassChooser
from gui.controls.elided import Elided
from gui.controls.segmented import Choice, Segmented
from gui.crafting.curve import Lines
from gui.crafting.page import Page
from gui.crafting.picture import CraftPicture
from gui.forms import labelled, turn_only_with_focus
from gui.panels.scale import NORM_HELP, values_of

USUAL_SHARE = 10 / 16
"""Of the usual largest ε: 10/255 for photographs in L∞, as published."""

NO_FOLDER = "Choose a folder with pictures first."
NO_CLASS = "Choose a class of the network first."


class FolderRow(QWidget):
    """The folder that is learnt from."""

    wanted = Signal()
    """The button was pressed: ask which folder."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.path = ""
        self._name = Elided("no folder yet", self)
        self.button = QPushButton("&Folder…", self)
        self.button.setAutoDefault(False)
        self.button.setToolTip("Choose the folder whose pictures are learnt from; a fifth of them is only measured.")
        self.button.clicked.connect(self.wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button)
        row.addWidget(self._name, 1)

    def show_path(self, path: str) -> None:
        """Takes a folder."""
        self.path = path
        self._name.setText(Path(path).name or path)
        self._name.setToolTip(path)


class UniversalPage(Page):
    """One perturbation for every picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        lines = Lines("fooled (%)", theme.ADVERSARIAL, "pictures learnt from", "new pictures", "noise, new pictures")
        advice = "Choose a folder with pictures, hundreds if you can, and press Start: here the perturbation will grow."
        super().__init__(
            UNIVERSAL_RECIPES, CraftPicture("Universal perturbation", advice), lines, "&Keep for later", parent
        )
        self._values = values_of(None)
        self.folder = FolderRow(self)
        self.norm = Segmented("Norm", self)
        self.norm.offer([Choice(each, NORM_NAMES[each], NORM_HELP[each]) for each in (Norm.LINF, Norm.L2)])
        self.norm.show_value(Norm.LINF)
        self._norm = Norm.LINF
        self.epsilon = _number("How large the perturbation may be.")
        self.add_first(self.folder, [self.folder.button])
        self.add_first(labelled("Norm", self.norm), self.norm.buttons)
        self.add_first(labelled("ε", self.epsilon), [self.epsilon])
        self.norm.chosen.connect(self._on_norm_chosen)
        self._on_norm_chosen(Norm.LINF)

    def _on_norm_chosen(self, norm: Norm) -> None:
        self._norm = norm
        self.epsilon.setDecimals(1 if norm is Norm.LINF else 2)
        self.epsilon.setSuffix(" /255" if norm is Norm.LINF else "")
        self.epsilon.setRange(0.1, 255 if norm is Norm.LINF else 1000)
        self.epsilon.setValue(epsilon_limit(norm, self._values) * USUAL_SHARE * (255 if norm is Norm.LINF else 1))

    def show_frame(self, frame: Frame) -> None:
        """Another network may see pictures of another size, which bear another ε."""
        super().show_frame(frame)
        values = values_of(frame)
        if values != self._values:
            self._values = values
            self._on_norm_chosen(self._norm)

    def asked(self, request: Request) -> Asked | str:
        """What is to be crafted, or what is still missing."""
        if not self.folder.path:
            return NO_FOLDER
        unit = 1 / 255 if self._norm is Norm.LINF else 1.0
        return Asked(
            self.recipe,
            request.model,
            request.device,
            self.chosen_seed,
            folder=self.folder.path,
            norm=self._norm,
            epsilon=self.epsilon.value() * unit,
        )


class TargetPage(Page):
    """What patches and fooling images have in common: the class that they are to be seen as."""

    def _add_target(self) -> None:
        self.target = ClassChooser(optional=False, parent=self)
        self.target.entry.setAccessibleName("Class to be seen")
        self.target.entry.setPlaceholderText("type a class")
        # The chooser hands the keyboard on to its line, so that the key would stop there once more where it stands.
        self.add_first(labelled("Seen as", self.target), [self.target, self.target.entry])

    def show_frame(self, frame: Frame) -> None:
        """Another network may know other classes."""
        super().show_frame(frame)
        if frame.network is not None:
            self.target.set_classes(frame.network.classes)


class PatchPage(TargetPage):
    """A disc for every picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        lines = Lines("seen as the class (%)", theme.TARGET, "pictures learnt from", "new pictures", "patch of noise")
        advice = "Choose a folder with pictures and a class, and press Start: here the patch will grow."
        picture = CraftPicture("Patch", advice, round_=True)
        super().__init__(PATCH_RECIPES, picture, lines, "&Keep for later", parent)
        self.folder = FolderRow(self)
        self.add_first(self.folder, [self.folder.button])
        self._add_target()

    def asked(self, request: Request) -> Asked | str:
        """What is to be crafted, or what is still missing."""
        label = self.target.label
        if not self.folder.path:
            return NO_FOLDER
        if label is None or not self.target.knows(label):
            return NO_CLASS
        return Asked(
            self.recipe, request.model, request.device, self.chosen_seed, folder=self.folder.path, target=label
        )


class FoolingPage(TargetPage):
    """A picture from noise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        lines = Lines("probability (%)", theme.TARGET, "the class")
        advice = "Choose a class and press Start: here a picture will grow that the network takes for it."
        super().__init__(FOOLING_RECIPES, CraftPicture("Fooling image", advice), lines, "&Save PNG…", parent)
        self._add_target()

    def asked(self, request: Request) -> Asked | str:
        """What is to be crafted, or what is still missing."""
        label = self.target.label
        if label is None or not self.target.knows(label):
            return NO_CLASS
        return Asked(self.recipe, request.model, request.device, self.chosen_seed, target=label)


def _number(text: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setToolTip(text)
    box.setKeyboardTracking(False)
    turn_only_with_focus(box)
    return box
