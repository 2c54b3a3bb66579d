"""Moves the placed picture under the network: what a dense network loses by it, and a convolution keeps.

All that concerns places is one bilinear resampling (as in Engstrom et al. 2019, arXiv:1712.02779); shifts by whole
pixels and mirroring are exact. What comes in from outside is black where the network sees one channel, the ground of
drawn digits and garments, and the repeated border where it sees colours, which adds no edge that was not there.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.answers import Floats
from engine.catalogue.moves import Moves

Doubles = NDArray[np.float64]

SMOOTHNESS = 1 / 7
"""Of the bend, the Gaussian's σ against the shorter side: the 4 of 28 pixels with which Simard et al. do best."""

_BEND, _NOISE = 1, 2
"""Keep the random numbers of the two apart."""


def permutation(count: int, seed: int) -> NDArray[np.int64]:
    """The one order of ``count`` pixels that belongs to a seed: NumPy's PCG64, so the same on every machine.

    Pixel ``i`` of a permuted picture is pixel ``permutation(count, seed)[i]`` of the picture, counted row by row.
    ``np.argsort`` of it leads back.
    """
    return np.random.Generator(np.random.PCG64(seed)).permutation(count)


def move(picture: Floats, moves: Moves) -> Floats:
    """The picture moved.

    Args:
        picture: (H, W, C) of float32 in [0, 1], every value k/255.
        moves: what is done to it.

    Returns:
        The same shape, in [0, 1], every value k/255 again, row by row in memory; the very same array where nothing is
        done.
    """
    if moves.is_still:
        return picture
    moved = _place(picture, moves)
    if moves.hue and picture.shape[2] == 3:
        moved = _turn_hues(moved, moves.hue)
    if moves.noise:
        moved = moved + np.float32(moves.noise) * _random(_NOISE, moves.seed).standard_normal(moved.shape, np.float32)
    if moves.permute:
        moved = _permuted(moved, moves.seed)
    levels = np.rint(np.clip(moved, 0, 1) * np.float32(255))
    return np.ascontiguousarray(levels / np.float32(255))


def _permuted(picture: Floats, seed: int) -> Floats:
    pixels = picture.reshape(-1, picture.shape[2])
    return pixels[permutation(len(pixels), seed)].reshape(picture.shape)


def _random(purpose: int, seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64([seed, purpose]))


# Places


def _place(picture: Floats, moves: Moves) -> Floats:
    is_exact = moves.right == int(moves.right) and moves.down == int(moves.down)
    if moves.turn or moves.scale != 1 or moves.elastic or not is_exact:
        return _resampled(picture, moves)
    return _shifted(picture[:, ::-1] if moves.flip else picture, int(moves.right), int(moves.down))


def _shifted(picture: Floats, right: int, down: int) -> Floats:
    """By whole pixels."""
    height, width, channels = picture.shape
    rows, columns = np.arange(height) - down, np.arange(width) - right
    moved: Floats = picture[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)]
    if channels == 1:
        moved[(rows < 0) | (rows >= height)] = 0
        moved[:, (columns < 0) | (columns >= width)] = 0
    return moved


def _resampled(picture: Floats, moves: Moves) -> Floats:
    """Between the pixels, bilinear; smoothed first where many pixels become one."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    beyond: dict[str, Any] = {"mode": "grid-constant" if picture.shape[2] == 1 else "nearest"}
    sources = _sources(picture.shape[:2], moves)
    smooth = max(0.0, (1 / moves.scale - 1) / 2)
    channels = [
        map_coordinates(gaussian_filter(each, smooth, **beyond) if smooth else each, sources, order=1, **beyond)
        for each in np.moveaxis(picture, 2, 0)
    ]
    return np.stack(channels, axis=2)


def _sources(shape: tuple[int, ...], moves: Moves) -> Doubles:
    """Where every pixel of the moved picture comes from: rows and columns of the picture, (2, H, W)."""
    height, width = shape
    middle = np.array([(height - 1) / 2, (width - 1) / 2]).reshape(2, 1, 1)
    places = np.indices((height, width), float)
    if moves.elastic:
        places += moves.elastic * bend(height, width, moves.seed)
    rows, columns = places - middle - np.array([moves.down, moves.right]).reshape(2, 1, 1)
    angle = np.deg2rad(moves.turn)
    cos, sin = np.cos(angle) / moves.scale, np.sin(angle) / moves.scale
    rows, columns = cos * rows - sin * columns, sin * rows + cos * columns
    sources: Doubles = np.stack([rows, -columns if moves.flip else columns]) + middle
    return sources


@lru_cache(maxsize=2)
def bend(height: int, width: int, seed: int) -> Doubles:
    """A smooth random field of displacements, (2, height, width), down and right; not to be written to.

    Uniform noise smoothed by a Gaussian (Simard, Steinkraus, Platt 2003, section 2), scaled to a root mean square
    of 1, so that its factor is a length in pixels. Their α = 34 with σ = 4 comes to about 1.4 pixels.
    """
    from scipy.ndimage import gaussian_filter

    rough = _random(_BEND, seed).uniform(-1, 1, (2, height, width))
    smooth = gaussian_filter(rough, SMOOTHNESS * min(height, width), axes=(1, 2))
    field: Doubles = smooth / np.sqrt(np.mean(smooth**2))
    field.setflags(write=False)
    return field


# Colours


def _turn_hues(picture: Floats, degrees: float) -> Floats:
    from skimage.color import hsv2rgb, rgb2hsv

    hsv = rgb2hsv(picture)
    hsv[..., 0] = (hsv[..., 0] + degrees / 360) % 1
    turned: Floats = hsv2rgb(hsv).astype(np.float32)
    return turned
