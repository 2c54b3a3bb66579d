"""Which layer carries the attack: activations put back and put in, one layer or unit at a time.

Activation patching (Vig et al. 2020, arXiv:2004.12265; Meng et al. 2022, arXiv:2202.05262), on pictures: a layer that
looks different need not matter; one whose clean activation restores the answer does.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.errors import ExplainedError
from engine.inside import Causes, Node
from engine.network.divergence import compared
from engine.network.edits import edited
from engine.network.subject import Subject
from engine.network.units import by_unit, swap_units
from engine.robustness.epsilon import coarse_to_fine

MOST_UNITS = 64
"""So many units of the selected layer are tried, those that the attack changed most."""

UNITS_A_PASS = 4
"""A pass of more would hold up a newer request for too long."""

NOTHING_LOST = "The attack has not moved the answer, so there is nothing to restore. Choose a larger ε."

_AGREEMENT = {torch.float16: 0.02, torch.bfloat16: 0.1}
"""How far the logits of two pictures in one pass may be from those of one, of the largest; 0.01 in other types.

Passes of different sizes are computed by different routines, on some devices with ten bits of mantissa.
"""


def causes(subject: Subject) -> Iterator[Causes | None]:
    """Restores every layer in turn, then the units of the selected one, and tells what share of the loss comes back.

    With b the clean answer and a the attacked one (or the runner-up, if they are the same), the margin is
    m = z_b − z_a; the share restored is (m′ − m_attacked) / (m_clean − m_attacked), and the share implanted
    (m_clean − m′) / (m_clean − m_attacked). A layer that everything after it is computed from restores all of it.

    What was found out is kept for as long as the attacked picture stays, whatever layer or edit is chosen meanwhile.

    Yields:
        What is known so far; layers in the order of a drawing that sharpens, so that the shape is seen early. None is
        a place to stop.

    Raises:
        ExplainedError: two pictures in one pass disturb each other in this network.
    """
    found = edited(subject)
    yield found
    known = yield from _known(subject)
    if known.is_flat:
        yield replace(found, note=NOTHING_LOST, done=found.total)
        return
    sweep = _Sweep(subject, known)
    yield from sweep.layers(replace(found, total=sweep.total))
    yield from sweep.units(sweep.with_layers(replace(found, total=sweep.total)))


@dataclass
class _Known:
    """What is known of one attacked picture.

    Attributes:
        x: the picture.
        before, after: b and a, the two classes of the margin.
        clean, attacked: the margin of the two runs.
        layers: share restored and share implanted, by layer; NaN where the layer does not keep two pictures apart.
        units: by layer, the share restored of each unit tried, in the order in which they are tried.
    """

    x: Tensor
    before: int
    after: int
    clean: float
    attacked: float
    layers: dict[str, tuple[float, float]] = field(default_factory=dict)
    units: dict[str, list[float]] = field(default_factory=dict)

    @property
    def is_flat(self) -> bool:
        """Whether the attack has changed nothing that could be restored."""
        return abs(self.clean - self.attacked) < 1e-4 * max(1.0, abs(self.clean))

    def margins(self, logits: Tensor) -> list[float]:
        """The margin m of every row of (N, K) logits."""
        margins: list[float] = (logits[:, self.before].double() - logits[:, self.after].double()).tolist()
        return margins

    def restored(self, margin: float) -> float:
        """The share of the loss that a margin m′ has made good."""
        return (margin - self.attacked) / (self.clean - self.attacked)


def _known(subject: Subject) -> Generator[None, None, _Known]:
    """What is known of the attacked picture, begun if need be; kept with the clean one."""
    kept = subject.live.kept.get("causes")
    if isinstance(kept, _Known) and torch.equal(kept.x, subject.attacked):
        return kept
    alone = []
    for x in (subject.attacked, subject.clean):
        alone.append(_logits(subject, x))
        yield None
    answers = torch.cat(alone)
    _check_pairs(answers, _logits(subject, torch.cat([subject.attacked, subject.clean])))
    before = subject.before.label
    begun = _Known(subject.attacked, before, _rival(answers[0], before), 0.0, 0.0)
    begun.attacked, begun.clean = begun.margins(answers)
    subject.live.kept["causes"] = begun
    return begun


class _Sweep:
    """Both runs side by side in one batch: attacked first, clean second, each with the other's value at hand."""

    def __init__(self, subject: Subject, known: _Known) -> None:
        self._subject = subject
        self._known = known
        self._names = tuple(each.name for each in compared(subject.watched.architecture))
        self._pair = torch.cat([subject.attacked, subject.clean])
        self._node = _node_with_units(subject)
        self._units = np.empty(0, np.int64) if self._node is None else _most_changed(subject, self._node)
        self.total = len(self._names) + len(self._units)

    def layers(self, found: Causes) -> Iterator[Causes]:
        """One layer at a time, exchanged between the two runs."""
        yield self.with_layers(found)
        for place in coarse_to_fine(len(self._names)) if self._names else ():
            name = self._names[place]
            if name not in self._known.layers:
                self._known.layers[name] = self._exchange(name)
                yield self.with_layers(found)

    def with_layers(self, found: Causes) -> Causes:
        """With all that is known of layers."""
        unknown = (float("nan"), float("nan"))
        shares = np.array([self._known.layers.get(each, unknown) for each in self._names], np.float32).reshape(-1, 2)
        done = sum(each in self._known.layers for each in self._names)
        return replace(found, layers=self._names, restored=shares[:, 0], implanted=shares[:, 1], done=done)

    def units(self, found: Causes) -> Iterator[Causes]:
        """The units of the selected layer, some at a time, each restored alone."""
        if self._node is None:
            return
        shares = self._known.units.setdefault(self._node.name, [])
        if shares:
            yield self._with_units(found, self._node, shares)
        while len(shares) < len(self._units):
            shares += self._restore_units(self._node, self._units[len(shares) :][:UNITS_A_PASS])
            yield self._with_units(found, self._node, shares)

    def _with_units(self, found: Causes, node: Node, shares: list[float]) -> Causes:
        return replace(
            found,
            unit_layer=node.name,
            units=self._units[: len(shares)].copy(),
            unit_restored=np.array(shares, np.float32),
            done=found.done + len(shares),
        )

    def _exchange(self, name: str) -> tuple[float, float]:
        """Share restored and implanted by a layer."""
        apart = False

        def exchanged(_name: str, value: Tensor) -> Tensor | None:
            nonlocal apart
            apart = value.ndim > 0 and len(value) == 2
            return value.flip(0) if apart else None

        with torch.no_grad():
            logits = self._subject.watched.edited(self._pair, exchanged, [name])
        attacked, clean = map(self._known.restored, self._known.margins(logits))
        return (attacked, 1 - clean) if apart else (float("nan"), float("nan"))

    def _restore_units(self, node: Node, units: NDArray[np.int64]) -> list[float]:
        """The share that each of some units restores; the same picture once for every unit."""
        clean = self._subject.live.values(self._subject.clean, [node.name])[node.name]
        apart = False

        def restored(_name: str, value: Tensor) -> Tensor | None:
            nonlocal apart
            apart = value.shape == (len(units), *clean.shape[1:])
            if not apart:
                return None
            return torch.cat(
                [swap_units(row[None], clean, node, int(unit)) for row, unit in zip(value, units, strict=True)]
            )

        with torch.no_grad():
            logits = self._subject.watched.edited(
                self._subject.attacked.repeat(len(units), 1, 1, 1), restored, [node.name]
            )
        shares = [self._known.restored(each) for each in self._known.margins(logits)]
        return shares if apart else [float("nan")] * len(units)


