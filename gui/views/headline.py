"""The sentence over the pictures, and the verdict beside it."""

from __future__ import annotations

import html

from PySide6.QtCore import QMargins, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QTextDocument,
)
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from engine.frame import Frame, Verdict
from engine.wording import say_verdict, sentence
from gui import theme
from gui.session import Session
from gui.views.base import FrameView
from gui.views.hidden_gradient import HiddenGradient
from gui.views.ink import legible, on

EMPTY = "Drop a picture to begin."
LOADING = "Loading the network …"

_ONE_LINE = 100 * theme.GRID
"""From this width on, what is seen before and after stands on one line; narrower, on a line each.

It depends on the width and not on the words, so that nothing moves while ε is dragged and the words change.
"""

_FILLS = {Verdict.FOOLED: theme.ADVERSARIAL, Verdict.HIT: theme.TARGET, Verdict.HOLDS: theme.HOLDS}


class Headline(FrameView):
    """What happened, in one sentence: the first thing that is read."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.sentence = Sentence(self)
        self.pill = Pill(self)
        self._hidden_gradient = HiddenGradient()
        self.notes = QLabel(self)
        self.notes.setWordWrap(True)
        self.notes.setFont(theme.font(theme.Type.CAPTION))
        self.notes.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.notes.hide()
        places = QGridLayout(self)
        places.setContentsMargins(0, 0, 0, 0)
        places.setHorizontalSpacing(2 * theme.GRID)
        places.setVerticalSpacing(0)
        places.addWidget(self.sentence, 0, 0)
        places.addWidget(self.pill, 0, 1, Qt.AlignmentFlag.AlignVCenter)
        places.addWidget(self.notes, 1, 0, 1, 2)
        places.setColumnStretch(0, 1)
        self.recolour()
        self._say(EMPTY)

    def draw(self, frame: Frame) -> None:
        """Says what the frame shows."""
        verdict = None if frame.attacked is None else frame.attacked.verdict
        after = theme.TARGET if verdict is Verdict.HIT else theme.ADVERSARIAL
        self._say(sentence(frame) or LOADING, verdict, after)
        warning = self._hidden_gradient.warning(frame)
        notes = " ".join(filter(None, (warning, *frame.notes)))
        self.notes.setText(notes)
        self.notes.setForegroundRole(QPalette.ColorRole.WindowText if warning else QPalette.ColorRole.PlaceholderText)
        self.notes.setVisible(bool(notes))

    def _say(self, said: str, verdict: Verdict | None = None, after: str = theme.ADVERSARIAL) -> None:
        plain = said.replace("*", "")
        self.sentence.say(said, (theme.CLEAN, after))
        self.pill.say(verdict)
        self.setToolTip(plain)
        self.setAccessibleName(plain)

    def recolour(self) -> None:
        """Mixes the colours of the words anew."""
        self.sentence.recolour()
        self.pill.recolour()


class Sentence(QWidget):
    """Words with emphasis, in two lines that are always kept free, so that the pictures below never jump."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._said, self._colours = "", ("", "")
        self._is_broken = False
        self._document = QTextDocument(self)
        self._document.setDocumentMargin(0)

    def text(self) -> str:
        """The words as they are drawn."""
        return self._document.toPlainText()

    def say(self, said: str, colours: tuple[str, str]) -> None:
        """Shows ``said``; what stands between ``*`` is bold, in the first colour and then in the second."""
        if (said, colours) == (self._said, self._colours):
            return
        self._said, self._colours = said, colours
        self.setAccessibleName(said.replace("*", ""))
        self._lay_out()

    def recolour(self) -> None:
        """Mixes the colours of the words anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        self._is_broken = self.width() < _ONE_LINE
        said = self._said.replace(". ", ".\n", 1) if self._is_broken else self._said
        self._document.setHtml(_html(said, [legible(each) for each in self._colours if each]))
        self._fit()
        self.update()

    def _fit(self) -> None:
        """Takes the title's size if two lines will do, else the body's; grows rather than cut a word."""
        room = self._room()
        self._document.setTextWidth(max(self.width(), self.minimumWidth()))
        for kind in (theme.Type.TITLE, theme.Type.BODY):
            self._document.setDefaultFont(theme.font(kind))
            if self._document.size().height() <= room:
                break
        height = max(room, round(self._document.size().height()))
        if height != self.minimumHeight():
            self.setMinimumHeight(height)

    def _room(self) -> int:
        line = QTextDocument()
        line.setDocumentMargin(0)
        line.setDefaultFont(theme.font(theme.Type.TITLE))
        line.setPlainText("x\nx")
        return round(line.size().height())

    def sizeHint(self) -> QSize:
        """As wide as one line of text, two lines high."""
        return QSize(480, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wraps anew."""
        super().resizeEvent(event)
        if self._is_broken == (self.width() < _ONE_LINE):
            self._fit()
        else:
            self._lay_out()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the words, centred between above and below."""
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        context = QAbstractTextDocumentLayout.PaintContext()
        context.palette.setColor(QPalette.ColorRole.Text, theme.color("text"))
        painter.translate(QPointF(0, (self.height() - self._document.size().height()) / 2))
        self._document.documentLayout().draw(painter, context)


class Pill(QLabel):
    """The verdict by colour, shape and word: filled where the network was fooled, hollow where it holds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict: Verdict | None = None
        self.setContentsMargins(QMargins(12, 4, 12, 4))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.recolour()
        self.hide()

    def say(self, verdict: Verdict | None) -> None:
        """Shows a verdict, or nothing."""
        self.setVisible(verdict is not None)
        if verdict is not None and verdict is not self._verdict:
            self._verdict = verdict
            self.setText(say_verdict(verdict))
            self.setAccessibleName(f"Verdict: {verdict}")
            self.recolour()

    def recolour(self) -> None:
        """Takes the colour of the words from the verdict."""
        self.setFont(theme.font(theme.Type.BODY, bold=True))
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, self._ink())
        self.setPalette(palette)

    def _ink(self) -> QColor:
        if self._verdict is None:
            return theme.color("text")
        fill = _FILLS[self._verdict]
        return legible(fill) if self._verdict is Verdict.HOLDS else on(fill)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the pill, and the words over it."""
        if self._verdict is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            fill = QColor(_FILLS[self._verdict])
            painter.setPen(QPen(fill, 1.5))
            if self._verdict is not Verdict.HOLDS:
                painter.setBrush(fill)
            box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
            painter.end()
        super().paintEvent(event)


def _html(said: str, colours: list[QColor]) -> str:
    """Rich text of a sentence with emphasis; numbers and their units stay on one line."""
    kept = html.escape(said).replace(" %", "\u00a0%").replace("ε = ", "ε\u00a0=\u00a0").replace("&lt; ", "&lt;\u00a0")
    parts = kept.replace("\n", "<br>").split("*")
    for place in range(1, len(parts), 2):
        colour = colours[min(place // 2, len(colours) - 1)].name()
        parts[place] = f'<b style="color:{colour}">{parts[place]}</b>'
    return "".join(parts)
