"""The network as a table in plain text or CSV, to be pasted elsewhere."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Final

from engine.inside import Architecture, Node, Receptive

_THIN_SPACE: Final = "\N{THIN SPACE}"
_HEADINGS: Final = (
    *("Layer", "Kind", "Settings", "Output", "(W − F + 2P)/S + 1"),
    *("Parameters", "(F·F·C_in + 1)·C_out", "Sees of the input", "Multiply-adds", "How they come about"),
)
_NUMBERS: Final = frozenset({"Parameters", "Multiply-adds"})
"""What is written at the right of its column."""

_FIELDS: Final = (
    *("layer", "kind", "group", "settings", "inputs", "output", "output formula"),
    *("parameters", "parameters formula", "multiply-adds", "multiply-adds formula"),
    *("sees rows", "sees columns", "step down", "step right", "first row", "first column"),
)


def as_text(architecture: Architecture) -> str:
    """A line for each layer in columns of one width, totals below.

    Thousands are told apart by plain spaces, as thinner ones would put a column of one-width letters out of line.
    """
    rows = [_text_row(each) for each in architecture.nodes]
    totals = ("Total", "", "", "", "", _grouped(architecture.parameters), "", "", _grouped(architecture.macs), "")
    head, *lines, last = _aligned([_HEADINGS, *rows, totals])
    rule = "-" * max(map(len, (head, *lines, last)))
    said = [architecture.missing] if architecture.missing else []
    return "\n".join([head, rule, *lines, rule, last, *said]) + "\n"


def as_csv(architecture: Architecture) -> str:
    """A line for each layer, comma-separated (RFC 4180), with plain numbers; totals in the last line.

    What is not known, or everything that there is, is left empty. The receptive field is given in pixels of the input:
    how many rows and columns a position sees, how far the next position is, and where the first one begins, which may
    be in the padding. Inputs are names of layers.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, _FIELDS, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_csv_row(each, architecture) for each in architecture.nodes)
    writer.writerow({"layer": "Total", "parameters": architecture.parameters, "multiply-adds": architecture.macs})
    return out.getvalue()


def _text_row(node: Node) -> tuple[str, ...]:
    texts = (
        *(node.name, node.kind, node.detail, _shape(node), node.size_formula),
        *(_perhaps(node.parameters), node.parameters_formula, _sees(node.receptive)),
        *(_perhaps(node.macs), node.macs_formula),
    )
    return tuple(each.replace(_THIN_SPACE, " ") for each in texts)


def _csv_row(node: Node, architecture: Architecture) -> dict[str, object]:
    row: dict[str, object] = {
        "layer": node.name,
        "kind": node.kind,
        "group": node.group,
        "settings": node.detail,
        "inputs": " ".join(architecture.nodes[each].name for each in node.inputs),
        "output": _shape(node),
        "output formula": node.size_formula,
        "parameters": node.parameters,
        "parameters formula": node.parameters_formula,
        "multiply-adds": node.macs,
        "multiply-adds formula": node.macs_formula,
    }
    if node.receptive is None:
        return row
    down, right = node.receptive
    return row | {
        "sees rows": f"{down.size:g}",
        "sees columns": f"{right.size:g}",
        "step down": f"{down.stride:g}",
        "step right": f"{right.stride:g}",
        "first row": f"{down.start:g}",
        "first column": f"{right.start:g}",
    }


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides: list[Callable[[str, int], str]] = [str.rjust if each in _NUMBERS else str.ljust for each in _HEADINGS]
    return [
        "  ".join(side(text, width) for side, text, width in zip(sides, row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _sees(receptive: tuple[Receptive, Receptive] | None) -> str:
    """``11×11, step 4``, rows first."""
    if receptive is None:
        return ""
    down, right = receptive
    step = f"{down.stride:g}" if down.stride == right.stride else f"{down.stride:g}×{right.stride:g}"
    return f"{down.size:g}×{right.size:g}, step {step}"


def _shape(node: Node) -> str:
    return "×".join(map(str, node.shape))


def _perhaps(count: int) -> str:
    return _grouped(count) if count else ""


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", " ")
