"""The output of the selected layer, for the clean and the attacked picture, ready to be shown."""

from __future__ import annotations

from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.answers import Floats
from engine.errors import ExplainedError
from engine.inside import Activations, Form, Node
from engine.network.live import Live
from engine.network.subject import Subject

MOST_BYTES = 64 * 2**20
"""Of both pictures together, as float32; a layer that takes more is shown in part."""


class NoFormError(ExplainedError):
    """A layer whose output is neither maps, nor a vector, nor tokens."""

    def __init__(self, node: Node) -> None:
        shape = "×".join(map(str, node.shape)) or "of unknown size"
        super().__init__(
            f"The activations of {node.name} cannot be drawn",
            f"its output is {shape}: neither feature maps, nor one number a unit, nor a sequence of tokens",
            "Choose the layer before or after it.",
        )


@torch.no_grad()
def activations(subject: Subject) -> Activations:
    """The output of the selected layer; of one that is too large, units at even distances.

    Raises:
        NoFormError: it has no form that can be drawn.
        RecordingError: the network cannot be watched.
    """
    name = subject.look.layer
    node = subject.watched.node(name)
    if node.form is None:
        raise NoFormError(node)
    sampled = sample(node, subject.look.unit, MOST_BYTES)
    key = (name, None if sampled is None else sampled.tobytes())
    clean, on_clean = subject.live.once(
        "clean activations", key, lambda: _shown(subject.live, subject.clean, node, sampled, "clean")
    )
    attacked, on_attacked = _shown(subject.live, subject.attacked, node, sampled, "attacked")
    return Activations(
        layer=name,
        form=node.form,
        clean=clean,
        attacked=attacked,
        sampled=sampled,
        note=" ".join(filter(None, (_say_sample(node, sampled), on_clean, on_attacked))),
    )


def sample(node: Node, chosen: int | None, most_bytes: int) -> NDArray[np.int64] | None:
    """The units of a layer that are held, ascending, at even distances; None if all of them can be.

    Args:
        node: with a form.
        chosen: a unit that is to be among them.
        most_bytes: for two runs, as float32.
    """
    units = node.units
    a_unit = 2 * 4 * prod(node.shape) // units
    most = max(1, most_bytes // a_unit)
    if units <= most:
        return None
    held = np.linspace(0, units - 1, most).round().astype(np.int64)
    if chosen is not None and 0 <= chosen < units:
        held[np.abs(held - chosen).argmin()] = chosen
    return held


def say_not_finite(values: Floats, which: str) -> str:
    """A sentence on values that are not a number, or infinite; "" if there are none."""
    with np.errstate(all="ignore"):
        total = values.sum()
    if np.isfinite(total):
        return ""  # one sum tells that all are finite, at a tenth of the cost; where it overflows, they are counted
    missing, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    said = [f"{say_count(missing)} not a number"] if missing else []
    said += [f"{say_count(infinite)} infinite"] if infinite else []
    return f"In the {which} run, {' and '.join(said)}." if said else ""


def say_count(number: int) -> str:
    """``1 value is``, ``1 234 values are``."""
    return "1 value is" if number == 1 else f"{number:,} values are".replace(",", "\N{THIN SPACE}")


def _shown(live: Live, x: Tensor, node: Node, sampled: NDArray[np.int64] | None, which: str) -> tuple[Floats, str]:
    """The values for one picture, (C, H, W), (C,) or (T, C), and what is to be said of them."""
    value = live.values(x, [node.name])[node.name][0]
    if sampled is not None:
        units = torch.from_numpy(sampled).to(value.device)
        value = value.index_select(-1 if node.form is Form.TOKENS else 0, units)
    array: Floats = value.float().contiguous().cpu().numpy()
    return array, say_not_finite(array, which)


def _say_sample(node: Node, sampled: NDArray[np.int64] | None) -> str:
    if sampled is None:
        return ""
    megabytes = 8 * prod(node.shape) / 1e6
    return f"{len(sampled)} of {node.units} units are shown, evenly chosen: all of them would take {megabytes:.0f} MB."
