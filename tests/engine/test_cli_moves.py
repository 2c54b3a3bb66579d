"""Moves on the command line: every picture is moved before the network sees it, as in the window."""

from __future__ import annotations

import json
from typing import Any

import pytest
from torch import Tensor

from engine import load_image, load_model, predict
from engine.catalogue.moves import Moves
from gui.__main__ import main

SEVEN = "sample:mnist-0"
DENSE = ["--model", "mlp-512"]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def seen(moves: Moves | None = None) -> Tensor:
    return load_image(SEVEN, load_model("mlp-512"), moves=moves)


def test_predict_moves_the_picture_and_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    moved = ["--move", "right=-2", "--move", "down=-2", "--move", "turn=10"]
    assert main(["predict", SEVEN, *DENSE, *moved, "--json"]) == 0
    [line] = lines(capsys)
    moves = Moves(right=-2, down=-2, turn=10)
    [expected] = predict(load_model("mlp-512"), seen(moves))
    assert line["moves"] == moves.changed == {"right": -2, "down": -2, "turn": 10}
    assert line["before"][0][1] == pytest.approx(float(expected.probabilities.max()), abs=1e-5)
    assert main(["predict", SEVEN, *DENSE, *moved]) == 0
    assert capsys.readouterr().out.startswith("sample:mnist-0 (2 px left, 2 px up, turned 10°): ")


def test_attack_starts_from_the_moved_picture(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", SEVEN, *DENSE, "--move", "permute=true", "--move", "seed=3", "--json"]) == 0
    [line] = lines(capsys)
    [expected] = predict(load_model("mlp-512"), seen(Moves(permute=True, seed=3)))
    assert line["moves"] == {"permute": True, "seed": 3}
    assert line["before"][0][1] == pytest.approx(float(expected.probabilities.max()), abs=1e-5)


def test_without_a_move_no_line_speaks_of_any(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", SEVEN, *DENSE, "--move", "seed=4", "--json"]) == 0
    [line] = lines(capsys)
    assert "moves" not in line


@pytest.mark.parametrize(
    ("move", "said"),
    [
        ("rihgt=2", "there are right, down, turn"),
        ("right", "write NAME=VALUE"),
        ("right=far", "write NAME=VALUE"),
        ("right=NaN", "right must be between -256 and 256"),
        ("turn=200", "turn must be between -180 and 180"),
        ("flip=1", "flip must be true or false"),
    ],
)
def test_a_move_that_means_nothing_is_refused_before_the_network_is_loaded(
    capsys: pytest.CaptureFixture[str], move: str, said: str
) -> None:
    assert main(["predict", SEVEN, "--model", "no such network", "--move", move]) == 2
    error = capsys.readouterr().err
    assert error.startswith("foolscope: --move ")
    assert said in error


def test_all_moves_are_listed_with_how_far_they_reach(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "moves", "--json"]) == 0
    listed = {each["name"]: each for each in lines(capsys)}
    assert (listed["turn"]["low"], listed["turn"]["high"]) == (-180, 180)
    assert listed["turn"]["unit"] == "°"
    assert main(["list", "moves"]) == 0
    assert "right                    Right (px) – Shifts the picture" in capsys.readouterr().out
