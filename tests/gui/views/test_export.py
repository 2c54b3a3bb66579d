"""The row as a file that other programs can read."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from engine.catalogue.attacks import FMN, Norm
from engine.images import SaveError
from gui import theme
from gui.views.colormaps import DIVERGING, ZERO
from gui.views.export import RATIO, save_equation
from gui.views.pane_pictures import DeltaMode

SIDE = 4
BLUE, RED = (0, 114, 178), (213, 94, 0)
WHOLE = (320 * RATIO) ** 2
"""How many pixels a picture has in the file."""


@pytest.fixture
def frame(make_frame):
    """A picture of one green, which the attack makes a little greener."""
    made = make_frame(before={0: 0.6, 1: 0.2}, after={1: 0.7, 0: 0.1})
    clean = np.full((SIDE, SIDE, 3), [0, 0.6, 0.2], np.float32)
    image = clean + np.array([0, 2 / 255, 0], np.float32)
    return replace(made, clean=clean, attacked=replace(made.attacked, image=image, linf=2 / 255, l2=0.0314))


def pixels_of(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def count(pixels: np.ndarray, colour: tuple[int, int, int]) -> int:
    """How many pixels have exactly that colour."""
    return int((pixels == np.array(colour, np.uint8)).all(axis=-1).sum())


def words_of(svg: bytes) -> str:
    """All text, without the places where a change of font has cut it."""
    root = ET.fromstring(svg)
    return "".join(each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text"))


@pytest.mark.parametrize("scheme", [theme.Scheme.LIGHT, theme.Scheme.DARK])
def test_a_png_shows_the_three_pictures_in_their_colours_on_white(tmp_path, frame, scheme):
    theme.apply(scheme)
    save_equation(frame, tmp_path / "row.png", DeltaMode.COLOURS, 20)
    pixels = pixels_of(tmp_path / "row.png")
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    for colour in [(0, 153, 51), (128, 168, 128), (0, 155, 51)]:
        assert count(pixels, colour) == WHOLE, "each picture is drawn whole, and nothing is drawn over it"
    assert count(pixels, BLUE) > 100, "the heading of the clean picture"
    assert count(pixels, RED) > 4 * 320 * RATIO, "the heading, the verdict and the outline of the adversarial picture"


def test_the_perturbation_is_drawn_as_it_was_chosen(tmp_path, frame):
    save_equation(frame, tmp_path / "green.png", DeltaMode.GREEN, 50)
    save_equation(frame, tmp_path / "red.png", DeltaMode.RED, 50)
    zero = QColor(int(DIVERGING[ZERO])).getRgb()[:3]
    assert count(pixels_of(tmp_path / "red.png"), zero) >= WHOLE
    assert count(pixels_of(tmp_path / "green.png"), zero) < WHOLE


def test_an_svg_holds_the_words_as_words(tmp_path, frame):
    save_equation(frame, tmp_path / "row.svg", DeltaMode.SIGNED, 50)
    words = words_of((tmp_path / "row.svg").read_bytes())
    for said in (
        "TinyNet sees Egyptian cat 60 %.",
        "it sees tabby 70 %.",
        "fooled",
        "clean x",
        "×50",
        "adversarial x′",
        "4 × 4",
        "± 2.6/255",
        "‖δ‖₂ = 0.0314",
        "Egyptian cat 60 %tabby 20 %",
        "tabby 70 %Egyptian cat 10 %",
    ):
        assert said in words
    assert "*" not in words


def test_the_size_in_the_norm_of_epsilon_stands_on_a_line_of_its_own(tmp_path, frame):
    few = replace(frame, request=frame.request.with_(attack=FMN(), norm=Norm.L0))
    save_equation(few, tmp_path / "row.svg", DeltaMode.SIGNED, 50)
    assert f"{frame.attacked.l0} pixels changed‖δ‖∞" in words_of((tmp_path / "row.svg").read_bytes())


def test_an_svg_shows_what_the_png_shows(tmp_path, frame):
    save_equation(frame, tmp_path / "row.svg", DeltaMode.COLOURS, 20)
    save_equation(frame, tmp_path / "row.png", DeltaMode.COLOURS, 20)
    raster = Image.open(tmp_path / "row.png").convert("RGB")
    image = QImage(*raster.size, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFFFF)
    painter = QPainter(image)
    renderer = QSvgRenderer(str(tmp_path / "row.svg"))
    assert renderer.isValid()
    renderer.render(painter, QRectF(image.rect()))
    painter.end()
    for share in (0.15, 0.5, 0.85):
        place = round(share * image.width()), image.height() // 2
        colour = image.pixelColor(*place)
        assert (colour.red(), colour.green(), colour.blue()) == raster.getpixel(place)


def test_a_grey_network_has_its_row_too(tmp_path, frame):
    clean = np.full((SIDE, SIDE, 1), 0.4, np.float32)
    grey = replace(frame, clean=clean, attacked=replace(frame.attacked, image=clean + np.float32(0.01)))
    save_equation(grey, tmp_path / "row.png", DeltaMode.SIGNED, 20)
    assert count(pixels_of(tmp_path / "row.png"), (102, 102, 102)) >= WHOLE


def test_a_failure_says_why_and_leaves_the_older_file(tmp_path, frame, monkeypatch):
    older = tmp_path / "row.png"
    older.write_bytes(b"older")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(SaveError, match=r"row\.png.*no space"):
        save_equation(frame, older, DeltaMode.COLOURS, 20)
    assert older.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [older], "nothing half written is left"


def test_a_missing_folder_is_told(tmp_path, frame):
    with pytest.raises(SaveError, match="no such folder"):
        save_equation(frame, tmp_path / "nowhere" / "row.svg", DeltaMode.COLOURS, 20)


def test_another_kind_of_file_is_refused(tmp_path, frame):
    with pytest.raises(SaveError, match=r"End the name with \.png or \.svg"):
        save_equation(frame, tmp_path / "row.jpg", DeltaMode.COLOURS, 20)
    assert not list(tmp_path.iterdir())


def test_a_row_without_an_attack_is_refused(tmp_path, frame):
    with pytest.raises(SaveError, match="the attack has not ended"):
        save_equation(replace(frame, attacked=None), tmp_path / "row.png", DeltaMode.COLOURS, 20)
