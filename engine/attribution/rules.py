"""Attribution by other rules for the way back: guided backprop and DeepLIFT.

The rules are put on functions as the network calls them, whether a layer calls them or its code does, in place or
not, once or again and again; nothing is put on its layers, and nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from engine.attribution.case import Attribution, Case, check_differentiable, exact, say_incomplete
from engine.catalogue.saliency import DeepLift, GuidedBackprop
from engine.models.prepare import LAYERS
from engine.network.recording import RecordingError

Function = Callable[..., Any]
Noted = tuple[Tensor, Tensor]
"""What went into a call and what came out."""

_ELEMENTWISE = frozenset(
    (
        *("relu", "relu6", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish", "hardswish"),
        *("hardtanh", "clamp", "clamp_min", "clamp_max", "threshold", "hardshrink", "softshrink", "tanhshrink"),
        *("sigmoid", "hardsigmoid", "logsigmoid", "log_sigmoid", "tanh", "softplus", "softsign"),
    )
)
"""Names of functions that take every number by itself."""
_POOLS: Mapping[str, Function] = {
    "max_pool2d": nn.functional.max_pool2d,
    "adaptive_max_pool2d": nn.functional.adaptive_max_pool2d,
}

NO_RECTIFIER = "This network has no rectifier (ReLU, ReLU6) that could be seen, so this is its plain gradient."
NO_ACTIVATION = "No activation of this network could be seen, so this is its gradient times the picture."
NO_RULE = "it has operations, such as products of two values, that the rescale rule does not cover."


def guided_backprop(case: Case, _options: GuidedBackprop) -> Iterator[Attribution]:
    """∂z_c/∂x with max(0, ·) at every rectifier on the way back (Springenberg et al. 2015)."""
    mode = _Guided()
    slopes = _slopes(case, mode)
    yield Attribution(exact(slopes), note="" if mode.found else NO_RECTIFIER)


def deep_lift(case: Case, _options: DeepLift) -> Iterator[Attribution]:
    """Σ C(Δx) = Δz_c from black, by the rescale rule (Shrikumar, Greenside, Kundaje 2017, section 3.5.1).

    The multiplier of an activation f is Δf/Δz in the place of its slope. A maximum over a window is shared out between
    the place that wins in the picture and the one that wins in black, so that sums are kept.
    """
    noting = _Noting()
    with torch.no_grad(), LAYERS, noting:
        case.classifier.module(torch.zeros_like(case.x))
    values = exact(_slopes(case, _Rescaling(noting.noted)) * case.x[0])
    note = say_incomplete(case, values, NO_RULE) if noting.noted else NO_ACTIVATION
    yield Attribution(values, note=note)


def _slopes(case: Case, mode: TorchFunctionMode) -> Tensor:
    """∂z_c/∂x, (C, H, W), by the original layers under other rules."""
    x = case.x.clone().requires_grad_()
    with torch.enable_grad(), LAYERS, mode:
        logits = case.classifier.module(x)
    check_differentiable(logits)
    found: Tensor = torch.autograd.grad(logits[0, case.label], x, materialize_grads=True)[0][0]
    return found


# Guided backprop


class _Guided(TorchFunctionMode):
    """Lets only positive slopes back through rectifiers; counts them."""

    def __init__(self) -> None:
        super().__init__()
        self.found = 0

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if is_rectifier(func, args, kwargs) and result.requires_grad:
            self.found += 1
            result.register_hook(lambda slope: slope.clamp(min=0))  # on a value of this run, gone with it
        return result


def is_rectifier(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a call cuts off what is negative; torch's own ReLU6 calls itself ``hardtanh`` from 0 to 6."""
    name = _name(function)
    if name in {"relu", "relu6"}:
        return True
    if name not in {"hardtanh", "clamp", "clamp_min"}:
        return False
    least = kwargs.get("min_val" if name == "hardtanh" else "min", args[1] if len(args) > 1 else None)
    return isinstance(least, int | float) and least == 0


# DeepLIFT


class _Noting(TorchFunctionMode):
    """Notes what every activation and maximum makes of the reference."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[Noted] = []

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if _rule(func, args, kwargs) is None:
            return func(*args, **kwargs)
        before = args[0].clone()  # the call may be one in place
        after = func(*args, **kwargs)
        self.noted.append((before, after.clone()))
        return after


class _Rescaling(TorchFunctionMode):
    """Gives the same calls the multipliers of the rescale rule as slopes."""

    def __init__(self, noted: list[Noted]) -> None:
        super().__init__()
        self._noted = iter(noted)

    def __torch_function__(
        self, func: Function, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        rule = _rule(func, args, kwargs)
        if rule is None:
            return func(*args, **kwargs)
        noted = next(self._noted, None)
        if noted is None or noted[0].shape != args[0].shape:
            raise RecordingError("it does not take the same way with every picture")
        result = rule(func, args, kwargs, *noted)
        is_in_place = kwargs.get("inplace") is True or func.__name__.endswith("_")
        return args[0].copy_(result) if is_in_place else result


def _rule(function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[..., Tensor] | None:
    """What is done with a call; None for one that stays as it is."""
    if not args or not isinstance(args[0], Tensor) or not args[0].is_floating_point():
        return None
    name = _name(function)
    if name in _ELEMENTWISE:
        return _activation
    return _maximum if name in _POOLS and not kwargs.get("return_indices") else None


def _name(function: Function) -> str:
    return str(getattr(function, "__name__", "")).strip("_")


def _activation(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], before: Tensor, after: Tensor
) -> Tensor:
    """f(z) with the multiplier Δf/Δz as slope; with f′(z) where Δz is next to nothing."""
    x, others = args[0], args[1:]
    with torch.enable_grad():
        leaf = x.detach().requires_grad_()
        value = function(leaf.clone(), *others, **kwargs)  # of a clone, as the call may be one in place
        (slope,) = torch.autograd.grad(value.sum(), leaf)
    value, moved = value.detach(), x.detach() - before
    multiplier = torch.where(_is_nothing(moved), slope, (value - after) / moved)
    result: Tensor = value + multiplier * (x - x.detach())
    return result


def _maximum(
    function: Function, args: tuple[Any, ...], kwargs: dict[str, Any], before: Tensor, after: Tensor
) -> Tensor:
    """The largest of each window, y; with y₀ in black, Δy = (max(y, y₀) − y₀) + (y − max(y, y₀)).

    The first part belongs to the place where y was found, the second to that of y₀.
    """
    x, others = args[0], args[1:]
    pool = _POOLS[_name(function)]
    options = kwargs | {"return_indices": True}
    with torch.no_grad():
        value, here = pool(x, *others, **options)
        _, there = pool(before, *others, **options)
    larger = torch.maximum(value, after)
    step, moved = x - x.detach(), x.detach() - before
    nothing = _is_nothing(moved)
    share = step * torch.where(nothing, 0, 1 / moved)
    plain = _taken(torch.where(nothing, step, 0), here)
    shared: Tensor = _taken(share, here) * (larger - after) + _taken(share, there) * (value - larger)
    result: Tensor = value + plain + shared
    return result


def _taken(values: Tensor, places: Tensor) -> Tensor:
    """The numbers of each map at places as torch's pools give them."""
    return values.flatten(-2).gather(-1, places.flatten(-2)).view_as(places)


def _is_nothing(moved: Tensor) -> Tensor:
    """Where a quotient of differences would be rounding alone."""
    nothing: Tensor = moved.abs() < torch.finfo(moved.dtype).eps ** 0.75
    return nothing