def _node_with_units(subject: Subject) -> Node | None:
    """The selected layer, if it has units."""
    layer = subject.look.layer
    node = subject.watched.node(layer) if layer else None
    return None if node is None or node.form is None else node


def _most_changed(subject: Subject, node: Node) -> NDArray[np.int64]:
    """The units of a layer that the attack changed most, most first."""
    clean, attacked = (
        subject.live.values(x, [node.name])[node.name].float() for x in (subject.clean, subject.attacked)
    )
    changed = by_unit(attacked - clean, node)[0].square().sum(-1)
    most: NDArray[np.int64] = changed.argsort(descending=True, stable=True)[:MOST_UNITS].cpu().numpy()
    return most


def _logits(subject: Subject, x: Tensor) -> Tensor:
    with torch.no_grad():
        return subject.watched.values(x, [])[0]


def _check_pairs(alone: Tensor, together: Tensor) -> None:
    """Two pictures in one pass must be answered as each of them alone.

    Raises:
        ExplainedError: they are not.
    """
    tolerance = _AGREEMENT.get(alone.dtype, 0.01) * float(alone.abs().max())
    if together.shape != alone.shape or not torch.allclose(together, alone, rtol=0, atol=tolerance, equal_nan=True):
        raise ExplainedError(
            "Which layer carries the attack cannot be told of this network",
            "it answers two pictures in one pass otherwise than each of them alone",
            "What edits of a layer do is shown all the same.",
        )


def _rival(logits: Tensor, label: int) -> int:
    """The largest class but one."""
    others = logits.clone()
    others[label] = -torch.inf
    return int(others.argmax())
