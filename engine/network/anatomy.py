"""What goes into the selected layer, what comes out, and all the layer does in between, so that it can be taken apart.

A layer is read from the call it makes, so that ``F.conv2d`` in a forward method is taken apart as ``nn.Conv2d`` is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from engine.inside import Anatomy
from engine.network.anatomy_calls import (
    floats,
    function_of,
    pad_unevenly,
    padding_of,
    pair,
    perhaps_floats,
    statistics_of,
    through_padding,
    uneven_padding,
)
from engine.network.anatomy_site import Site, as_maps, as_tokens
from engine.network.recording import Source
from engine.network.subject import Subject


def anatomy(subject: Subject) -> Anatomy | None:
    """All that the selected layer's numbers come from, for the clean and the attacked picture.

    Tokens (T, C) are given as C maps of one row and T columns. At the network's answer, where it is no layer of a
    kind that can be taken apart, it is the softmax of the answer.

    Returns:
        None if the layer is none that can be taken apart.
    """
    recording = subject.watched.recording
    if recording is None or not subject.look.layer:
        return None
    call = recording.by_name.get(subject.look.layer)
    if call is None:
        return None
    site = Site(subject, recording, call)
    make = _MAKERS.get(call.kind, _activation)
    made = make(site)
    return made if made is not None or call.index != recording.result.call else _softmax_of_answer(site)


# One function a kind of layer


def _convolution(site: Site) -> Anatomy | None:
    told = site.told
    weight, source = told["weight"], told["input"]
    if not isinstance(source, Source) or not _are_learnt(weight, told.get("bias")) or len(site.call.shapes[0]) != 4:
        return None
    dilation = pair(told.get("dilation", 1))
    padding, mode = padding_of(told.get("padding", 0), weight, dilation), "zeros"
    before = site.call_of(source)
    if padding == (0, 0) and before is not None and before.kind == "pad" and before.layer == site.call.layer:
        source, padding, mode = through_padding(source, before)
    values = site.in_and_out(source, as_maps)
    around = uneven_padding(told.get("padding", 0), weight, dilation)
    if around is not None:
        values |= {each: pad_unevenly(values[each], around) for each in ("clean_in", "attacked_in")}
    made = Anatomy(
        layer=site.subject.look.layer,
        kind="conv",
        weight=floats(weight),
        bias=perhaps_floats(told.get("bias")),
        kernel=pair(weight.shape[2:]),
        stride=pair(told.get("stride", 1)),
        padding=padding,
        dilation=dilation,
        padding_mode=mode,
        groups=int(told.get("groups", 1)),
        **values,
    )
    return _with_followers(made, site)


def _dense(site: Site) -> Anatomy | None:
    told = site.told
    source, weight = told["input"], told["weight"]
    if not isinstance(source, Source) or not _are_learnt(weight, told.get("bias")) or len(site.call.shapes[0]) > 4:
        return None
    made = Anatomy(
        layer=site.subject.look.layer,
        kind="dense",
        weight=floats(weight),
        bias=perhaps_floats(told.get("bias")),
        **site.in_and_out(source, as_tokens),
    )
    return _with_followers(made, site)


def _are_learnt(weight: object, bias: object) -> bool:
    """Whether a layer's numbers are the same whatever the picture."""
    return isinstance(weight, Tensor) and (bias is None or isinstance(bias, Tensor))


def _batch_norm(site: Site) -> Anatomy | None:
    norm = statistics_of(site.call)
    source = site.told["input"]
    if norm is None or not isinstance(source, Source):
        return None
    made = replace(norm, layer=site.subject.look.layer, **site.in_and_out(source, as_maps))
    return _with_followers(made, site)


def _pool(site: Site) -> Anatomy | None:
    told = site.told
    if told.get("divisor_override") is not None:
        return None
    kernel = pair(told["kernel_size"])
    return Anatomy(
        layer=site.subject.look.layer,
        kind="max pool" if site.call.kind.startswith("max") else "average pool",
        kernel=kernel,
        stride=pair(told.get("stride") or kernel),
        padding=pair(told.get("padding", 0)),
        dilation=pair(told.get("dilation", 1)),
        counts_padding=bool(told.get("count_include_pad", True)),
        **site.in_and_out(told["input"], as_maps),
    )


def _adaptive_pool(site: Site) -> Anatomy | None:
    values = site.in_and_out(site.told["input"], as_maps)
    kernel = pair(
        [-(-into // out) for into, out in zip(values["clean_in"].shape[1:], values["clean_out"].shape[1:], strict=True)]
    )
    kind = "max pool" if "max" in site.call.kind else "average pool"
    return Anatomy(site.subject.look.layer, kind, kernel=kernel, stride=kernel, adaptive=True, **values)


def _mean(site: Site) -> Anatomy | None:
    """The mean of whole maps, which is an average pool with a window as large as they are."""
    axes = site.told.get("dim")
    axes = {each % 4 for each in axes} if isinstance(axes, tuple | list) else set()
    before = site.call_of(site.told["input"])
    if axes != {2, 3} or before is None or len(before.shapes[0]) != 4:
        return None
    values = site.in_and_out(
        site.told["input"], lambda each: as_maps(each if each.ndim == 4 else each[:, :, None, None])
    )
    kernel = pair(values["clean_in"].shape[1:])
    return Anatomy(site.subject.look.layer, "average pool", kernel=kernel, stride=kernel, **values)


def _softmax(site: Site) -> Anatomy | None:
    ndim = len(site.call.shapes[0])
    axis = site.told.get("dim")
    if ndim not in {2, 4} or (1 if axis is None else int(axis)) % ndim != 1:
        return None
    return Anatomy(site.subject.look.layer, "softmax", **site.in_and_out(site.told["input"], as_maps))


def _softmax_of_answer(site: Site) -> Anatomy | None:
    if len(site.call.shapes[0]) != 2:
        return None
    values = site.in_and_out(Source(site.call.index), as_maps)
    shares = {f"{run}_out": floats(torch.from_numpy(values[f"{run}_in"]).softmax(0)) for run in ("clean", "attacked")}
    return Anatomy(site.subject.look.layer, "softmax", **values | shares)


def _activation(site: Site) -> Anatomy | None:
    function = function_of(site.call)
    if function is None or not site.call.sources or len(site.call.shapes[0]) > 4:
        return None
    values = site.in_and_out(site.call.sources[0], as_tokens if len(site.call.shapes[0]) == 3 else as_maps)
    return Anatomy(site.subject.look.layer, "activation", **values, **function)


_MAKERS: Final[Mapping[str, Callable[[Site], Anatomy | None]]] = {
    "conv2d": _convolution,
    "linear": _dense,
    "batch_norm": _batch_norm,
    "max_pool2d": _pool,
    "avg_pool2d": _pool,
    "adaptive_avg_pool2d": _adaptive_pool,
    "adaptive_max_pool2d": _adaptive_pool,
    "mean": _mean,
    "softmax": _softmax,
}


# What follows


def _with_followers(made: Anatomy, site: Site) -> Anatomy:
    """With the batch norm and the activation that directly follow."""
    follower = site.follower(site.call)
    if follower is not None and made.kind != "batch norm":
        norm = statistics_of(follower)
        if norm is not None:
            made = replace(made, norm=replace(norm, layer=site.recording.names.get(follower.index, "")))
            follower = site.follower(follower)
    function = None if follower is None else function_of(follower)
    if function is None:
        return made
    return replace(made, then=function.pop("function"), **function)
