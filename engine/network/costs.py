"""What a recorded call learnt and how much it multiplies, with the formulas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, Final

from torch import Tensor, nn

from engine.network.formulas import (
    NOTHING,
    Counted,
    attention_macs,
    attention_parameters,
    convolution_macs,
    convolution_parameters,
    dense_macs,
    dense_parameters,
    norm_parameters,
    product,
    total,
)
from engine.network.recording import Call
from engine.network.windows import base_kind, is_transposed, told

ShapeOf = Callable[[Any], tuple[int, ...]]
"""The shape of an argument of a call."""

_NORMS: Final = frozenset({"batch_norm", "layer_norm", "group_norm", "instance_norm"})
_RECURRENT: Final = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})
_PRODUCTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot"), 0),
    **dict.fromkeys(("addmm", "baddbmm", "addbmm", "addmv"), 1),
}
"""Products of matrices, and where the first of them stands among the arguments."""


def parameters_of(call: Call, counted: Sequence[nn.Parameter]) -> Counted:
    """How many numbers a call learnt.

    Args:
        call: any.
        counted: those among its parameters that count; the others are shared, and counted elsewhere.
    """
    known, covered = _by_rule(call, counted)
    rest = [product(*each.shape) for each in counted if not any(each is one for one in covered)]
    return total([known, *rest])


def parameters_of_weights(kind: str, weight: Tensor, *, bias: bool, groups: int = 1) -> Counted:
    """Of a layer with one weight and perhaps a bias or shift.

    Args:
        kind: ``conv``, ``conv_transpose``, ``linear`` or a norm.
        weight: as torch orders it.
        bias: whether there is one.
        groups: of a convolution.
    """
    if kind == "linear":
        outputs, inputs = weight_matrix(weight.shape)
        return dense_parameters(inputs, outputs, bias=bias)
    if kind in _NORMS:
        return norm_parameters(weight.numel(), bias=bias)
    inputs, outputs = _channels(weight.shape, groups, transposed=kind == "conv_transpose")
    return convolution_parameters(weight.shape[2:], inputs, outputs, groups=groups, bias=bias)


def weight_matrix(shape: Sequence[int]) -> tuple[int, int]:
    """Rows and columns of a dense layer's weights; a single row may come without its axis."""
    return (shape[0], shape[1]) if len(shape) == 2 else (1, shape[0])


def macs_of(call: Call, shape_of: ShapeOf) -> Counted:
    """Multiply-adds of one call.

    Counted are the products that are summed up: of convolutions, dense and recurrent layers, attention, and products
    of matrices. Not counted are sums, scales and norms element by element, biases, and pools.

    Args:
        call: any.
        shape_of: gives the shape of its arguments.
    """
    rule = _MACS.get(base_kind(call.kind))
    if rule is not None:
        return rule(told(call), call, shape_of)
    if call.kind in _PRODUCTS:
        return _of_matrices(call, shape_of)
    return _of_recurrence(call, shape_of) if call.kind in _RECURRENT else NOTHING


def _by_rule(call: Call, counted: Sequence[nn.Parameter]) -> tuple[Counted, list[Tensor]]:
    """What a formula accounts for, and the parameters that are in it."""
    kind, given = base_kind(call.kind), told(call)
    if kind == "multi_head_attention_forward":
        return _of_attention(given, counted)
    weight = next((each for each in counted if each is given.get("weight")), None)
    bias = next((each for each in counted if each is given.get("bias")), None)
    if kind not in {"conv", "conv_transpose", "linear", *_NORMS} or weight is None:
        return NOTHING, []
    found = parameters_of_weights(kind, weight, bias=bias is not None, groups=int(given.get("groups", 1)))
    return found, [weight] if bias is None else [weight, bias]


def _of_attention(given: Mapping[str, Any], counted: Sequence[nn.Parameter]) -> tuple[Counted, list[Tensor]]:
    weights = [given.get("in_proj_weight"), given.get("out_proj_weight")]
    biases = [given.get("in_proj_bias"), given.get("out_proj_bias")]
    with_bias = all(each is not None for each in biases)
    covered: list[Any] = weights + (biases if with_bias else [])
    if not all(_is_among(each, counted) for each in covered):
        return NOTHING, []
    return attention_parameters(covered[1].shape[0], bias=with_bias), covered


def _is_among(tensor: Any, counted: Sequence[nn.Parameter]) -> bool:
    return any(tensor is each for each in counted)


