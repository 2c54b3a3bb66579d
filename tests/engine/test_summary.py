from __future__ import annotations

import csv
import io
import subprocess
import sys

from engine.inside import Architecture, Form, Group, Node, Receptive
from engine.summary import as_csv, as_text

SEES = Receptive(7, 2, -3)
CONV = Node(
    name="layer1.conv",
    kind="Conv2d",
    group="layer1",
    detail="7×7, stride 2, padding 3",
    inputs=(),
    shape=(64, 112, 112),
    form=Form.MAPS,
    parameters=9_408,
    parameters_formula="7·7·3·64 = 9\N{THIN SPACE}408",
    size_formula="⌊(224 − 7 + 2·3)/2⌋ + 1 = 112",
    macs=118_013_952,
    macs_formula="7·7·3·64·112·112 = 118\N{THIN SPACE}013\N{THIN SPACE}952",
    receptive=(SEES, Receptive(9, 4, -4)),
)
DENSE = Node("fc", "Linear", "", "64 → 10", (0,), (10,), Form.VECTOR, 650, "(64 + 1)·10 = 650", "", 640, "64·10 = 640")
GROUPS = {"": Group("", "Net", None), "layer1": Group("layer1", "Sequential", "")}
GRAPH = Architecture((CONV, DENSE), GROUPS, parameters=10_058)


def test_the_text_has_a_line_for_each_layer_and_the_totals_below() -> None:
    head, rule, conv, dense, rule_again, total = as_text(GRAPH).splitlines()
    assert head.split()[:2] == ["Layer", "Kind"]
    assert set(rule) == {"-"}
    assert rule == rule_again
    assert conv.startswith("layer1.conv  Conv2d")
    assert "64×112×112" in conv
    assert "7×9, step 2×4" in conv
    assert "(64 + 1)·10 = 650" in dense
    assert total.startswith("Total")
    assert "10 058" in total
    assert "118 014 592" in total


def test_its_columns_stand_below_each_other_and_numbers_end_together() -> None:
    lines = as_text(GRAPH).splitlines()
    ends = {lines[0].index("Parameters") + len("Parameters")}
    ends |= {line.index(text) + len(text) for line, text in ((lines[2], "9 408"), (lines[5], "10 058"))}
    ends |= {lines[3].index("650") + len("650")}
    assert len(ends) == 1
    assert (
        len({line.index(text) for line, text in ((lines[0], "Kind"), (lines[2], "Conv2d"), (lines[3], "Linear"))}) == 1
    )
    assert all(line == line.rstrip() for line in lines)


def test_the_text_has_no_letters_of_another_width() -> None:
    assert "\N{THIN SPACE}" not in as_text(GRAPH)


def test_what_is_missing_is_said_below_the_totals() -> None:
    graph = Architecture((DENSE,), GROUPS, 650, missing="Its order is not known.")
    assert as_text(graph).splitlines()[-1] == "Its order is not known."


def test_csv_has_numbers_that_a_spreadsheet_reads() -> None:
    conv, dense, total = csv.DictReader(io.StringIO(as_csv(GRAPH)))
    assert (conv["parameters"], conv["multiply-adds"], conv["output"]) == ("9408", "118013952", "64×112×112")
    assert [conv[each] for each in ("sees rows", "sees columns", "step down", "step right")] == ["7", "9", "2", "4"]
    assert (conv["first row"], conv["first column"]) == ("-3", "-4")
    assert conv["settings"] == "7×7, stride 2, padding 3", "a comma does not begin a new cell"
    assert (dense["inputs"], dense["sees rows"]) == ("layer1.conv", "")
    assert (total["layer"], total["parameters"], total["multiply-adds"]) == ("Total", "10058", "118014592")


def test_a_network_without_layers_is_a_table_without_lines() -> None:
    empty = Architecture((), {"": Group("", "Net", None)}, 0)
    assert as_text(empty).splitlines()[-1].split() == ["Total", "0", "0"]
    assert len(as_csv(empty).splitlines()) == 2


def test_tables_are_made_without_torch() -> None:
    code = "import sys, engine.summary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
