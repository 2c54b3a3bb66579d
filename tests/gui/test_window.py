"""The whole window, used as people use it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFileDialog, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from engine.catalogue.attacks import BIM, PGD
from engine.frame import Frame, Stage
from engine.masks import write_mask
from engine.request import Norm, Placement, Request
from gui.__main__ import build
from gui.settings import Store
from gui.window import Window

LONG = 60_000


def shown(window: Window, stage: Stage = Stage.ATTACKED) -> Frame | None:
    """The frame on the screen, once it answers what the controls say."""
    frame = window.session.frame
    if frame is None or frame.request != window.session.request or frame.stage < stage:
        return None
    return frame


def wait_for_answer(qtbot: QtBot, window: Window, stage: Stage = Stage.ATTACKED) -> Frame:
    qtbot.waitUntil(lambda: shown(window, stage) is not None, timeout=LONG)
    frame = shown(window, stage)
    assert frame is not None
    return frame


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


@pytest.fixture
def window(qtbot: QtBot, settings_file: Path) -> Iterator[Window]:
    made = build(Request(), Store.load(settings_file))
    qtbot.addWidget(made)
    made.show()
    wait_for_answer(qtbot, made)
    yield made
    made.close()


def drop(window: Window, *urls: QUrl) -> None:
    mime = QMimeData()
    mime.setUrls(list(urls))
    place, actions = window.rect().center(), Qt.DropAction.CopyAction
    enter = QDragEnterEvent(place, actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(place), actions, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(window, event)


def picture(path: Path, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_a_newcomer_sees_a_tripod_recognised_and_fooled(window: Window) -> None:
    frame = shown(window)
    assert frame is not None
    said = window.headline.accessibleName()
    assert "tripod" in said
    assert "2.0/255" in said


def test_a_dropped_picture_is_shown_and_judged(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = picture(tmp_path / "ein schönes Bild.png")
    drop(window, QUrl.fromLocalFile(str(path)))
    frame = wait_for_answer(qtbot, window)
    assert frame.request.image == str(path)
    assert frame.photo is not None
    assert frame.photo.pixels.shape == (60, 80, 3)


def test_several_dropped_pictures_are_laid_out(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"{k}.png", k) for k in range(3)]
    drop(window, *(QUrl.fromLocalFile(str(path)) for path in paths))
    assert window.session.images == tuple(map(str, paths))
    wait_for_answer(qtbot, window)
    window.action["next"].trigger()
    assert wait_for_answer(qtbot, window).request.image == str(paths[1])


def test_a_broken_picture_is_explained_and_the_previous_one_stays(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    path.write_bytes(picture(tmp_path / "whole.png").read_bytes()[:500])
    drop(window, QUrl.fromLocalFile(str(path)))
    qtbot.waitUntil(lambda: window.session.message is not None, timeout=LONG)
    assert window.session.message is not None
    assert "cut.png" in window.session.message.text
    assert window.session.message.is_error
    assert window.session.request.image == "sample:camera"
    assert wait_for_answer(qtbot, window).photo is not None


def test_a_remote_address_is_not_fetched(window: Window) -> None:
    drop(window, QUrl("https://example.org/cat.png"))
    assert window.session.message is not None
    assert "save" in window.session.message.text.casefold()
    assert window.session.request.image == "sample:camera"


def test_a_pasted_picture_is_shown(window: Window, qtbot: QtBot) -> None:
    image = QImage(50, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(image)
    window.action["paste"].trigger()
    frame = wait_for_answer(qtbot, window)
    assert frame.photo is not None
    assert frame.photo.pixels.shape == (40, 50, 3)
    assert frame.photo.pixels[0, 0].tolist() == [255, 0, 0]


def test_pasting_from_an_empty_clipboard_says_that_there_is_no_picture(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Empty:
        def mimeData(self) -> None:  # noqa: N802 - some platforms answer so until something was copied
            return None

    monkeypatch.setattr(QGuiApplication, "clipboard", Empty)
    window.action["paste"].trigger()
    assert window.session.message is not None
    assert "no picture" in window.session.message.text


def test_everything_that_the_tab_key_reaches_has_a_name(window: Window) -> None:
    nameless = []
    for widget in window.findChildren(QWidget):
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.window() is window
        part_of_a_plot = isinstance(widget.parent(), QAbstractScrollArea)
        if not takes_tab or part_of_a_plot or widget.objectName().startswith("qt_"):
            continue
        told = QAccessible.queryAccessibleInterface(widget)
        if told is None or not told.text(QAccessible.Text.Name):
            nameless.append(f"{type(widget).__name__} in {type(widget.parent()).__name__}")
    assert not nameless


def test_the_tab_key_follows_the_eye(window: Window) -> None:
    chain = [window.epsilon.slider.nextInFocusChain()]
    while chain[-1] is not window.epsilon.slider:
        chain.append(chain[-1].nextInFocusChain())
    budget, answers = window.budget_panel, window.probabilities
    wanted = [
        window.image_panel.placement.button(Placement.CROP),
        window.model_panel.chooser,
        budget.norm.button(Norm.LINF),
        budget.away_from.entry,
        window.epsilon.slider,
        answers.logarithmic,
        answers.bars,
        answers.search,
        window.curve_dock.view,
    ]
    start = chain.index(wanted[0])
    order = chain[start:] + chain[:start]
    assert sorted(wanted, key=order.index) == wanted


def test_epsilon_by_keyboard_moves_everything_and_undo_takes_it_back(window: Window, qtbot: QtBot) -> None:
    slider = window.epsilon.slider
    slider.setFocus()
    for _ in range(3):
        qtbot.keyClick(slider, Qt.Key.Key_PageUp)
    assert window.session.request.epsilon == pytest.approx(5 / 255)
    frame = wait_for_answer(qtbot, window)
    assert frame.attacked is not None
    assert frame.attacked.linf == pytest.approx(5 / 255, abs=1e-6)
    while window.session.can_undo:
        window.action["undo"].trigger()
    assert window.session.request.epsilon == pytest.approx(2 / 255)
    window.action["redo"].trigger()
    assert window.session.request.epsilon > 2 / 255


def test_another_network_may_be_chosen_while_an_attack_runs(window: Window, qtbot: QtBot) -> None:
    window.session.propose(attack=PGD(steps=200))
    qtbot.waitUntil(lambda: (window.session.frame or Frame).stage is Stage.ATTACKING, timeout=LONG)  # type: ignore[union-attr]
    window.session.propose(model="squeezenet1.1", attack=BIM(steps=2))
    frame = wait_for_answer(qtbot, window)
    assert frame.network is not None
    assert frame.network.name == "squeezenet1.1"


def test_a_window_closed_in_the_middle_of_an_attack_leaves_no_thread(window: Window, qtbot: QtBot) -> None:
    window.session.propose(attack=PGD(steps=500))
    qtbot.waitUntil(lambda: (window.session.frame or Frame).stage is Stage.ATTACKING, timeout=LONG)  # type: ignore[union-attr]
    window.close()
    assert not [each for each in threading.enumerate() if each.name == "engine"]


def test_a_paused_attack_goes_one_step_at_a_time(window: Window, qtbot: QtBot) -> None:
    window.action["pause"].trigger()
    window.session.propose(attack=BIM(steps=4))
    qtbot.waitUntil(lambda: shown(window, Stage.ATTACKING) is not None, timeout=LONG)
    before = shown(window, Stage.ATTACKING)
    assert before is not None
    assert before.attacked is not None
    assert before.attacked.step == 0
    window.action["step"].trigger()
    qtbot.waitUntil(lambda: window.session.frame.attacked.step == 1, timeout=LONG)  # type: ignore[union-attr]
    window.action["run"].trigger()
    frame = wait_for_answer(qtbot, window)
    assert frame.attacked is not None
    assert frame.attacked.step == 4


def test_an_area_painted_on_the_clean_picture_is_all_that_changes_and_to_forbid_it_all_is_explained(
    window: Window, qtbot: QtBot
) -> None:
    window.action["paint-mask"].trigger()
    assert window.rules_panel.paint.isChecked()
    pane = window.equation.clean_pane
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=pane.rect().center())
    frame = wait_for_answer(qtbot, window)
    assert frame.attacked is not None
    assert frame.clean is not None
    changed = (frame.attacked.image != frame.clean).any(2)
    assert changed[112, 112]
    assert not changed[:90].any()
    good = window.session.request
    window.session.propose(mask=write_mask(np.zeros((224, 224), bool)))
    qtbot.waitUntil(lambda: window.session.message is not None, timeout=LONG)
    assert "no pixel that may change" in window.session.message.text  # type: ignore[union-attr]
    assert window.session.request == good
    window.action["clear-mask"].trigger()
    assert window.session.request.mask == ""
    window.action["paint-mask"].trigger()
    assert not window.rules_panel.paint.isChecked()


def test_the_saved_picture_is_read_back_and_judged(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fooled.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "PNG (*.png)"))
    window.action["save-image"].trigger()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is not None, timeout=LONG)
    box = window.findChild(QMessageBox)
    assert box is not None
    assert "fooled" in box.text()
    frame = shown(window)
    assert frame is not None
    assert frame.attacked is not None
    pixels = np.asarray(Image.open(path), np.float32) / 255
    assert np.abs(pixels - frame.attacked.image).max() <= 0.5 / 255 + 1e-6
    box.accept()


def test_a_picture_that_cannot_be_saved_is_explained(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "no such folder" / "fooled.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "PNG (*.png)"))
    window.action["save-image"].trigger()
    qtbot.waitUntil(lambda: window.session.message is not None, timeout=LONG)
    assert window.session.message is not None
    assert window.session.message.is_error


@pytest.mark.parametrize(("name", "end"), [("save-delta", ".npy"), ("save-row", ".png"), ("save-row", ".svg")])
def test_numbers_and_the_row_are_saved(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, end: str
) -> None:
    path = tmp_path / f"out{end}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.action[name].trigger()
    assert path.stat().st_size > 1000
    if end == ".npy":
        assert np.abs(np.load(path)).max() == pytest.approx(2 / 255, abs=1e-6)


def test_a_session_is_saved_and_opened_again(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "session.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    window.session.propose(epsilon=4 / 255, attack=BIM(steps=3), pinned=(5, 6))
    saved = window.session.request
    window.action["save-session"].trigger()
    window.session.propose(epsilon=1 / 255, attack=PGD())
    drop(window, QUrl.fromLocalFile(str(path)))
    assert window.session.request.with_(views=saved.views) == saved
    wait_for_answer(qtbot, window)


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        '{"foolscope": 1, "model": "no-such-network"}',
        '{"foolscope": 1, "epsilon": "much"}',
        '{"foolscope": 99}',
    ],
)
def test_a_session_that_cannot_be_read_changes_nothing(window: Window, tmp_path: Path, text: str) -> None:
    path = tmp_path / "session.json"
    path.write_text(text)
    before = window.session.request
    drop(window, QUrl.fromLocalFile(str(path)))
    assert window.session.request == before
    assert window.session.message is not None
    assert window.session.message.is_error


def test_a_script_is_put_on_the_clipboard(window: Window) -> None:
    window.action["copy-python"].trigger()
    assert "load_model('efficientnet-lite0'" in QGuiApplication.clipboard().text()


def test_keys_go_from_view_to_view_and_round_the_end(window: Window, qtbot: QtBot) -> None:
    def seen() -> list[str]:
        return [each.windowTitle() for each in window.docks[2:] if each.toggleViewAction().isChecked()]

    qtbot.waitUntil(lambda: seen() == ["ε curve"])
    for action, title in (("next-view", "Trace"), ("previous-view", "ε curve"), ("previous-view", "Masking")):
        window.action[action].trigger()
        qtbot.waitUntil(lambda title=title: seen() == [title])  # type: ignore[misc]


def test_the_menu_tells_which_colours_are_in_force(window: Window) -> None:
    chosen = [name for name in ("light", "dark", "system") if window.action[f"theme-{name}"].isChecked()]
    assert chosen == ["system"]
    for _twice in range(2):
        window.action["theme-light"].trigger()
        assert window.action["theme-light"].isChecked()
        assert not window.action["theme-system"].isChecked()


def test_docks_come_back_as_they_were_left(window: Window, qtbot: QtBot, settings_file: Path) -> None:
    window.trace_dock.close()
    window.close()
    again = build(Request(), Store.load(settings_file))
    qtbot.addWidget(again)
    again.show()
    assert again.trace_dock.isHidden()
    assert not again.curve_dock.isHidden()
    again.restore_layout()
    assert not again.trace_dock.isHidden()
    again.close()


def test_no_slow_library_is_imported_before_the_window_is_painted() -> None:
    code = (
        "import sys\n"
        "slow = {'torch', 'torchvision', 'sklearn', 'scipy', 'skimage', 'pyqtgraph', 'superqt'}\n"
        "from gui.__main__ import application, build\n"
        "app = application()\n"
        "window = build()\n"
        "assert not slow & set(sys.modules), slow & set(sys.modules)\n"
        "seen = []\n"
        "window.firstPainted.connect(lambda: (seen.append(slow & set(sys.modules)), window.close(), app.quit()))\n"
        "window.show()\n"
        "app.exec()\n"
        "assert seen == [set()], seen\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