def _channels(weight: Sequence[int], groups: int, *, transposed: bool) -> tuple[int, int]:
    """Channels in and out, from the shape of the weights."""
    first, second = weight[:2]
    return (first, second * groups) if transposed else (second * groups, first)


def _of_convolution(given: Mapping[str, Any], call: Call, shape_of: ShapeOf) -> Counted:
    shape, groups = shape_of(given["weight"]), int(given.get("groups", 1))
    transposed = is_transposed(call)
    inputs, outputs = _channels(shape, groups, transposed=transposed)
    places = (shape_of(given["input"]) if transposed else call.shapes[0])[-len(shape[2:]) :]
    return convolution_macs(shape[2:], inputs, outputs, places, groups=groups)


def _of_dense(given: Mapping[str, Any], call: Call, shape_of: ShapeOf) -> Counted:
    shape = shape_of(given["weight"])
    outputs, inputs = weight_matrix(shape)
    return dense_macs(inputs, outputs, call.shapes[0][:-1] if len(shape) == 2 else call.shapes[0])


def _of_dot_product(given: Mapping[str, Any], _call: Call, shape_of: ShapeOf) -> Counted:
    query, key, value = (shape_of(given[each]) for each in ("query", "key", "value"))
    return attention_macs(query[-2], key[-2], query[-1], value[-1], rows=prod(query[:-2]))


def _of_heads(given: Mapping[str, Any], _call: Call, shape_of: ShapeOf) -> Counted:
    """Three projections to queries, keys and values, the attention of all heads, and one projection back."""
    query, key, value = (shape_of(given[each]) for each in ("query", "key", "value"))
    width, rows = query[-1], prod(query[1:-1])
    if query == key == value:
        projections = product(4, width, width, query[0] * rows)
    else:
        sizes = ((width, query[0]), (key[-1], key[0]), (value[-1], value[0]), (width, query[0]))
        projections = total(product(each, width, tokens * rows) for each, tokens in sizes)
    return total((projections, attention_macs(query[0], key[0], width, rows=rows)))


def _of_einsum(given: Mapping[str, Any], call: Call, shape_of: ShapeOf) -> Counted:
    """The product of the sizes of all axes, each counted once; of two factors, that is what is multiplied."""
    operands = call.arguments[1] if isinstance(call.arguments[1], tuple | list) else call.arguments[1:]
    equation = given.get("equation")
    if len(operands) < 2 or not isinstance(equation, str):
        return NOTHING
    sizes: dict[str, int] = {}
    for names, operand in zip(equation.replace(" ", "").partition("->")[0].split(","), operands, strict=True):
        sizes |= _axes(names, shape_of(operand))
    return product(*_without_ones(sizes.values()))


def _axes(names: str, shape: Sequence[int]) -> dict[str, int]:
    """The size of every axis by its letter; those that ``...`` stands for are counted from their end."""
    before, _, after = names.partition("...")
    found = dict(zip(before, shape, strict=False)) | dict(zip(reversed(after), reversed(shape), strict=False))
    between = shape[len(before) : len(shape) - len(after)]
    return found | {f"...{place}": each for place, each in enumerate(reversed(between))}


def _of_matrices(call: Call, shape_of: ShapeOf) -> Counted:
    place = _PRODUCTS[call.kind]
    if len(call.arguments) <= place:
        return NOTHING
    inner = shape_of(call.arguments[place])[-1]
    return product(*_without_ones((*call.shapes[0], inner)))


def _of_recurrence(call: Call, shape_of: ShapeOf) -> Counted:
    """All matrices, for every step in time."""
    steps = product(prod(shape_of(call.arguments[0])[:-1]))
    matrices = total(product(*each.shape) for each in call.learnt if each.ndim == 2)
    return Counted(matrices.number * steps.number, f"({matrices.formula})·{steps.formula}")


def _without_ones(sizes: Iterable[int]) -> list[int]:
    return [each for each in sizes if each != 1] or [1]


_MACS: Final[Mapping[str, Callable[[Mapping[str, Any], Call, ShapeOf], Counted]]] = {
    "conv": _of_convolution,
    "conv_transpose": _of_convolution,
    "linear": _of_dense,
    "scaled_dot_product_attention": _of_dot_product,
    "multi_head_attention_forward": _of_heads,
    "einsum": _of_einsum,
}
