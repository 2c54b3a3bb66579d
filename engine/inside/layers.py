"""What is shown of a layer and of a unit of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.answers import Floats, Prediction
from engine.inside.architecture import Form


@dataclass(frozen=True, eq=False)
class Activations:
    """The output of the selected layer.

    Attributes:
        layer: its name.
        form: MAPS (C, H, W), VECTOR (C,) or TOKENS (T, C).
        clean: float32.
        attacked: the same shape; None until there is one.
        sampled: indices of the units that are held, ascending, where the layer is too large to hold them all.
        note: what was done to show it ("every fourth of 4096 maps"), or what is wrong ("12 values are not a number").
    """

    layer: str
    form: Form
    clean: Floats
    attacked: Floats | None = None
    sampled: NDArray[np.int64] | None = None
    note: str = ""


@dataclass(frozen=True, eq=False)
class Divergence:
    """How far the attacked run is from the clean one, layer by layer.

    Attributes:
        layers: names of nodes, in the order in which they run.
        distances: (n,), ‖attacked − clean‖₂ / ‖clean‖₂; NaN where it is not a number.
        jump: index of the layer where it grows most, by a factor, over all before it; None if it grows nowhere.
    """

    layers: tuple[str, ...]
    distances: Floats
    jump: int | None = None


@dataclass(frozen=True, eq=False)
class Filters:
    """The weights of the selected layer.

    Attributes:
        layer: its name.
        weights: of a convolution (C_out, C_in / groups, F, F), of a dense layer (C_out, C_in); float32.
        groups: of a convolution.
        network_limit: max |w| over all layers of this kind in the network, for the scale "whole network".
        picture: (C, H, W) of the input that a dense layer flattens, so that its rows are pictures; None otherwise.
        strength: (C_out,) mean |activation| of each unit on the clean picture; None until known.
        change: (C_out,) mean |attacked − clean| of each unit; None until known.
    """

    layer: str
    weights: Floats
    groups: int
    network_limit: float
    picture: tuple[int, int, int] | None = None
    strength: Floats | None = None
    change: Floats | None = None


@dataclass(frozen=True, eq=False)
class Anatomy:
    """All that is needed to recompute any number of the selected layer by hand (``engine.arithmetic``).

    Attributes:
        layer: its name.
        kind: ``conv``, ``dense``, ``batch norm``, ``activation``, ``max pool``, ``average pool``, ``softmax``.
        function: what an activation does, as ``engine.arithmetic`` calls it: ``relu``, ``relu6``, ``sigmoid``, ...
        clean_in, attacked_in: (C, H, W) or (C,), what goes into the layer; attacked may be None.
        clean_out, attacked_out: what comes out.
        weight, bias: of a convolution or dense layer; γ and β of a batch norm.
        mean, variance, eps: of a batch norm.
        kernel, stride, padding, dilation: vertical and horizontal, of a convolution or pool.
        padding_mode: ``zeros``, ``reflect``, ``replicate`` or ``circular``.
        groups: of a convolution.
        counts_padding: of an average pool: whether padded zeros count in the mean.
        norm: anatomy of the batch norm that directly follows a convolution, without arrays in and out; None if none.
        then: name of the activation that directly follows (after ``norm``), as ``function``; "" if none.
        bounds: the lower and upper limit, of a clamp (``hardtanh``).
        slope: of a leaky rectifier below zero; α of an ELU.
        adaptive: of a pool whose windows share the input out among the positions, so that they differ in
            size where it cannot be done evenly.
    """

    layer: str
    kind: str
    clean_in: Floats
    clean_out: Floats
    attacked_in: Floats | None = None
    attacked_out: Floats | None = None
    function: str = ""
    weight: Floats | None = None
    bias: Floats | None = None
    mean: Floats | None = None
    variance: Floats | None = None
    eps: float = 0.0
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    dilation: tuple[int, int] = (1, 1)
    padding_mode: str = "zeros"
    groups: int = 1
    counts_padding: bool = True
    norm: Anatomy | None = None
    then: str = ""
    bounds: tuple[float, float] = (-1.0, 1.0)
    slope: float = 0.01
    adaptive: bool = False


@dataclass(frozen=True, eq=False)
class UnitCurve:
    """Activation of the selected unit (the mean over its map) against ε.

    Attributes:
        layer, unit: which.
        epsilons: (n,) ascending, pixels in [0, 1].
        values: (n,).
        levels: typical activation of the unit (the median) by class label, measured on pictures at hand that the
            network sees as that class; a class without any has no level.
        level_counts: on how many pictures each level rests.
        complete: False while it still fills in.
    """

    layer: str
    unit: int
    epsilons: Floats
    values: Floats
    levels: dict[int, float]
    level_counts: dict[int, int]
    complete: bool


@dataclass(frozen=True, eq=False)
class Patch:
    """A piece of a picture that excites a unit.

    Attributes:
        image: the picture's name, as ``Request.image``.
        value: the activation.
        pixels: (h, w, C) float32 in [0, 1], the receptive field, with its surroundings where it is small.
        place: row and column of the feature map.
        window: left, top, right and bottom of the receptive field within ``pixels``; None where it is all of them.
    """

    image: str
    value: float
    pixels: Floats
    place: tuple[int, int]
    window: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, eq=False)
class Patches:
    """The strongest patches among the open pictures, strongest first; ``done`` of ``total`` pictures were searched."""

    layer: str
    unit: int
    patches: tuple[Patch, ...]
    done: int
    total: int
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Grown:
    """An image that was grown to excite a unit: (H, W, C) float32 in [0, 1], after ``step`` of ``steps``.

    ``value`` is the strongest activation of the unit on it, as that of a ``Patch``.
    """

    layer: str
    unit: int
    image: Floats
    value: float
    step: int
    steps: int


@dataclass(frozen=True, eq=False)
class Companion:
    """A second picture through the same layer.

    Attributes:
        name: of the picture, as read ("this one, moved 2 right, 2 up").
        image: (H, W, C), as the network sees it.
        prediction: the network's answer to it.
        activations: float32, the shape of ``Activations.clean``, of the same units.
        layers, distances: relative distance between the two pictures' activations at each layer, as in ``Divergence``.
    """

    name: str
    image: Floats
    prediction: Prediction
    activations: Floats
    layers: tuple[str, ...] = ()
    distances: Floats | None = None
