"""What is shown of gradients, and of what hangs on a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.answers import Floats, Prediction

Numbers = NDArray[np.floating[Any]]
"""float32 of a network, float64 of one that is computed by hand."""


@dataclass(frozen=True, eq=False)
class SaliencyMaps:
    """Attribution of a class's score to the pixels.

    Attributes:
        method: name of the catalogue.
        clean, attacked: (H, W) float32, summed over the channels; the scale is shared. None until known.
        labels: the class that was attributed in the clean and in the attacked picture.
        layer: of Grad-CAM; "" otherwise.
        done, total: how far the work has come; equal when complete.
        note: what is to be said of it ("this network has no ReLU: the plain gradient is shown").
    """

    method: str
    clean: Floats | None
    attacked: Floats | None
    labels: tuple[int, int]
    layer: str = ""
    done: int = 0
    total: int = 1
    note: str = ""


@dataclass(frozen=True, eq=False)
class Factors:
    """The chain rule at one dense layer of a small network, for one picture, with z = w·in + b, y = f(z).

    Attributes:
        layer: its name.
        activation: the function f, ``""`` for none.
        inputs: (m,), y of the layer before; pre: (n,), z; outputs: (n,), y = f(z).
        weight: (n, m); bias: (n,).
        d_outputs: (n,), ∂E/∂y; empty for softmax with cross-entropy, where d_pre is given whole.
        d_local: (n,), ∂y/∂z; empty there too.
        d_pre: (n,), ∂E/∂z.
        d_weight: (n, m), ∂E/∂w.
        d_inputs: (m,), ∂E/∂y of the layer before.
    """

    layer: str
    activation: str
    inputs: Numbers
    pre: Numbers
    outputs: Numbers
    weight: Numbers
    bias: Numbers
    d_outputs: Numbers
    d_local: Numbers
    d_pre: Numbers
    d_weight: Numbers
    d_inputs: Numbers


@dataclass(frozen=True, eq=False)
class GradientWalk:
    """How the gradient of the loss comes back through the network, for the clean and the attacked picture.

    Attributes:
        label: the class whose cross-entropy is the loss.
        layers: names of nodes, in the order in which they run.
        clean, attacked: (n,) ‖∂E/∂(layer's output)‖₂; NaN where no gradient comes. ``attacked`` may be None.
        mean_clean, mean_attacked: (n,) mean |∂E/∂output| of one value, comparable between layers of different size.
        factors: of a small network of dense layers, every factor of the clean picture; else empty.
        note: what is to be said.
    """

    label: int
    layers: tuple[str, ...]
    clean: Floats
    attacked: Floats | None
    mean_clean: Floats
    mean_attacked: Floats | None
    factors: tuple[Factors, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Causes:
    """What hangs on each layer.

    Attributes:
        edited_clean, edited_attacked: the answers with the edits in force; None without edits.
        layers: where a clean activation was put back into the attacked run, one layer at a time.
        restored: (n,), share of the lost margin that this restores: 0 as without, 1 as if not attacked; NaN until
            known.
        implanted: (n,), the reverse: share of the margin lost by putting the attacked activation into the clean run.
        unit_layer: the layer whose units were tried one at a time; "" if none.
        units, unit_restored: the channels tried, and their share each.
        done, total: how far the work has come.
        note: what is to be said ("nothing was lost, so there is nothing to restore").
    """

    edited_clean: Prediction | None = None
    edited_attacked: Prediction | None = None
    layers: tuple[str, ...] = ()
    restored: Floats | None = None
    implanted: Floats | None = None
    unit_layer: str = ""
    units: NDArray[np.int64] | None = None
    unit_restored: Floats | None = None
    done: int = 0
    total: int = 1
    note: str = ""
