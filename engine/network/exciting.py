"""What excites a unit among the pictures at hand: the strongest patch of each, the strongest pictures first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.answers import Floats
from engine.catalogue.suiting import suiting
from engine.experiment import to_image, to_tensor
from engine.images import ImageError, decode, place
from engine.inside import Form, Node, Patch, Patches, Receptive
from engine.network.subject import Subject
from engine.network.units import by_unit

MOST_PATCHES = 16
"""So many are shown."""

LEAST_SHOWN = 32
"""A receptive field of fewer pixels is shown with its surroundings: nobody sees anything in 3×3 pixels."""


@dataclass(frozen=True, eq=False)
class Seen:
    """One of the pictures at hand, as the network sees it.

    Attributes:
        image: its name, as ``Request.image``.
        x: (1, C, H, W); None where it could not be opened.
    """

    image: str
    x: Tensor | None


def pictures_at_hand(subject: Subject) -> tuple[str, ...]:
    """The open pictures, or the samples that suit the network where fewer than two are; as ``Request.image``."""
    gallery, network = subject.look.gallery, subject.watched.classifier
    if len(gallery) > 1:
        return gallery
    return tuple(each.image for each in suiting(network.classes, network.recipe))


def seen(subject: Subject, images: tuple[str, ...]) -> Iterator[Seen]:
    """Opens pictures one after the other; one that cannot be opened is told by ``x`` of None."""
    classifier = subject.watched.classifier
    for image in images:
        try:
            pixels = place(decode(image).pixels, subject.placement, classifier.recipe)
        except ImageError:
            yield Seen(image, None)
        else:
            yield Seen(image, to_tensor(pixels).to(classifier.device))


def patches(subject: Subject) -> Iterator[Patches | None]:
    """Searches the open pictures, or the samples, for what excites the selected unit most.

    Yields:
        The strongest patches so far, one a picture, strongest first.
    """
    look = subject.look
    if not look.layer or look.unit is None:
        return
    images = pictures_at_hand(subject)
    found: list[Patch] = []
    skipped: list[str] = []
    for done, each in enumerate(seen(subject, images), start=1):
        if each.x is None:
            skipped.append(each.image)
        else:
            found = sorted([*found, _strongest(subject, each.image, each.x, look.unit)], key=_weakness)[:MOST_PATCHES]
        yield Patches(look.layer, look.unit, tuple(found), done, len(images), tuple(skipped))


def _weakness(patch: Patch) -> float:
    return -patch.value


def _strongest(subject: Subject, image: str, x: Tensor, unit: int) -> Patch:
    layer = subject.look.layer
    node = subject.watched.node(layer)
    with torch.no_grad():
        value = subject.watched.values(x, [layer])[1][layer]
    responses = by_unit(value, node)[0, unit].float().nan_to_num()
    strongest = int(responses.argmax())
    row, column = _place(strongest, node, value)
    pixels, window = _cut(to_image(x[0]), node, row, column)
    return Patch(image, float(responses[strongest]), pixels, (row, column), window)


def _place(position: int, node: Node, value: Tensor) -> tuple[int, int]:
    """Row and column of a position; a token has its number for a row."""
    if node.form is Form.MAPS and value.ndim == 4:
        return divmod(position, value.shape[-1])
    return position, 0


def _cut(pixels: Floats, node: Node, row: int, column: int) -> tuple[Floats, tuple[int, int, int, int] | None]:
    """What a position sees of a picture, (h, w, C), with its surroundings, and where it lies within them.

    All of it, without a window, where that is not known.
    """
    if node.receptive is None:
        return pixels, None
    down, across = node.receptive
    (top, bottom), (left, right) = (
        _span(along, place, length)
        for along, place, length in zip((down, across), (row, column), pixels.shape[:2], strict=True)
    )
    (above, below), (before, beyond) = (
        _widened(span, length) for span, length in zip(((top, bottom), (left, right)), pixels.shape[:2], strict=True)
    )
    window = (left - before, top - above, right - before, bottom - above)
    is_all = (above, below, before, beyond) == (top, bottom, left, right)
    return pixels[above:below, before:beyond].copy(), None if is_all else window


def _widened(span: tuple[int, int], length: int) -> tuple[int, int]:
    """A span with as much around it as makes it ``LEAST_SHOWN`` long, within the picture."""
    start, stop = span
    wanted = min(max(stop - start, LEAST_SHOWN), length)
    first = min(max((start + stop - wanted) // 2, 0), length - wanted)
    return first, first + wanted


def _span(along: Receptive, position: int, length: int) -> tuple[int, int]:
    start = round(along.start + position * along.stride)
    stop = round(start + along.size)
    start = min(max(start, 0), length - 1)
    return start, max(start + 1, min(stop, length))
