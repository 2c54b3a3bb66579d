"""What the benchmarks' figures mean; whether they are good is not for a test to say."""

from __future__ import annotations

import importlib
import json
import mmap
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch

ROOT = Path(__file__).parent.parent


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmarks are run from the project's folder, never installed."""
    monkeypatch.syspath_prepend(str(ROOT))


def test_without_a_name_the_benchmarks_are_listed_with_what_they_measure() -> None:
    done = benchmarks()
    assert done.returncode == 0, done.stderr
    listed = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert {"drag", "loop", "memory", "start"} <= set(listed)
    assert listed["drag"].startswith("From a move of the ε slider to the painted picture")


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    done = benchmarks("swim")
    assert done.returncode == 2
    assert "drag" in done.stderr


def test_figures_are_printed_as_a_table_or_as_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.benchmarks import __main__ as program
    from tests.benchmarks import drag

    given: list[list[str]] = []

    def run(arguments: list[str]) -> dict[str, object]:
        given.append(arguments)
        return {"ratio_p95": 2.34567, "rounds": [{"a": 1, "b": 2.5}, {"a": 10, "b": 3.25}]}

    monkeypatch.setattr(drag, "run", run)
    assert program.main(["drag", "--rounds", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:6] == ["ratio_p95  2.346", "", "rounds:", " a     b", " 1   2.5", "10  3.25"]
    assert program.main(["drag", "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["benchmark"], last["ratio_p95"]) == ("drag", 2.34567)
    assert given == [["--rounds", "2"], []]


def test_the_wait_of_a_move_ends_with_the_first_paint_of_it_or_of_a_newer_one() -> None:
    from tests.benchmarks.drag import Log

    log = Log()
    log.painted(0.5, 0.0)  # from before the drag
    for number in range(4):
        log.moved(number / 10, float(number))
    log.painted(0.1, 10.0)
    assert log.move_to_paint == [10.0, 9.0]
    assert not log.is_complete
    log.painted(0.1, 11.0)
    log.painted(0.3, 12.0)
    assert log.move_to_paint == [10.0, 9.0, 10.0, 9.0]
    assert log.is_complete
    assert log.frames == 2
    assert log.oldest == 10.0


def test_a_percentile_is_one_of_the_values() -> None:
    from tests.benchmarks.measure import percentile

    values = [float(each) for each in range(100, 0, -1)]
    assert percentile(values, 0.5) == 51
    assert percentile(values, 0.95) == 96
    assert percentile(values, 1) == 100
    assert percentile([7.0], 0.99) == 7


def test_memory_is_told_in_megabytes_and_grows_with_what_is_held() -> None:
    from tests.benchmarks.measure import resident_mb

    before = resident_mb()
    with mmap.mmap(-1, 64_000_000) as held:  # from the system: the process may have freed memory to reuse
        for page in range(0, len(held), mmap.PAGESIZE):
            held[page] = 1
        assert 50 < resident_mb() - before < 200


def test_looking_inside_misses_what_is_too_little_and_what_is_too_much_but_not_what_was_not_measured() -> None:
    from tests.benchmarks.inside import missed

    assert missed({"live_ratio": 0.8, "mosaic_ms": 4.0}) == []
    assert missed({"live_ratio": 0.79, "graph_s": 1.1, "mosaic_ms": 0.1}) == ["live_ratio", "graph_s"]


def test_the_graph_that_is_drawn_has_a_thousand_nodes_some_of_them_joins() -> None:
    from engine.network.watched import Watched
    from tests.benchmarks.inside import classifier_of, thousand_nodes

    nodes = Watched(classifier_of(thousand_nodes(), 10, 8)).architecture.nodes
    assert len(nodes) >= 1000
    assert sum(len(each.inputs) > 1 for each in nodes) == 200


def leave_this_process_as_it_is(monkeypatch: pytest.MonkeyPatch, benchmark: ModuleType) -> None:
    """A benchmark has a process of its own, whose memory and threads it sets up."""
    monkeypatch.setattr(benchmark, "tune_process", lambda: None)
    monkeypatch.setattr(benchmark, "set_threads", lambda window: None)


def test_attacks_are_compared_with_a_bare_loop_and_with_the_libraries_that_are_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.benchmarks import attacks

    leave_this_process_as_it_is(monkeypatch, attacks)
    figures = attacks.run(["--rows", "pgd-10", "square", "--models", "cnn-32-32", "--batches", "1", "--rounds", "1"])
    rows = figures["rows"]
    assert isinstance(rows, list)
    assert [(row["attack"], row["model"], row["batch"], row["fresh"]) for row in rows] == [
        ("pgd-10", "cnn-32-32", 1, False),
        ("square", "cnn-32-32", 1, False),
    ]
    assert all(row["bare_ratio"] > 0 for row in rows)
    assert all((row["library"] is None) == (row["library_ratio"] is None) for row in rows)
    assert figures["clock"] in {"wall", "cpu"}


@pytest.mark.parametrize("clock", ["wall", "cpu"])
def test_the_fastest_library_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch, clock: str) -> None:
    from tests.benchmarks import attacks
    from tests.benchmarks.measure import Times

    def taking_turns(_: object, rounds: int) -> dict[str, list[Times]]:
        fast, slow = Times(2.0, 3.0), Times(8.0, 9.0)
        return {
            "ours": [Times(1.0, 2.0)] * rounds,
            "bare": [slow] * rounds,
            "one": [slow] * rounds,
            "two": [fast] * rounds,
        }

    monkeypatch.setattr(attacks, "_taking_turns", taking_turns)
    row = attacks._row("fgsm", ("cnn-32-32", 1), 3, clock)
    assert (row["library"], row["library_ratio"]) == ("two", 2.0 if clock == "wall" else 1.5)
    assert row["bare_ratio"] == (8.0 if clock == "wall" else 4.5)


def test_the_loops_written_by_hand_do_what_their_attacks_do() -> None:
    from tests.benchmarks import bare

    weights = torch.randn(3, 12, generator=torch.Generator().manual_seed(1))
    x = torch.rand(4, 3, 2, 2, generator=torch.Generator().manual_seed(2))

    def model(pixels: torch.Tensor) -> torch.Tensor:
        return pixels.flatten(1) @ weights.T

    labels = model(x).argmax(1)
    moved = {
        "fgsm": bare.fgsm(model, x, labels, 0.3),
        "pgd": bare.pgd(model, x, labels, 0.3, 10, 0.1),
        "apgd": bare.apgd(model, x, labels, 0.3, 10, {3: 3, 6: 3}),
        "square": bare.square(model, x, labels, 0.3, [2, 1] * 20),
        "cw": bare.carlini_wagner(model, x, labels, 3, 60, 1.0),
        "deepfool": bare.deepfool(model, x, labels, 50, 3),
    }
    for name, pictures in moved.items():
        assert 0 <= float(pictures.min()) <= float(pictures.max()) <= 1, name
        assert float((pictures - x).abs().max()) < (0.3 + 1e-6 if name not in {"cw", "deepfool"} else 1), name
        assert bool((model(pictures).argmax(1) != labels).any()), name
    assert bool((model(moved["deepfool"]).argmax(1) != labels).all())


@pytest.mark.parametrize(("name", "rows"), [("published", "szegedy"), ("lectures", "shifted")])
def test_what_is_missing_for_a_row_is_said_and_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, rows: str
) -> None:
    benchmark = importlib.import_module(f"tests.benchmarks.{name}")
    leave_this_process_as_it_is(monkeypatch, benchmark)
    figures = benchmark.run(["--data", str(tmp_path), "--rows", rows])
    assert figures["rows"] == []
    assert capsys.readouterr().err.startswith(f"{rows} is left out: ")


def test_digits_are_moved_without_anything_coming_round_from_the_other_side() -> None:
    from tests.benchmarks.lectures import _up_and_left

    x = torch.arange(16, dtype=torch.uint8).view(1, 1, 4, 4)
    assert _up_and_left(x, 2)[0, 0].tolist() == [[10, 11, 0, 0], [14, 15, 0, 0], [0] * 4, [0] * 4]
