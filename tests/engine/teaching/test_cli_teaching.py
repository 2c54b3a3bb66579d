"""``foolscope teach``: a sentence, a table and a name; or why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.catalogue import own
from engine.teaching import cache, fitting
from gui.__main__ import main
from tests.engine.teaching.lessons import folders


@pytest.fixture(autouse=True)
def places_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.setattr(cache, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    monkeypatch.setattr(fitting, "STRENGTHS", (1e-2,))


def test_a_network_is_taught_named_and_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = folders(tmp_path, kinds=("dark", "light"))
    assert main(["teach", "--network", "cnn-32-32", *paths, "--name", "Day and night", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["title"] == "Day and night"
    assert told["classes"] == ["dark", "light"]
    assert told["accuracy"] > 0.9
    assert [sum(row) for row in told["confusion"]] == [8, 8]
    assert main(["predict", "--model", told["network"], f"{paths[0]}/0.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["before"][0][0] == "dark"


def test_its_file_can_be_asked_on_another_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = folders(tmp_path, kinds=("dark", "light"))
    out = str(tmp_path / "given.safetensors")
    names = ["--names", "night", "day"]
    assert main(["teach", *paths, "--network", "cnn-32-32", *names, "--out", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == out
    monkeypatch.setattr(own, "user_data_dir", lambda *_, **__: str(tmp_path / "another"))
    assert main(["predict", "--model", out, f"{paths[0]}/0.png", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["before"][0][0] == "night"


def test_people_read_a_sentence_and_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders(tmp_path / "all", kinds=("dark", "light"))
    assert main(["teach", "--network", "cnn-32-32", str(tmp_path / "all")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "of 16 pictures it had not seen" in lines[0]
    assert lines[-3].split() == ["dark", "8", "0"]
    assert lines[-1].startswith("It is called own:dark-light-")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["dark"], "there is only one class"),
        (["dark", "gone"], "“gone” cannot be listed"),
        (["dark", "light", "--names", "night"], "--names gives 1 names, and there are 2 classes"),
        (["dark", "light", "--names", "night", "night"], "2 classes would be called “night”"),
        (["dark", "light", "--network", "nobody"], "there is none called 'nobody'"),
    ],
)
def test_what_cannot_be_taught_is_told_in_a_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    why: str,
) -> None:
    folders(tmp_path, kinds=("dark", "light"))
    monkeypatch.chdir(tmp_path)
    assert main(["teach", *arguments]) == 2
    assert why in capsys.readouterr().err
    assert not own.folder().exists()
