"""A network of one's own on the command line: a file of weights, a program, or what a Python file builds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from gui.__main__ import main
from tests.engine.models.own_files import Trap, exported, saved, small


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "grey.png"
    Image.new("L", (28, 28), 90).save(path)
    return str(path)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Linear(784, 20), nn.ReLU(), nn.Linear(20, 3))
    return saved(layers.state_dict(), tmp_path / "net.pt")


def answer(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The names of the classes that were seen, the likeliest first."""
    [line] = capsys.readouterr().out.splitlines()
    return [name for name, _ in json.loads(line)["before"]]


def test_a_file_of_weights_is_a_model_with_the_names_of_another_file(
    picture: str, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "names.txt").write_text("rose\ntulip\nlily")
    arguments = ["predict", "--model", str(weights), "--classes", str(tmp_path / "names.txt"), picture, "--json"]
    assert main(arguments) == 0
    assert set(answer(capsys)) == {"rose", "tulip", "lily"}


def test_the_normalisation_and_the_size_can_be_said(
    picture: str, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--model", str(weights), "--normalise", "mnist", "--input", "28x28", picture]) == 0
    assert main(["predict", "--model", str(weights), "--input", "30x30", picture]) == 2
    assert "it does not take pictures of (1, 1, 30, 30)" in capsys.readouterr().err
    assert main(["predict", "--model", str(weights), "--input", "large", picture]) == 2
    assert "write HEIGHTxWIDTH" in capsys.readouterr().err


def test_an_attack_runs_on_it(picture: str, weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attack", "--model", str(weights), "--epsilon", "64/255", picture, "--json"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["verdict"] in {"fooled", "holds"}


def test_a_program_needs_the_word_of_its_maker(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(exported(small(), tmp_path / "net.pt2"))
    assert main(["predict", "--model", path, picture]) == 2
    assert "--i-made-this-file" in capsys.readouterr().err
    assert main(["predict", "--model", path, "--i-made-this-file", picture, "--json"]) == 0
    assert answer(capsys)[0].startswith("class ")


def test_a_forged_file_is_not_run_even_with_the_word_of_its_maker(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(saved({"x": Trap(tmp_path / "sprung")}, tmp_path / "bad.pt"))
    assert main(["predict", "--model", path, "--i-made-this-file", picture]) == 2
    assert "more than numbers" in capsys.readouterr().err
    assert not (tmp_path / "sprung").exists()


def test_a_file_that_is_not_there_says_so(picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--model", str(tmp_path / "gone.pt"), picture]) == 2
    assert "there is no such file" in capsys.readouterr().err


def test_a_file_without_a_folder_that_is_not_there_is_taken_for_a_file_all_the_same(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "--model", "gone.PT", picture]) == 2
    assert "“gone.PT” cannot be opened: there is no such file" in capsys.readouterr().err


def test_an_architecture_that_does_not_fit_is_told_with_those_that_do(
    picture: str, weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--model", str(weights), "--architecture", "resnet18", picture]) == 2
    assert "--architecture resnet18 does not fit the file; dense-chain does" in capsys.readouterr().err


MODULE = """
from torch import nn

def network():
    return nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 4))

def nothing():
    return 3

def broken():
    raise KeyError("no weights")
"""


def test_a_python_file_is_run_only_when_it_is_named_and_that_is_said(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MODULE)
    where = f"{path}:network"
    assert main(["predict", "--model-from", where, "--input", "8x8", picture, "--json"]) == 0
    told = capsys.readouterr()
    assert f"foolscope: running {path}" in told.err
    assert len(json.loads(told.out)["before"]) == 4


@pytest.mark.parametrize(
    ("function", "why"),
    [("nothing", "returned a int"), ("broken", "KeyError: 'no weights'"), ("missing", "AttributeError"), ("", "write")],
)
def test_a_python_file_that_builds_no_network_says_why(
    picture: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], function: str, why: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MODULE)
    assert main(["predict", "--model-from", f"{path}:{function}", picture]) == 2
    assert why in capsys.readouterr().err
