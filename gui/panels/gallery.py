"""The gallery: pictures that are on this machine already, with what each is good for and who made it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QImageReader, QKeyEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.catalogue.samples import SAMPLES, SHELVES, Sample, find_sample, sample_path
from engine.catalogue.suiting import samples_for
from gui import theme
from gui.controls.section import Caption
from gui.controls.segmented import Choice, Segmented
from gui.session import Session

COLUMNS, ROWS = 5, 3
"""Of what is seen without scrolling."""
PICTURE = QSize(21 * theme.GRID, 14 * theme.GRID)
_HELP = {
    "imagenet": "For the networks that know ImageNet's 1000 classes",
    "cifar-10": "Frogs, ships, cats and so on in 32 × 32 pixels, for the networks trained on CIFAR-10",
    "mnist": "Handwritten digits in 28 × 28 pixels, for the networks trained on MNIST",
    "fashion-mnist": "Garments in 28 × 28 pixels, for the networks trained on Fashion-MNIST",
}
_NAME = Qt.ItemDataRole.UserRole
_PIXMAP = Qt.ItemDataRole.UserRole + 1
_RADIUS = theme.GRID / 2

Index = QModelIndex | QPersistentModelIndex


class GalleryDialog(QDialog):
    """Shows the samples, a shelf at a time, those that suit the network first; a click or Enter opens one."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Gallery")
        self.session = session
        self._suiting = samples_for(session.request.model)
        self.shelves = Segmented("Shelf", self)
        self.shelves.offer([Choice(name, title, _HELP[name]) for name, title in SHELVES.items()])
        self.list = _Shelf(self)
        self.note = Caption(parent=self)
        self.note.setIndent(theme.GRID)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().lineSpacing())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID, 2 * theme.GRID)
        rows.setSpacing(theme.GRID)
        for each in (self.shelves, self.list, self.note, buttons):
            rows.addWidget(each)
        self._unread: list[QListWidgetItem] = []
        self._reader = QTimer(self)  # one picture between two events, so that nothing waits for them
        self._reader.timeout.connect(self._read_one)
        self.shelves.chosen.connect(self.show_shelf)
        self.list.itemClicked.connect(self._open)
        self.list.itemActivated.connect(self._open)
        self.list.currentItemChanged.connect(self._on_current_changed)
        self.list.itemEntered.connect(self._on_current_changed)
        self.show_shelf(self._suiting[0].shelf)
        self.list.setFocus()

    @property
    def is_reading(self) -> bool:
        """Whether there are pictures still to be read."""
        return self._reader.isActive()

    def show_shelf(self, shelf: str) -> None:
        """Shows the samples of one of ``SHELVES``; those that suit the network come first."""
        samples = sorted((each for each in SAMPLES.values() if each.shelf == shelf), key=self._comes_late)
        self.shelves.show_value(shelf)
        self.list.clear()
        self._unread = [self._add(each) for each in samples]
        on_the_bench = find_sample(self.session.request.image)
        self.list.setCurrentRow(samples.index(on_the_bench) if on_the_bench in samples else 0)
        self._reader.start(0)

    def _comes_late(self, sample: Sample) -> bool:
        return sample not in self._suiting

    def _add(self, sample: Sample) -> QListWidgetItem:
        item = QListWidgetItem(sample.title, self.list)
        item.setData(_NAME, sample.name)
        said = f"{sample.title}. {sample.note} {_credit(sample)}"
        item.setData(Qt.ItemDataRole.AccessibleTextRole, said)
        item.setToolTip(_credit(sample))
        return item

    def _read_one(self) -> None:
        if not self._unread:
            self._reader.stop()
            return
        item = self._unread.pop(0)
        try:
            item.setData(_PIXMAP, _picture(SAMPLES[item.data(_NAME)], self.devicePixelRatioF()))
        except (OSError, ValueError) as error:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            item.setToolTip(f"This picture is missing: {error}. Installing its package again brings it back.")

    def _on_current_changed(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            sample = SAMPLES[item.data(_NAME)]
            self.note.setText(f"{sample.note}\n{_credit(sample)}")

    def _open(self, item: QListWidgetItem) -> None:
        if self.isVisible() and item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.accept()
            self.session.open_images((SAMPLES[item.data(_NAME)].image,))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _credit(sample: Sample) -> str:
    return f"{sample.credit}. Licence: {sample.licence}."


def _picture(sample: Sample, ratio: float) -> QPixmap:
    """A photograph, cut to fill its place; a small picture whole, every pixel a square.

    Args:
        sample: whose picture.
        ratio: pixels of the screen in one of Qt's.

    Raises:
        FileNotFoundError: its package is not there.
        ValueError: it cannot be read.
    """
    reader = QImageReader(str(sample_path(sample.name)))
    wanted, there = PICTURE * ratio, reader.size()
    times = wanted.height() // max(1, there.height())
    if times < 2:
        reader.setScaledSize(there.scaled(wanted, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        raise ValueError(reader.errorString())
    if times < 2:
        spare = image.size() - wanted
        image = image.copy(QRect(QPoint(spare.width() // 2, spare.height() // 4), wanted))  # heads are at the top
    else:
        image = image.scaled(image.size() * times)
    made = QPixmap.fromImage(image)
    made.setDevicePixelRatio(ratio)
    return made


class _Shelf(QListWidget):
    """The pictures in rows; the arrow keys go along and across."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("Sample pictures")
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setMovement(QListWidget.Movement.Static)
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QListWidget.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        delegate = _Tile(self)
        self.setItemDelegate(delegate)
        tile = delegate.size()
        self.setMinimumSize(COLUMNS * tile.width() + 3 * theme.GRID, ROWS * tile.height() + theme.GRID)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens on every system; some would begin to edit."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and self.currentRow() >= 0:
            self.itemActivated.emit(self.currentItem())
        else:
            super().keyPressEvent(event)


class _Tile(QStyledItemDelegate):
    """A picture, its title, and below it its licence and who made it."""

    def size(self) -> QSize:
        """Of every tile."""
        title, caption = (
            QFontMetrics(theme.font(kind)).lineSpacing() for kind in (theme.Type.BODY, theme.Type.CAPTION)
        )
        return PICTURE + QSize(2 * theme.GRID, 2 * theme.GRID + theme.GRID // 2 + title + 2 * caption)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """All alike."""
        return self.size()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draws the tile; the current one has a ring."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_ground(painter, option)
        corner = option.rect.topLeft() + QPoint(theme.GRID, theme.GRID)
        _paint_picture(painter, QRect(corner, PICTURE), index.data(_PIXMAP))
        corner += QPoint(0, PICTURE.height() + theme.GRID // 2)
        sample = SAMPLES[index.data(_NAME)]
        for text, kind, ink in (
            (_capital(sample.short_title), theme.Type.BODY, "text"),
            (sample.licence, theme.Type.CAPTION, "muted"),
            (sample.credit, theme.Type.CAPTION, "muted"),
        ):
            painter.setFont(theme.font(kind))
            painter.setPen(theme.color(ink))
            line = QRect(corner, QSize(PICTURE.width(), painter.fontMetrics().lineSpacing()))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, shown)
            corner = line.bottomLeft() + QPoint(0, 1)
        painter.restore()


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
    is_current = bool(option.state & QStyle.StateFlag.State_Selected)
    is_under_mouse = bool(option.state & QStyle.StateFlag.State_MouseOver)
    painter.setPen(QPen(theme.color("accent"), 2) if is_current else Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("alternate") if is_current or is_under_mouse else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(option.rect.adjusted(2, 2, -2, -2), _RADIUS, _RADIUS)


def _paint_picture(painter: QPainter, place: QRect, pixmap: QPixmap | None) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.color("stage"))
    painter.drawRect(place)
    if pixmap is not None:
        shown = QRect(QPoint(), pixmap.deviceIndependentSize().toSize())
        shown.moveCenter(place.center())
        painter.drawPixmap(shown, pixmap)
