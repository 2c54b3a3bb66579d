"""The box for a seed of everything that is drawn at random. Its library is slow to import: do so when it is needed."""

from __future__ import annotations

from PySide6.QtCore import QRegularExpression
from PySide6.QtGui import QRegularExpressionValidator
from superqt import QLargeIntSpinBox

from gui.forms import turn_only_with_focus

LARGEST = 2**63 - 1


def seed_box(tip: str) -> QLargeIntSpinBox:
    """A box for any seed, with its tool tip.

    It has no parent yet: the library's box takes the focus while it is made, from whoever has it in its window.
    """
    seed = QLargeIntSpinBox()
    seed.setRange(0, LARGEST)  # type: ignore[no-untyped-call]
    seed.setKeyboardTracking(False)
    # The box's own validator lets a lone "-" and figures such as "²" pass, and then fails to read them.
    seed.lineEdit().setValidator(QRegularExpressionValidator(QRegularExpression("[0-9]{0,19}"), seed))
    seed.setToolTip(tip)
    turn_only_with_focus(seed)
    return seed
