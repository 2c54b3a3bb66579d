"""How a number of a layer comes about, line by line, as read."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from engine.arithmetic import (
    FUNCTIONS,
    Normed,
    Pooled,
    Softened,
    Taken,
    activate,
    formula_of,
    settings_of,
    top_channels,
)
from engine.inside import Anatomy
from engine.wording import say_percent

Run = TypeVar("Run")

BOTH = ("clean", "attacked", "difference")
"""Columns where the difference of the two runs is shown."""
NAMES = {
    "conv": "convolution",
    "dense": "dense layer",
    "batch norm": "batch norm",
    "activation": "activation",
    "max pool": "max pool",
    "average pool": "average pool",
    "softmax": "softmax",
}
"""What kinds of layers are called, in the order in which they are told to those who look at another."""


@dataclass(frozen=True)
class Line:
    """One step.

    Attributes:
        text: what is reckoned.
        values: what comes out, a column each.
        detail: how, in a line below; "" for nothing.
        strong: whether it is what the layer gives.
    """

    text: str
    values: tuple[str, ...]
    detail: str = ""
    strong: bool = False


@dataclass(frozen=True)
class Steps:
    """All lines, and what their columns are called; no names where there is a single one that needs none."""

    lines: tuple[Line, ...]
    columns: tuple[str, ...] = ()


def say_number(value: float) -> str:
    """A number among those it is added to: four decimals, so that the points are in line."""
    if math.isnan(value):
        return "not a number"
    if value and not 5e-4 <= abs(value) < 1e4:
        return f"{value:.2e}".replace("-", "−") if math.isfinite(value) else f"{value}".replace("-", "−")
    return f"{value:.4f}".replace("-", "−")


def say_cell(value: float, limit: float, digits: int = 3) -> str:
    """A number in a small cell: so many digits of the largest beside it; a dash for what takes no part."""
    if math.isnan(value):
        return "–"
    if not limit < 1e4:
        return f"{value:.1e}".replace("-", "−")
    decimals = min(5, max(0, digits - 1 - math.floor(math.log10(limit)))) if limit > 0 else 0
    said = f"{value:.{decimals}f}".replace("-", "−")
    return said.removeprefix("−") if not any(each in "123456789" for each in said) else said


def sum_steps(anatomy: Anatomy, runs: Sequence[Taken], shown: int) -> Steps:
    """A convolution or dense layer; of two runs, clean and attacked, the largest contributions are to the change."""
    top = top_channels(changed(runs), shown)
    what = "channel" if anatomy.kind == "conv" else "input"
    rest = len(runs[0].sums) - len(top)
    lines = [_line(f"sum of {_counted(len(top), what)}", runs, lambda run: float(run.sums[top].sum()))]
    if rest:
        lines.append(
            _line(f"+ {_counted(rest, f'other {what}')}", runs, lambda run: run.total - float(run.sums[top].sum()))
        )
    if anatomy.bias is not None:
        lines.append(_line("+ bias", runs, lambda run: run.bias))
    lines.append(_line(f"= {NAMES[anatomy.kind]}", runs, lambda run: run.result, strong=True))
    norms = [run.normed for run in runs if run.normed is not None]
    if anatomy.norm is not None and norms:
        lines.append(_line("→ batch norm", norms, lambda norm: norm.result, detail=_norm_detail(norms)))
    if anatomy.then:
        settings = settings_of(anatomy)
        title, formula = FUNCTIONS[anatomy.then].title, formula_of(anatomy.then, settings)
        lines.append(_line(f"→ {title}", runs, lambda run: math.nan if run.after is None else run.after, formula))
    return _steps(lines, runs)


def norm_steps(anatomy: Anatomy, runs: Sequence[Normed]) -> Steps:
    """A batch norm."""
    lines = [
        _line("x", runs, lambda run: run.x, "what comes in"),
        _line("x − μ", runs, lambda run: run.x - run.mean, f"mean in training μ = {say_number(runs[0].mean)}"),
        _line(
            "÷ √(σ² + ε)",
            runs,
            lambda run: run.standard,
            f"√({say_number(runs[0].variance)} + {runs[0].eps:g}) = {say_number(runs[0].deviation)}",
        ),
    ]
    if anatomy.weight is not None:
        lines.append(
            _line("· γ", runs, lambda run: run.standard * run.scale, f"learnt scale γ = {say_number(runs[0].scale)}")
        )
    if anatomy.bias is not None:
        lines.append(_line("+ β", runs, lambda run: run.result, f"learnt shift β = {say_number(runs[0].shift)}"))
    lines.append(_line(f"= {NAMES[anatomy.kind]}", runs, lambda run: run.result, strong=True))
    return _steps(lines, runs)


def activation_steps(anatomy: Anatomy, runs: Sequence[float]) -> Steps:
    """An activation of one number."""
    settings = settings_of(anatomy)
    lines = [
        _line("x", runs, lambda x: x, "what comes in"),
        _line(
            f"= {FUNCTIONS[anatomy.function].title}",
            runs,
            lambda x: float(activate(anatomy.function, x, settings)),
            formula_of(anatomy.function, settings),
            strong=True,
        ),
    ]
    return _steps(lines, runs)


def pool_steps(anatomy: Anatomy, runs: Sequence[Pooled]) -> Steps:
    """A pool: the largest number of its window, or the mean."""
    if runs[0].winner is not None:
        line = _line(f"= {NAMES[anatomy.kind]}", runs, lambda run: run.result, "the largest, outlined", strong=True)
        return _steps([line], runs)
    padding = "padded zeros count too" if anatomy.counts_padding and any(anatomy.padding) else ""
    lines = [
        _line("sum of the window", runs, lambda run: run.total),
        Line("÷ how many", (str(runs[0].count),) * len(runs), padding),
        _line(f"= {NAMES[anatomy.kind]}", runs, lambda run: run.result, "the mean", strong=True),
    ]
    return _steps(lines, runs)


def softmax_steps(runs: Sequence[Softened], names: Sequence[str], chosen: int, shown: int) -> Steps:
    """A softmax: the classes with the largest share in either run, and the chosen one; the others together."""
    top = _largest(runs, chosen, shown)
    lines = [
        Line(_name(each, names), _softmax_values(runs, each), strong=each == chosen)
        for each in sorted(top, key=lambda each: -runs[-1].shares[each])
    ]
    rest = len(runs[0].shares) - len(top)
    if rest:
        others = [float(np.delete(run.exponentials, top).sum()) for run in runs]
        values = [
            ("", say_number(other), say_percent(other / run.total)) for run, other in zip(runs, others, strict=True)
        ]
        lines.append(Line(f"{rest} others", tuple(each for group in values for each in group)))
    totals = [("", say_number(run.total), "100 %") for run in runs]
    lines.append(Line("sum", tuple(each for group in totals for each in group)))
    columns = tuple(
        f"{title}{each}"
        for run, title in zip(runs, ("",) if len(runs) == 1 else ("clean ", "attacked "), strict=True)
        for each in ("z", f"e^(z − {run.highest:.3g})".replace("− -", "+ "), "÷ sum")
    )
    return Steps(tuple(lines), columns)


def changed(runs: Sequence[Taken]) -> Taken:
    """The only run, or what the attack changes in each product; the kernel is the same in both."""
    if len(runs) == 1:
        return runs[0]
    clean, attacked = runs
    return Taken(
        channels=clean.channels,
        rows=clean.rows,
        columns=clean.columns,
        patch=attacked.patch - clean.patch,
        kernel=clean.kernel,
        products=attacked.products - clean.products,
        sums=attacked.sums - clean.sums,
        total=attacked.total - clean.total,
        bias=0.0,
        result=attacked.result - clean.result,
    )


def _line(
    text: str, runs: Sequence[Run], value: Callable[[Run], float], detail: str = "", *, strong: bool = False
) -> Line:
    """With a column for every run, and one for their difference where there are two."""
    values = [value(run) for run in runs]
    if len(values) == 2:
        values.append(values[1] - values[0])
    return Line(text, tuple(say_number(each) for each in values), detail, strong)


def _steps(lines: Sequence[Line], runs: Sequence[object]) -> Steps:
    return Steps(tuple(lines), BOTH if len(runs) == 2 else ())


def _norm_detail(norms: Sequence[Normed]) -> str:
    if len(norms) > 1:
        return "(x − μ) / √(σ² + ε) · γ + β"
    norm = norms[0]
    mean, variance, scale, shift = (f"{each:.3g}" for each in (norm.mean, norm.variance, norm.scale, norm.shift))
    said = f"({norm.x:.3g} − {mean}) / √({variance} + {norm.eps:g}) · {scale} + {shift}"
    return said.replace("− -", "+ ").replace("+ -", "− ").replace("-", "−")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _largest(runs: Sequence[Softened], chosen: int, shown: int) -> list[int]:
    """Indices of classes, without repeats; the chosen one is always among them."""
    ranked = [np.argsort(-run.shares, kind="stable")[:shown] for run in runs]
    merged = [chosen, *(int(each) for group in zip(*ranked, strict=True) for each in group)]
    return list(dict.fromkeys(merged))[:shown]


def _softmax_values(runs: Sequence[Softened], label: int) -> tuple[str, ...]:
    return tuple(
        said
        for run in runs
        for said in (
            say_number(float(run.logits[label])),
            say_number(float(run.exponentials[label])),
            say_percent(float(run.shares[label])),
        )
    )


def _name(label: int, names: Sequence[str]) -> str:
    return names[label] if label < len(names) else f"class {label}"
