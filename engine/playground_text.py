"""How numbers of the playground are read and said: matrices as text, sums written out, settings in words."""

from __future__ import annotations

import math
import re
from typing import Final

import numpy as np

from engine.answers import Floats
from engine.playground import Convolution, Mode, PlaygroundError, Term

LARGEST: Final = 1e6
"""The largest number, in size, that may be typed: its products are still told apart in what is shown."""

_KEPT: Final = "What was there stays."
_ROW_ENDS: Final = re.compile(r"\]\s*,?\s*\[|[\r\n]+")
_GAPS: Final = re.compile(r"[\s,]+")
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")

WHY: Final = {
    Mode.CROSS_CORRELATION: (
        "Cross-correlation lays the kernel on as it is. Networks say convolution and mean this: their kernels are "
        "learnt, and would only be learnt the other way round."
    ),
    Mode.CONVOLUTION: (
        "Convolution, as mathematics defines it, turns the kernel by 180° before it is laid on. Networks leave that "
        "out, since a learnt kernel comes out right either way, and still say convolution."
    ),
}
"""Why there are two, said from the side of each."""


def read_number(text: str) -> float:
    """A number as typed: ``3``, ``-0.5``, ``−0,5``, ``1/9``.

    Raises:
        PlaygroundError: it is none, or larger than ``LARGEST`` in size.
    """
    typed = text.strip().replace("−", "-")
    if _DECIMAL_COMMA.fullmatch(typed):
        typed = typed.replace(",", ".")
    above, _, below = typed.partition("/")
    try:
        value = float(above) / float(below) if below or "/" in typed else float(above)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if math.isnan(value):
        why = "nothing was typed" if not typed else "it is not a number"
        raise PlaygroundError(f"Could not read “{_short(text)}”", why, f"Type one such as 3, -0.5 or 1/9. {_KEPT}")
    if abs(value) > LARGEST:
        raise PlaygroundError(f"Could not take {_short(text)}", "numbers go from −1 000 000 to 1 000 000", _KEPT)
    return value


def read_matrix(text: str, most: int) -> Floats:
    """Numbers in rows: one line a row, or ``1 2; 3 4``, or ``[[1, 2], [3, 4]]``; also a table from a spreadsheet.

    Args:
        text: numbers in a row are parted by spaces, tabs or commas; by semicolons where rows are lines. Where tabs or
            such semicolons part them, a comma is a decimal point.
        most: how many rows, and columns, there may be.

    Raises:
        PlaygroundError: something is not a number, rows are of different lengths, or there are too many.
    """
    rows = [_numbers(each) for each in _rows(text)]
    if not rows:
        remedy = f"Type numbers in rows, such as 1 2; 3 4. {_KEPT}"
        raise PlaygroundError("Could not read the numbers", "there are none", remedy)
    lengths = {len(each) for each in rows}
    if len(lengths) > 1:
        said = f"rows have between {min(lengths)} and {max(lengths)} numbers"
        raise PlaygroundError("Could not read the numbers", said, f"Give every row as many. {_KEPT}")
    if len(rows) > most or len(rows[0]) > most:
        said = f"{len(rows)}×{len(rows[0])} are too many"
        raise PlaygroundError("Could not take the numbers", said, f"There is room for {most}×{most}. {_KEPT}")
    return np.array(rows, np.float32)


def is_matrix(text: str) -> bool:
    """Whether a text holds more than one number."""
    one = text.strip()
    return not _DECIMAL_COMMA.fullmatch(one) and bool(re.search(r"[\s,;\[]", one))


def _rows(text: str) -> list[str]:
    """The text of every row, in which semicolons have become tabs."""
    rows = [each for each in _ROW_ENDS.split(text) if each.strip(" \t,;[]")]
    if len(rows) == 1:
        rows = [each for each in rows[0].split(";") if each.strip(" \t,[]")]
    return [each.replace(";", "\t").strip(" \t,[]") for each in rows]


def _numbers(row: str) -> list[float]:
    parts = row.split()
    if "\t" not in row or not all(_DECIMAL_COMMA.fullmatch(each) for each in parts if "," in each):
        parts = _GAPS.split(row)
    return [read_number(each) for each in parts]


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def as_text(values: Floats) -> str:
    """Numbers as ``read_matrix`` reads them, a line a row, parted by tabs, so that spreadsheets take them too."""
    return "\n".join("\t".join(np.format_float_positional(each, trim="-") for each in row) for row in values)


def say_number(value: float, digits: int = 4) -> str:
    """A number as read: whole ones in full up to six digits, others with so many: ``37``, ``−0.1111``, ``1.2e+07``."""
    whole = value == round(value) and abs(value) < 1e6
    text = f"{value:.0f}" if whole else f"{value:.{digits}g}"
    return text.replace("-", "−") if float(text) else "0"


def say_sum(convolution: Convolution, row: int, column: int, most: int | None = None) -> str:
    """The sum behind a number of the output, written out: ``1·1 + 2·2 + 4·3 + 5·4 = 37``; input first, then kernel.

    Args:
        convolution: whose output it is.
        row: of the output.
        column: of the output.
        most: how many products are written; those left out are counted.
    """
    terms = convolution.terms(row, column)
    written = [_product(each) for each in terms[:most]]
    if len(written) < len(terms):
        written.append(f"{len(terms) - len(written)} more")
    return f"{' + '.join(written)} = {say_number(float(convolution.output[row, column]), 6)}"


def _product(term: Term) -> str:
    return f"{_factor(term.value)}·{_factor(term.weight)}"


def _factor(value: float) -> str:
    text = say_number(value)
    return f"({text})" if text.startswith("−") else text


def say_size(convolution: Convolution) -> str:
    """How the size of the output comes about, with the numbers put in, and what padding is laid around."""
    down, across = convolution.down, convolution.across
    size = f"height {down.formula}, width {across.formula}"
    if down == across:
        size = f"height and width {down.formula}"
    return f"Output: {size}. {say_padding(convolution)}"


def say_padding(convolution: Convolution) -> str:
    """How many rows and columns of zeros are laid around the input."""
    top, bottom, left, right = convolution.margins
    if not any(convolution.margins):
        return "No padding."
    rows = f"{top} {_rows_word(top)} above" + (f" and {bottom} below" if bottom != top else " and below")
    columns = f"{left} {_columns_word(left)} left" + (f" and {right} right" if right != left else " and right")
    return f"Padding with zeros: {rows}, {columns}."


def _rows_word(count: int) -> str:
    return "row" if count == 1 else "rows"


def _columns_word(count: int) -> str:
    return "column" if count == 1 else "columns"
