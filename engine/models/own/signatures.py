"""Which of timm's architectures a file of weights is of, told by names and shapes; timm need not be installed.

``assets/timm_architectures.json`` (made by ``python -m engine.models.timm_index``) holds a signature of each: a hash of
the names and shapes of its tensors, but for what a network of one's own has otherwise, which are the last layer (the
number of classes), the channels of the picture, and tables of positions (its size).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from importlib.resources import files

Shape = tuple[int, ...]
FILE = "timm_architectures.json"
DIGITS = 10
"""Of a signature, hexadecimal."""


def architectures_of(shapes: Mapping[str, Shape]) -> tuple[str, ...]:
    """The names of timm's architectures that have such tensors, the plainest first; empty if none has.

    Args:
        shapes: of every tensor in a file, by name.
    """
    last_layers, architectures = _listed()
    found: dict[str, None] = {}
    for last in last_layers:
        found |= dict.fromkeys(architectures.get(signature(shapes, last), ()))
    return tuple(sorted(found, key=lambda name: (len(name), name)))


def signature(shapes: Mapping[str, Shape], last: Collection[str]) -> str:
    """What the architecture of these tensors is recognised by.

    Args:
        shapes: of every tensor, by name.
        last: names of the layers whose outputs are the classes.
    """
    told = "\n".join(sorted(_lines(shapes, last)))
    return hashlib.sha256(told.encode()).hexdigest()[:DIGITS]


def _lines(shapes: Mapping[str, Shape], last: Collection[str]) -> Iterable[str]:
    for name, shape in shapes.items():
        layer, _, part = name.rpartition(".")
        if layer in last or part == "num_batches_tracked":  # which files from long ago lack
            continue
        is_first = len(shape) == 4 and shape[1] in {1, 3}
        yield f"{name} {len(shape) if 'pos' in part else shape[:1] + shape[2:] if is_first else shape}"


@cache
def _listed() -> tuple[list[list[str]], dict[str, list[str]]]:
    """What timm calls last layers, and its architectures by signature; read when a file of weights needs it."""
    listed = json.loads(files("assets").joinpath(FILE).read_text("utf-8"))
    return listed["last layers"], listed["architectures"]
