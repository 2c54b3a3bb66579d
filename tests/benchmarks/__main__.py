"""``python -m tests.benchmarks [NAME [--json] [OPTION...]]``: lists the benchmarks, or runs one of them."""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.benchmarks.measure import machine


def main(arguments: list[str]) -> int:
    """Lists the benchmarks, or runs one and prints its figures, as a table or as the JSON object of the last line."""
    known = dict(benchmarks())
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=known, metavar="NAME", help=", ".join(known))
    parser.add_argument("--json", action="store_true", help="print one JSON object, on the last line")
    chosen, options = parser.parse_known_args(arguments)
    if chosen.name is None:
        print(table(known))
        return 0
    figures = importlib.import_module(f"tests.benchmarks.{chosen.name}").run(options)
    if chosen.json:
        print(json.dumps({"benchmark": chosen.name, **figures, "machine": machine()}))
    else:
        print(table(figures))
        print("  ".join(f"{key}: {value}" for key, value in machine().items()))
    return 0


def benchmarks() -> Iterator[tuple[str, str]]:
    """Name and first line of every module here that has a function ``run``; none of them is imported for it."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(each, ast.FunctionDef) and each.name == "run" for each in tree.body):
            yield path.stem, (ast.get_docstring(tree) or "").partition("\n")[0]


def table(figures: Mapping[str, object]) -> str:
    """Names and figures in two columns, below them rows of figures as a table of their own."""
    width = max(map(len, figures))
    lines = [f"{name:<{width}}  {_said(value)}" for name, value in figures.items() if not _is_rows(value)]
    for name, rows in figures.items():
        if _is_rows(rows):
            lines += ["", f"{name}:", *_lines(rows)]  # type: ignore[arg-type]
    return "\n".join(lines)


def _is_rows(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _lines(rows: list[dict[str, object]]) -> Iterator[str]:
    heads = list(rows[0])
    cells = [heads, *([_said(row.get(head, "")) for head in heads] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(heads))]
    for line in cells:
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(line, widths, strict=True))


def _said(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
